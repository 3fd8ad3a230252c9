/** How the last calls went, in ten parts of which the oldest is forgotten at a time: a value. */

export interface Tally {
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
}

export interface RollingTally {
  /** The part that calls are added to now. */
  readonly part: number;
  readonly now: Tally;
  /** Parts before it, the newest last, and their sum. */
  readonly before: readonly (Tally & { readonly part: number })[];
  readonly sum: Tally;
}

export const PARTS = 10;

const NONE: Tally = { calls: 0, failed: 0, slow: 0 };

/** Nothing has happened. */
export const EMPTY_TALLY: RollingTally = { part: -Infinity, now: NONE, before: [], sum: NONE };

/** What it is once part number `part` has begun; the ten newest are kept. */
export function tallyAt(tally: RollingTally, part: number): RollingTally {
  if (part === tally.part) return tally;
  const all = tally.now === NONE ? tally.before : [...tally.before, { ...tally.now, part: tally.part }];
  const before = all.filter((each) => each.part > part - PARTS);
  return { part, now: NONE, before, sum: before.reduce(plus, NONE) };
}

/** One call more in the present part. */
export function tallied(tally: RollingTally, failed: boolean, slow: boolean): RollingTally {
  const { calls, failed: bad, slow: late } = tally.now;
  return { ...tally, now: { calls: calls + 1, failed: bad + (failed ? 1 : 0), slow: late + (slow ? 1 : 0) } };
}

/** So much more in the present part. */
export function tallyWith(tally: RollingTally, more: Tally): RollingTally {
  return { ...tally, now: plus(tally.now, more) };
}

export function totalOf({ now, sum }: RollingTally): Tally {
  return plus(now, sum);
}

function plus(a: Tally, b: Tally): Tally {
  return { calls: a.calls + b.calls, failed: a.failed + b.failed, slow: a.slow + b.slow };
}
