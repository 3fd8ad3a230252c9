/** How calls are spread over time: machines that say how long one has to wait. States are values. */
import { count, duration, type MeshError, meshError } from '../core/index.js';

export interface RateAlgorithm<State = unknown> {
  readonly initial: State;
  /** Milliseconds to wait, 0 where the call may go now; the state counts it only then. */
  take(state: State, now: number): { readonly state: State; readonly wait: number };
}

/**
 * A bucket that holds up to `burst` tokens (by default `rate`) and gains `rate` in each `per` ('1 s'); a call takes one. As the generic
 * cell rate algorithm: one number is all its state. Source: ITU-T I.371.
 */
export function tokenBucket(rate: number, per: string | number = '1 s', burst = rate): RateAlgorithm {
  const step = duration(per) / positive(rate, 'rate');
  const slack = step * (positive(count(burst), 'burst') - 1);
  const algorithm: RateAlgorithm<number> = {
    initial: -Infinity,
    take(due, now) {
      const wait = due - slack - now;
      return wait > EPSILON ? { state: due, wait } : { state: Math.max(due, now) + step, wait: 0 };
    },
  };
  return algorithm as RateAlgorithm;
}

interface Windows {
  readonly at: number;
  readonly now: number;
  readonly before: number;
}

/**
 * At most `most` calls in any stretch of `per` ('1 s'), as far as two windows can tell: the one before counts as much as it overlaps.
 * Source: Cloudflare, "How we built rate limiting capable of scaling to millions of domains", 2017.
 */
export function slidingWindow(most: number, per: string | number = '1 s'): RateAlgorithm {
  const length = positive(duration(per), 'per');
  positive(count(most), 'most');
  const algorithm: RateAlgorithm<Windows> = {
    initial: { at: -Infinity, now: 0, before: 0 },
    take(known, time) {
      const at = Math.floor(time / length);
      const state = known.at === at ? known : { at, now: 0, before: known.at === at - 1 ? known.now : 0 };
      const gone = time / length - at;
      if (state.before * (1 - gone) + state.now + 1 <= most + EPSILON)
        return { state: { ...state, now: state.now + 1 }, wait: 0 };
      // When enough of the window before, or of this one once it is the one before, has gone by.
      const free = most - 1 - state.now;
      const until = free >= 0 ? at + 1 - free / state.before : at + 2 - Math.max(0, most - 1) / state.now;
      return { state, wait: Math.max(EPSILON, until * length - time) };
    },
  };
  return algorithm as RateAlgorithm;
}

interface Warmth {
  /** Permits that were not used: the more, the colder. */
  readonly stored: number;
  /** When the next call may go. */
  readonly free: number;
}

/** A rate that is a third of it when nobody has called for long. */
const COLD_FACTOR = 3;

/**
 * `rate` calls in each `per` ('1 s'), evenly, and after a time without calls from a third of that up to it within `warmUp` ('10 s'): for
 * a service whose caches are cold. Source: Guava's SmoothRateLimiter.SmoothWarmingUp.
 */
export function warmingUp(rate: number, warmUp: string | number = '10 s', per: string | number = '1 s'): RateAlgorithm {
  const stable = duration(per) / positive(rate, 'rate');
  const time = positive(duration(warmUp), 'warmUp');
  const threshold = (0.5 * time) / stable;
  const most = threshold + (2 * time) / (stable + COLD_FACTOR * stable);
  const slope = ((COLD_FACTOR - 1) * stable) / (most - threshold);
  const intervalAt = (above: number): number => stable + above * slope;
  const algorithm: RateAlgorithm<Warmth> = {
    initial: { stored: most, free: -Infinity },
    take({ stored, free }, now) {
      if (free > now + EPSILON) return { state: { stored, free }, wait: free - now };
      const idle = free === -Infinity ? 0 : Math.max(0, now - free);
      const had = Math.min(most, stored + (idle * most) / time);
      const spent = Math.min(1, had);
      const cold = Math.min(spent, Math.max(0, had - threshold));
      const above = had - threshold;
      const coldTime = cold === 0 ? 0 : (cold * (intervalAt(above) + intervalAt(above - cold))) / 2;
      const next = coldTime + (spent - cold) * stable + (1 - spent) * stable;
      return { state: { stored: had - spent, free: now + next }, wait: 0 };
    },
  };
  return algorithm as RateAlgorithm;
}

/** Below this, time is a matter of rounding. */
const EPSILON = 1e-6;

function positive(value: number, name: string): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw wrong(name, value);
}

function wrong(name: string, value: number): MeshError {
  return meshError('Invalid', `${name} of a rate limit is more than 0, not ${value}`, { code: 'MILLRACE_RATE_LIMIT' });
}
