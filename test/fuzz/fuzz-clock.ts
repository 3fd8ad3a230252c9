/** Time, turns of the event loop and timers that move only between the pieces of an input, all at once and in order. */
import type { Clock, Stop } from 'millrace';
import { seeded } from '../../framework/testing/seeded.js';

/** A program that always has something more to do gets so many turns. */
const MOST_TURNS = 2000;

export interface FuzzClock extends Clock {
  /** Settles promises and takes turns until none waits. */
  settle(): Promise<void>;
  /** Lets time pass, running what falls due. */
  pass(ms: number): Promise<void>;
  /** Timers that are set. */
  readonly pending: number;
  /** Forgets all turns and timers. */
  clear(): void;
  /** Gives the process its own turns and timers back. */
  release(): void;
}

/** Takes the place of `setImmediate` and `setTimeout`, which RxJS reports stray errors by, until it is released. */
export function fuzzClock(): FuzzClock {
  const { setImmediate: ownImmediate, setTimeout: ownTimeout } = globalThis;
  let now = 0;
  let turns: (() => void)[] = [];
  const timers = new Set<{ at: number; readonly work: () => void }>();
  const random = seeded(1);

  const after = (ms: number, work: () => void): Stop => {
    const timer = { at: now + Math.max(0, ms), work };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const settle = async (): Promise<void> => {
    for (let rounds = 0; rounds < 3; rounds++) await Promise.resolve();
    for (let taken = 0; turns.length > 0 && taken < MOST_TURNS; taken++) {
      const due = turns;
      turns = [];
      for (const work of due) work();
      for (let rounds = 0; rounds < 3; rounds++) await Promise.resolve();
    }
  };
  const first = (last: number): { at: number; readonly work: () => void } | undefined => {
    let found: { at: number; readonly work: () => void } | undefined;
    for (const timer of timers) if (timer.at <= last && (found === undefined || timer.at < found.at)) found = timer;
    return found;
  };

  Object.assign(globalThis, {
    setImmediate: (work: () => void) => void turns.push(work),
    setTimeout: (work: () => void, ms = 0) => after(ms, work),
  });
  return {
    now: () => now,
    wall: () => now,
    random,
    after,
    every(ms, work) {
      const timer = {
        at: now + ms,
        work: () => {
          timer.at = now + ms;
          timers.add(timer);
          work();
        },
      };
      timers.add(timer);
      return () => {
        timers.delete(timer);
        timer.work = () => undefined;
      };
    },
    settle,
    async pass(ms) {
      const last = now + ms;
      for (let timer = first(last); timer !== undefined; timer = first(last)) {
        timers.delete(timer);
        now = timer.at;
        timer.work();
        await settle();
      }
      now = last;
    },
    get pending() {
      return timers.size;
    },
    clear() {
      turns = [];
      timers.clear();
    },
    release: () => void Object.assign(globalThis, { setImmediate: ownImmediate, setTimeout: ownTimeout }),
  };
}
