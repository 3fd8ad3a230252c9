/**
 * How the last calls went, in ten parts of which the oldest is forgotten at a time. A value but for the present part, which is
 * counted in place: this is done for each call.
 */

export interface Tally {
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
}

type Counting = { -readonly [name in keyof Tally]: Tally[name] };

export interface RollingTally {
  /** The part that calls are added to now. */
  readonly part: number;
  readonly now: Counting;
  /** Parts before it, the newest last, and their sum. */
  readonly before: readonly (Tally & { readonly part: number })[];
  readonly sum: Tally;
}

export const PARTS = 10;

const NONE: Tally = { calls: 0, failed: 0, slow: 0 };

/** Nothing has happened. */
export const EMPTY_TALLY: RollingTally = { part: -Infinity, now: { ...NONE }, before: [], sum: NONE };

/** What it is once part number `part` has begun; the ten newest are kept. */
export function tallyAt(tally: RollingTally, part: number): RollingTally {
  if (part === tally.part) return tally;
  const { now } = tally;
  const nothing = now.calls === 0 && now.failed === 0;
  const all = nothing ? tally.before : [...tally.before, { ...now, part: tally.part }];
  const before = all.filter((each) => each.part > part - PARTS);
  return { part, now: { ...NONE }, before, sum: before.reduce(plus, NONE) };
}

/** So much more in the present part, which {@link tallyAt} has begun. */
export function addTo({ now }: RollingTally, calls: number, failed: number, slow: number): void {
  now.calls += calls;
  now.failed += failed;
  now.slow += slow;
}

/** Whether all went well. */
export function isClean({ now, sum }: RollingTally): boolean {
  return now.failed + now.slow + sum.failed + sum.slow === 0;
}

export function totalOf({ now, sum }: RollingTally): Tally {
  return plus(now, sum);
}

function plus(a: Tally, b: Tally): Tally {
  return { calls: a.calls + b.calls, failed: a.failed + b.failed, slow: a.slow + b.slow };
}
