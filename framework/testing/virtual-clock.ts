/** Time that moves when a test says so, and chance from a seed. */
import { type Clock, duration, meshError, type Stop, turnsTaken } from '../core/index.js';
import { Alarms } from './alarms.js';
import { seeded } from './seeded.js';

export interface VirtualClock extends Clock {
  /**
   * Moves time on, running what falls due in order. Before each, promises settle and turns of the event loop are taken until
   * none is waiting, so that a program has done all it can at one instant before the next comes.
   */
  advance(ms: number): Promise<void>;
  /**
   * Moves time on until `result` settles, and settles alike. Rejects with Late where that takes longer than `within`, by
   * default an hour, or where no timer is left that could bring it about.
   * @example await clock.until(firstValueFrom(catalog.title({ id: 'tt1' })))
   */
  until<T>(result: PromiseLike<T>, within?: string | number): Promise<T>;
  /** How many timers are set: none should be left over. */
  readonly pending: number;
}

/** A program that never stops asking for turns, as an endless source may, gets so many at one instant. */
const ROUNDS = 10;

/** A clock at 0 ms (and `wall` milliseconds since 1970) whose chance comes from `seed`. */
export function virtualClock(seed = 1, wall = Date.UTC(2026, 0, 1)): VirtualClock {
  const alarms = new Alarms();
  const random = seeded(seed);
  let now = 0;

  function after(ms: number, work: () => void): Stop {
    const alarm = alarms.add(now + Math.max(0, ms), work);
    return () => alarms.remove(alarm);
  }

  function every(ms: number, work: () => void): Stop {
    let stop: Stop = () => undefined;
    const again = (): void => {
      stop = after(ms, () => {
        again();
        work();
      });
    };
    again();
    return () => stop();
  }

  /** Runs what falls due up to a time, in order, for as long as `wanted` says so. */
  async function run(last: number, wanted: () => boolean): Promise<void> {
    await turnsTaken(ROUNDS);
    for (let alarm = alarms.first; alarm !== undefined && alarm.at <= last && wanted(); alarm = alarms.first) {
      alarms.remove(alarm);
      now = Math.max(now, alarm.at);
      alarm.work();
      await turnsTaken(ROUNDS);
    }
  }

  async function advance(ms: number): Promise<void> {
    const last = now + ms;
    await run(last, () => true);
    now = last;
  }

  async function until<T>(result: PromiseLike<T>, within: string | number = '1 h'): Promise<T> {
    let settled = false;
    const settle = (): void => void (settled = true);
    result.then(settle, settle);
    const last = now + duration(within);
    await run(last, () => !settled);
    if (settled) return result;
    if (alarms.size === 0) throw meshError('Late', `at ${now} ms of virtual time no timer is left to wait for`);
    now = last;
    throw meshError('Late', `nothing came of it by ${now} ms of virtual time, within ${duration(within)} ms`);
  }

  return {
    now: () => now,
    wall: () => wall + now,
    after,
    every,
    random,
    advance,
    until,
    get pending() {
      return alarms.size;
    },
  };
}
