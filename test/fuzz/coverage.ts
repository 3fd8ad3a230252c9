/** Istanbul's counters as a fuzzer reads them: which branch or function was taken how often, in powers of two. */

/** The global under which instrumented code counts. */
export const COUNTERS = '__millrace_counters__';

interface FileCounters {
  readonly b: Readonly<Record<string, number[]>>;
  readonly f: Record<string, number>;
}

export interface Coverage {
  /** Forgets all that was counted and seen. */
  reset(): unknown;
  /** How many counters reached what they had not before; `keep` says whether they have now. Resets. */
  news(keep: boolean): number | Promise<number>;
  /** How many counters were ever above zero, and how many there are. */
  readonly edges: number;
  readonly all: number;
}

/** `exact` tells 1, 2, 3, 4–7, 8–15, … times apart; else once is as good as often. */
export function coverage(exact: boolean): Coverage & { news(keep: boolean): number } {
  const counters = Object.values((Reflect.get(globalThis, COUNTERS) ?? {}) as Record<string, FileCounters>);
  const groups = counters.flatMap(({ b, f }) => [...Object.values(b), f as unknown as number[]]);
  const keys = groups.map((group) => Object.keys(group).map(Number));
  const all = keys.reduce((sum, { length }) => sum + length, 0);
  const seen = new Uint16Array(all);
  const look = (seenNow: (at: number, count: number) => void): void => {
    let at = 0;
    for (let index = 0; index < groups.length; index++) {
      const group = groups[index] as number[];
      for (const key of keys[index] as number[]) {
        const count = group[key] as number;
        if (count !== 0) {
          group[key] = 0;
          seenNow(at, count);
        }
        at += 1;
      }
    }
  };
  return {
    all,
    reset() {
      look(() => undefined);
      seen.fill(0);
    },
    news(keep) {
      let found = 0;
      look((at, count) => {
        const bucket = 1 << (exact ? bucketOf(count) : 0);
        if (((seen[at] as number) & bucket) !== 0) return;
        found += 1;
        if (keep) seen[at] = (seen[at] as number) | bucket;
      });
      return found;
    },
    get edges() {
      return seen.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0);
    },
  };
}

/** 1, 2, 3, 4–7, 8–15, 16–31, … */
function bucketOf(count: number): number {
  if (count <= 3) return count - 1;
  return Math.min(15, 32 - Math.clz32(count));
}
