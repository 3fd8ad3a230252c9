/** Histograms as plain data: what crosses the wire, is merged, subtracted and read. */
import { middleOf } from './buckets.js';

/** What a histogram knows. Two of them merge without loss, since all have the same buckets. */
export interface HistogramData {
  readonly count: number;
  readonly sum: number;
  /** The least and the greatest value; both 0 of none. Of a difference, as exact as percentiles are. */
  readonly min: number;
  readonly max: number;
  /** A bucket's number and its count, in turn, by rising number; only buckets that hold something. */
  readonly buckets: readonly number[];
}

export const EMPTY_HISTOGRAM: HistogramData = { count: 0, sum: 0, min: 0, max: 0, buckets: [] };

/** Both as one: in any order and grouping the counts are the same. */
export function mergeHistograms(a: HistogramData, b: HistogramData): HistogramData {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    buckets: joined(a.buckets, b.buckets, 1),
  };
}

/** What came to a histogram since `before`; all of it, where `before` was of another beginning. */
export function histogramSince(now: HistogramData, before: HistogramData): HistogramData {
  if (before.count === 0) return now;
  const buckets = joined(now.buckets, before.buckets, -1);
  if (buckets.some((each, at) => at % 2 === 1 && each < 0)) return now;
  const count = now.count - before.count;
  if (count === 0) return EMPTY_HISTOGRAM;
  const within = (bucket = 0): number => Math.min(now.max, Math.max(now.min, middleOf(bucket)));
  const [min, max] = [within(buckets[0]), within(buckets.at(-2))];
  return { count, sum: now.sum - before.sum, min, max, buckets };
}

/**
 * The value at so many percent, by nearest rank: within 1.6 % of the exact one; at 0 and 100 the least and the greatest value. 0
 * where there is none.
 */
export function percentileOf(data: HistogramData, percent: number): number {
  return percentilesOf(data, [percent])[0] ?? 0;
}

/** Several percentiles by one walk; they must rise. */
export function percentilesOf({ count, min, max, buckets }: HistogramData, percents: readonly number[]): number[] {
  let at = 0;
  let seen = buckets[1] ?? 0;
  return percents.map((percent) => {
    if (count === 0) return 0;
    if (percent <= 0) return min;
    const rank = Math.ceil((percent / 100) * count);
    if (rank >= count) return max;
    while (seen < rank && at + 2 < buckets.length) {
      at += 2;
      seen += buckets[at + 1] ?? 0;
    }
    return Math.min(max, Math.max(min, middleOf(buckets[at] ?? 0)));
  });
}

/** The mean, which is exact; 0 of none. */
export function meanOf({ count, sum }: HistogramData): number {
  return count === 0 ? 0 : sum / count;
}

/** Counts of both, those of `b` times `sign`, without what is nothing then. */
function joined(a: readonly number[], b: readonly number[], sign: 1 | -1): number[] {
  const all: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [left = Infinity, right = Infinity] = [a[i], b[j]];
    const bucket = Math.min(left, right);
    let times = 0;
    if (left === bucket) {
      times += a[i + 1] ?? 0;
      i += 2;
    }
    if (right === bucket) {
      times += sign * (b[j + 1] ?? 0);
      j += 2;
    }
    if (times !== 0) all.push(bucket, times);
  }
  return all;
}
