/** Who renews in time, who is overdue, whose lease has ended, and how many of those may be evicted. Pure. */

/** What is known of a lease; times are milliseconds of the clock. */
export interface Lease {
  readonly renewal: number;
  readonly duration: number;
  readonly renewed: number;
  /** Its channel has broken: nothing more is to be expected of it. */
  readonly cut: boolean;
}

/** Whether an instance gives no sign of life where one was to be expected. */
export function isOverdue(lease: Lease, now: number, tolerance: number): boolean {
  return lease.cut || now - lease.renewed > Math.min(lease.renewal * tolerance, lease.duration);
}

/** Whether its lease has ended. */
export function isExpired({ renewed, duration }: Lease, now: number): boolean {
  return now - renewed > duration;
}

/** How many of `all` a share is, one at least: the one that is missing is dead, however few there are. */
export function atLeastOne(all: number, share: number): number {
  return Math.max(1, Math.floor(all * share));
}

/** Whether so many are overdue that they are not believed to be dead: that the network is, is likelier. */
export function isPreserving(all: number, overdue: number, threshold: number): boolean {
  return overdue > 1 && all - overdue < all * threshold;
}

export interface Eviction<K> {
  readonly evict: readonly K[];
  /** Why nobody is evicted though leases have ended. */
  readonly preserved: boolean;
}

export interface EvictionRules {
  readonly preserve: boolean;
  readonly threshold: number;
  /** The share that is evicted at most. */
  readonly most: number;
  readonly tolerance: number;
}

/** Whom to evict now: of those whose leases have ended, so many as may be, by chance, so that no application loses all of its. */
export function evictionOf<K>(
  leases: ReadonlyMap<K, Lease>,
  now: number,
  { preserve, threshold, most, tolerance }: EvictionRules,
  random: () => number,
): Eviction<K> {
  const expired: K[] = [];
  let overdue = 0;
  for (const [key, lease] of leases) {
    if (isExpired(lease, now)) expired.push(key);
    if (isOverdue(lease, now, tolerance)) overdue += 1;
  }
  if (expired.length === 0) return { evict: [], preserved: false };
  if (preserve && isPreserving(leases.size, overdue, threshold)) return { evict: [], preserved: true };
  const count = Math.min(expired.length, atLeastOne(leases.size, most));
  // Knuth's shuffle of as many as are wanted.
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(random() * (expired.length - at));
    [expired[at], expired[other]] = [expired[other] as K, expired[at] as K];
  }
  return { evict: expired.slice(0, count), preserved: false };
}
