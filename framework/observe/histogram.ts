/** A histogram to count into: a value costs some nanoseconds, and the whole 17 KB at most, whatever is counted. */
import { bucketOf, BUCKETS_EACH, MOST_VALUE } from './buckets.js';
import type { HistogramData } from './histogram-data.js';

/**
 * Counts values from 0 on; what is less counts as 0, more than 2^44 as that, NaN not at all. Percentiles are within 1.6 % of the
 * exact ones.
 * Source: HdrHistogram, of which the division of a doubling into equal parts is.
 */
export class Histogram {
  count = 0;
  sum = 0;
  private min = Infinity;
  private max = 0;
  private zeros = 0;
  /** Counts by doubling; a doubling without values takes no place. */
  private readonly parts: (Float64Array | undefined)[] = [];

  add(value: number): void {
    if (Number.isNaN(value)) return;
    const kept = value > MOST_VALUE ? MOST_VALUE : value > 0 ? value : 0;
    this.count += 1;
    this.sum += kept;
    if (kept < this.min) this.min = kept;
    if (kept > this.max) this.max = kept;
    this.into(bucketOf(kept), 1);
  }

  /** Takes over what another has counted. */
  merge({ count, sum, min, max, buckets }: HistogramData): void {
    if (count === 0) return;
    this.count += count;
    this.sum += sum;
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
    for (let at = 0; at < buckets.length; at += 2) this.into(buckets[at] ?? 0, buckets[at + 1] ?? 0);
  }

  /** Takes over what another holds, which stays as it is. */
  include(other: Histogram): void {
    if (other.count === 0) return;
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    this.zeros += other.zeros;
    other.parts.forEach((theirs, doubling) => {
      if (theirs === undefined) return;
      const part = (this.parts[doubling] ??= new Float64Array(BUCKETS_EACH));
      for (let at = 0; at < BUCKETS_EACH; at++) part[at] = (part[at] ?? 0) + (theirs[at] ?? 0);
    });
  }

  /** Begins anew, and keeps its memory. */
  clear(): void {
    this.count = this.sum = this.max = this.zeros = 0;
    this.min = Infinity;
    for (const part of this.parts) part?.fill(0);
  }

  /** What it knows at this moment. */
  data(): HistogramData {
    const buckets: number[] = this.zeros > 0 ? [0, this.zeros] : [];
    this.parts.forEach((part, doubling) => {
      part?.forEach((times, at) => {
        if (times > 0) buckets.push(1 + doubling * BUCKETS_EACH + at, times);
      });
    });
    const { count, sum, max } = this;
    return { count, sum, min: count === 0 ? 0 : this.min, max, buckets };
  }

  private into(bucket: number, times: number): void {
    if (bucket === 0) {
      this.zeros += times;
      return;
    }
    const doubling = ((bucket - 1) / BUCKETS_EACH) | 0;
    const part = (this.parts[doubling] ??= new Float64Array(BUCKETS_EACH));
    const at = (bucket - 1) % BUCKETS_EACH;
    part[at] = (part[at] ?? 0) + times;
  }
}
