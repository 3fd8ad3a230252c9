/** The machine's clock, counting the timers that are set, so that a test can see that none is left over. */
import { type Clock, type Stop, systemClock } from 'millrace';

export interface CountingClock extends Clock {
  readonly pending: number;
}

export function countingClock(): CountingClock {
  const timers = new Set<Stop>();
  const counted = (start: (over: () => void) => Stop): Stop => {
    const stop: Stop = () => {
      timers.delete(stop);
      cancel();
    };
    timers.add(stop);
    const cancel = start(() => timers.delete(stop));
    return stop;
  };
  return {
    now: () => systemClock.now(),
    wall: () => systemClock.wall(),
    random: () => systemClock.random(),
    after: (ms, work) =>
      counted((over) =>
        systemClock.after(ms, () => {
          over();
          work();
        }),
      ),
    every: (ms, work) => counted(() => systemClock.every(ms, work)),
    get pending() {
      return timers.size;
    },
  };
}
