/** Time that moves when a test says so, and chance from a seed. */
import { type Clock, nextTurn, type Stop } from '../core/index.js';

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
}

export interface VirtualClock extends Clock {
  /** Moves time on, running what falls due in order; promises and turns of the loop are drained before each. */
  advance(ms: number): Promise<void>;
  /** How many timers are set: none should be left over. */
  readonly pending: number;
}

/** A clock at 0 ms (and `wall` milliseconds since 1970) whose chance comes from `seed`. */
export function virtualClock(seed = 1, wall = Date.UTC(2026, 0, 1)): VirtualClock {
  const alarms = new Set<Alarm>();
  let now = 0;
  let order = 0;
  let state = seed >>> 0;

  function at(ms: number, work: () => void): Stop {
    const alarm: Alarm = { at: now + Math.max(0, ms), order: order++, work };
    alarms.add(alarm);
    return () => void alarms.delete(alarm);
  }

  function every(ms: number, work: () => void): Stop {
    let stop: Stop = () => undefined;
    const again = (): void => {
      stop = at(ms, () => {
        again();
        work();
      });
    };
    again();
    return () => stop();
  }

  function due(until: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of alarms) {
      if (
        alarm.at <= until &&
        (first === undefined || alarm.at < first.at || (alarm.at === first.at && alarm.order < first.order))
      )
        first = alarm;
    }
    return first;
  }

  async function advance(ms: number): Promise<void> {
    const until = now + ms;
    await drain();
    for (let alarm = due(until); alarm !== undefined; alarm = due(until)) {
      alarms.delete(alarm);
      now = Math.max(now, alarm.at);
      alarm.work();
      await drain();
    }
    now = until;
  }

  return {
    now: () => now,
    wall: () => wall + now,
    after: at,
    every,
    random() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
    advance,
    get pending() {
      return alarms.size;
    },
  };
}

/** Lets promises and the turns that gates take run, until the loop has gone round a few times. */
async function drain(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise<void>((resolve) => nextTurn(resolve));
}
