/** The latency of an endpoint as balancers see it: quick to believe the worse, slow to believe the better. */

/** Milliseconds in which what was seen loses all but 1/e of its weight. */
const DECAY = 10_000;
/** The same for the least latency, which is to outlast a load of some minutes. */
const REST_DECAY = 120_000;

/**
 * Peak EWMA: a latency above the average is believed at once, one below it in proportion to the time since the last. What nobody has
 * seen for long fades, so that an endpoint that was slow is tried again.
 * Source: Finagle, `com.twitter.finagle.loadbalancer.PeakEwma`.
 */
export class PeakEwma {
  private cost = 0;
  private at = 0;
  private least = 0;

  observe(latency: number, now: number): void {
    const gone = Math.max(0, now - this.at);
    const keep = this.at === 0 ? 0 : Math.exp(-gone / DECAY);
    this.cost = latency > this.cost ? latency : this.cost * keep + latency * (1 - keep);
    const rise = this.at === 0 ? 1 : 1 - Math.exp(-gone / REST_DECAY);
    this.least = this.at === 0 || latency < this.least ? latency : this.least + (latency - this.least) * rise;
    this.at = now;
  }

  /** Milliseconds; 0 where nothing was observed. */
  latency(now: number): number {
    return this.cost === 0 ? 0 : this.cost * Math.exp(-Math.max(0, now - this.at) / DECAY);
  }

  /** What its latency is at rest: the least lately. */
  get rest(): number {
    return this.least;
  }
}
