/** Sharing what a service bears over those connected to it: a pure function. */
import type { LimiterView } from './limiter.js';

/** One connection, as the sharing sees it. */
export interface Holder {
  /** Requests it made since the last sharing. */
  readonly used: number;
  /** Requests it was granted then; 0 for a new one. */
  readonly granted: number;
}

/** Requests that a service bears in `ttl` milliseconds: limit × ttl ÷ latency, at least 1, at most 2³¹ - 1. */
export function capacityOf({ limit, latency }: Pick<LimiterView, 'limit' | 'latency'>, ttl: number): number {
  const taking = Math.max(latency, LEAST_LATENCY);
  return Math.min(MOST, Math.max(1, Math.floor((limit * ttl) / taking)));
}

/** A service nobody has called yet is taken for one that answers in so many milliseconds. */
const LEAST_LATENCY = 1;
const MOST = 2 ** 31 - 1;
/** Who didn't use up its grant is granted so many times what it used. */
const HEADROOM = 2;

/**
 * Grants in the order of `holders`, never more than `capacity` in sum. First each gets an equal share or what it seems to want,
 * whichever is less: who used up its grant, or is new, wants all it can get; who didn't, twice what it used. What is left over goes
 * to those who want more, and then to all alike. With more holders than capacity the first few get 1 each; `from` says who is first.
 */
export function leasesOf(capacity: number, holders: readonly Holder[], from = 0): readonly number[] {
  const wants = holders.map(({ used, granted }) => (used >= granted ? Infinity : Math.max(1, used * HEADROOM)));
  const grants = holders.map(() => 0);
  let left = capacity;
  let open = wants.map((_want, at) => at);
  while (open.length > 0 && left >= open.length) {
    const share = Math.floor(left / open.length);
    const content = open.filter((at) => (wants[at] ?? 0) <= share);
    const served = content.length > 0 ? content : open;
    for (const at of served) {
      const grant = Math.min(wants[at] ?? 0, share);
      grants[at] = grant;
      left -= grant;
    }
    open = content.length > 0 ? open.filter((at) => (wants[at] ?? 0) > share) : [];
  }
  const asking = wants.flatMap((want, at) => (want === Infinity ? [at] : []));
  spread(grants, left, asking.length > 0 ? asking : wants.map((_want, at) => at), from);
  return grants;
}

/** Adds `left` to the grants of those `at`, as evenly as whole numbers go. */
function spread(grants: number[], left: number, at: readonly number[], from: number): void {
  if (at.length === 0) return;
  const each = Math.floor(left / at.length);
  const more = left - each * at.length;
  at.forEach((_at, i) => {
    const place = at[(i + from) % at.length] ?? 0;
    grants[place] = (grants[place] ?? 0) + each + (i < more ? 1 : 0);
  });
}
