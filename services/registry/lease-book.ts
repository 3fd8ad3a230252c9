/** Who renews in time, who is overdue, whose lease has ended, and how many of those may be evicted. Pure. */

/** What is known of a lease; times are milliseconds of the clock. */
export interface Lease {
  readonly renewal: number;
  readonly duration: number;
  readonly renewed: number;
  /** The same, but for time that was not counted against anybody. */
  readonly heard: number;
  /** When its channel broke: nothing more is to be expected of it. Undefined where it has not. */
  readonly cut: number | undefined;
}

/** Whether an instance gives no sign of life where one was to be expected. */
export function isOverdue(lease: Lease, now: number, tolerance: number): boolean {
  return lease.cut !== undefined || now - lease.renewed > Math.min(lease.renewal * tolerance, lease.duration);
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
  /** The share that is evicted at most within a minute. */
  readonly most: number;
  /** How many were in the last minute. */
  readonly lately: number;
  readonly tolerance: number;
}

/**
 * Whom to evict now: of those whose leases have ended, so many as may be, by chance, so that no application loses all of its. Eureka
 * evicts 0.15 of the instances at a pass, and makes one a minute; here the share is that of a minute, however often it is looked.
 * Source: github.com/Netflix/eureka, `AbstractInstanceRegistry.evict`, version 1.10.18.
 */
export function evictionOf<K>(
  leases: ReadonlyMap<K, Lease>,
  now: number,
  { preserve, threshold, most, lately, tolerance }: EvictionRules,
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
  const allowed = atLeastOne(leases.size + lately, most) - lately;
  const count = Math.min(expired.length, Math.max(0, allowed));
  // Knuth's shuffle of as many as are wanted.
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(random() * (expired.length - at));
    [expired[at], expired[other]] = [expired[other] as K, expired[at] as K];
  }
  return { evict: expired.slice(0, count), preserved: false };
}
