/** The clock of one life of a host: what it has set dies with it. */
import type { Clock, Stop } from '../core/index.js';

export interface HostClock extends Clock {
  /** Stops all timers; new ones never fire. */
  die(): void;
}

/** A clock that goes by `clock` and has its chance from `random`. */
export function hostClock(clock: Clock, random: () => number): HostClock {
  const stops = new Set<Stop>();
  let dead = false;

  function keep(stop: Stop): Stop {
    const once = (): void => {
      stops.delete(once);
      stop();
    };
    stops.add(once);
    return once;
  }

  return {
    now: () => clock.now(),
    wall: () => clock.wall(),
    random,
    after(ms, work) {
      if (dead) return () => undefined;
      const stop = keep(
        clock.after(ms, () => {
          stops.delete(stop);
          work();
        }),
      );
      return stop;
    },
    every: (ms, work) => (dead ? () => undefined : keep(clock.every(ms, work))),
    die() {
      dead = true;
      for (const stop of stops) stop();
    },
  };
}
