/** Time and chance, injected everywhere so that tests run in virtual time and repeat. */
import type { SchedulerAction, SchedulerLike } from 'rxjs';
import { Subscription } from 'rxjs';

/** Stops what {@link Clock.after} or {@link Clock.every} started. */
export type Stop = () => void;

export interface Clock {
  /** Milliseconds that only ever grow; the origin means nothing. */
  now(): number;
  /** Milliseconds since 1970, for what people and other machines read. */
  wall(): number;
  /** Runs `work` once after `ms` milliseconds. It doesn't keep a process alive, unless `alive` says so: somebody waits for just that. */
  after(ms: number, work: () => void, alive?: boolean): Stop;
  /** Runs `work` each `ms` milliseconds. It doesn't keep a process alive. */
  every(ms: number, work: () => void): Stop;
  /** A number from 0 up to, not including, 1. */
  random(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, work, alive = false) {
    const timer = setTimeout(work, Math.min(ms, LONGEST));
    if (!alive) letGo(timer);
    return () => clearTimeout(timer);
  },
  every(ms, work) {
    const timer = setInterval(work, Math.min(ms, LONGEST));
    letGo(timer);
    return () => clearInterval(timer);
  },
  random: () => Math.random(),
};

/** Timers hold 31 bits of milliseconds; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

function letGo(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref();
}

/** The clock as an RxJS scheduler, for users' `delay`, `timer`, `debounceTime`. */
export function schedulerOf(clock: Clock): SchedulerLike {
  return {
    now: () => clock.wall(),
    schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
      let stop: Stop | undefined;
      const action = new Subscription(() => stop?.()) as SchedulerAction<T>;
      action.schedule = (next?: T, ms = 0): Subscription => {
        stop?.();
        if (!action.closed) stop = clock.after(ms, () => work.call(action, next), true);
        return action;
      };
      return action.schedule(state, delay);
    },
  };
}
