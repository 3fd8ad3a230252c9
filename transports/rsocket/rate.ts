/** A bound on events a second that looks at the clock only when it is reached. */
import type { Clock } from '../../framework/kernel.js';
import type { Limits } from './limits.js';

export class Rate {
  private count = 0;
  private since: number;

  constructor(
    private readonly limit: number,
    private readonly clock: Clock,
  ) {
    this.since = clock.now();
  }

  /** Counts one; true if there were more than the limit within a second. */
  over(): boolean {
    this.count += 1;
    if (this.count <= this.limit) return false;
    const now = this.clock.now();
    if (now - this.since < 1000) return true;
    this.since = now;
    this.count = 1;
    return false;
  }
}

/** What a peer may do so often a second. */
export type Rates = { readonly [K in 'request' | 'cancel' | 'ignored' | 'control']: Rate };

export function ratesOf(limits: Limits, clock: Clock): Rates {
  return {
    request: new Rate(limits.requestRate, clock),
    cancel: new Rate(limits.cancelRate, clock),
    ignored: new Rate(limits.ignoredRate, clock),
    control: new Rate(limits.controlRate, clock),
  };
}
