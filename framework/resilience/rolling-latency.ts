/** Percentiles of the latest latencies: a histogram of two halves in log-sized buckets, of which the older is dropped in turn. */

/** Each bucket is so many times as wide as the one before: a percentile is at most a tenth too high. */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** From 0.01 ms to over an hour. */
const LEAST = 0.01;
const BUCKETS = 210;

/** Latencies of the last one to two times `half` milliseconds; it takes 1.7 KB whatever is counted. */
export class RollingLatency {
  private present = new Uint32Array(BUCKETS);
  private before = new Uint32Array(BUCKETS);
  private since: number | undefined;

  constructor(private readonly half: number) {}

  add(latency: number, now: number): void {
    this.turn(now);
    const at = bucketOf(latency);
    this.present[at] = (this.present[at] ?? 0) + 1;
  }

  /** Upper end of the bucket in which the share `q` from 0 up to 1 lies; undefined where fewer than `least` were counted. */
  percentile(q: number, now: number, least = 1): number | undefined {
    this.turn(now);
    let all = 0;
    for (let at = 0; at < BUCKETS; at++) all += this.at(at);
    if (all < least || all === 0) return undefined;
    const rank = Math.ceil(all * q);
    let seen = 0;
    for (let at = 0; at < BUCKETS; at++) {
      seen += this.at(at);
      if (seen >= rank) return LEAST * GROWTH ** at;
    }
    return undefined;
  }

  private at(bucket: number): number {
    return (this.present[bucket] ?? 0) + (this.before[bucket] ?? 0);
  }

  private turn(now: number): void {
    this.since ??= now;
    const past = now - this.since;
    if (past < this.half) return;
    const old = this.before;
    this.before = past < 2 * this.half ? this.present : new Uint32Array(BUCKETS);
    this.present = old.fill(0);
    this.since = now;
  }
}

function bucketOf(latency: number): number {
  if (!(latency > LEAST)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(latency / LEAST) / LOG_GROWTH));
}
