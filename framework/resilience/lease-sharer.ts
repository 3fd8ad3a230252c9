/** Leases for all connections of a service, remade as its limit, and what the connections use, change. */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import { duration, meshError, type Stop } from '../core/index.js';
import { capacityOf, leasesOf } from './leases-of.js';
import type { Limiter } from './limiter.js';

/** So many requests, for so many milliseconds. */
export interface SharedLease {
  readonly requests: number;
  readonly ttl: number;
}

export interface LeaseSharerOptions {
  readonly limiter: Limiter;
  /** How long a lease is good; they are remade in half of that; '1 s'. */
  readonly ttl?: string | number;
  /** Leases are remade at once when the limit has changed by such a part since; 0.2. */
  readonly change?: number;
  /** Connections; a further one is refused. 10,000. */
  readonly max?: number;
}

interface Holding {
  readonly to: Subscriber<SharedLease>;
  readonly usedSoFar: () => number;
  counted: number;
  granted: number;
}

/** Shares the capacity that `limiter` has found. It keeps one timer while anybody is connected, and none else. */
export class LeaseSharer {
  private readonly limiter: Limiter;
  private readonly ttl: number;
  private readonly change: number;
  private readonly max: number;
  private readonly holdings = new Set<Holding>();
  private turn = 0;
  private limitThen = 0;
  private usedThen = 0;
  private stop: Stop | undefined;
  private watching: Subscription | undefined;

  constructor({ limiter, ttl = '1 s', change = 0.2, max = 10_000 }: LeaseSharerOptions) {
    this.limiter = limiter;
    this.ttl = duration(ttl);
    this.change = change;
    this.max = max;
  }

  /**
   * The leases of one connection, for as long as it is subscribed. `used` says how many requests it has made in all.
   * Fails with Rejected, code `MILLRACE_LEASES`, past `max` connections.
   */
  share(used: () => number): Observable<SharedLease> {
    return new Observable((to) => {
      if (this.holdings.size >= this.max) {
        const message = `leases are shared by ${this.max} connections already, which is the most`;
        return to.error(meshError('Rejected', message, { code: 'MILLRACE_LEASES' }));
      }
      const holding: Holding = { to, usedSoFar: used, counted: used(), granted: 0 };
      this.holdings.add(holding);
      to.add(() => this.leave(holding));
      if (this.holdings.size === 1) this.begin();
      this.remake(false);
    });
  }

  private begin(): void {
    this.stop = this.limiter.clock.every(this.ttl / 2, () => this.remake(true));
    this.watching = this.limiter.changes.subscribe((limit) => {
      if (Math.abs(limit - this.limitThen) >= this.change * this.limitThen) this.remake(false);
    });
  }

  private leave(holding: Holding): void {
    this.holdings.delete(holding);
    if (this.holdings.size > 0) return;
    this.stop?.();
    this.watching?.unsubscribe();
    this.usedThen = 0;
  }

  /**
   * What was used since the last half of a lease's life is taken off, so that leases that are remade early don't add up to more than
   * the capacity; half of it is always granted, which is what the other half of a life is good for.
   */
  private remake(inTime: boolean): void {
    const { limit } = this.limiter.view;
    const capacity = capacityOf(this.limiter.view, this.ttl);
    const all = [...this.holdings];
    const holders = all.map((holding) => ({ used: this.usedBy(holding), granted: holding.granted }));
    const used = this.usedThen + holders.reduce((sum, holder) => sum + holder.used, 0);
    const grants = leasesOf(Math.max(Math.ceil(capacity / 2), capacity - used), holders, this.turn++);
    this.usedThen = inTime ? 0 : used;
    this.limitThen = limit;
    all.forEach((holding, at) => {
      holding.granted = grants[at] ?? 0;
      holding.to.next({ requests: holding.granted, ttl: this.ttl });
    });
  }

  private usedBy(holding: Holding): number {
    const now = holding.usedSoFar();
    const used = now - holding.counted;
    holding.counted = now;
    return used;
  }
}
