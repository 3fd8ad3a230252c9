/** Rate limits: so many calls in a time, for everybody together or for each of many. */
import {
  type Call,
  type Clock,
  count,
  duration,
  type MeshError,
  meshError,
  policyFilter,
  type PolicyFilter,
  systemClock,
} from '../core/index.js';
import type { RateAlgorithm } from './rate-algorithm.js';

export interface RateLimitOptions {
  /** How long a call may wait for its turn; '0 ms', so that it is refused at once. */
  readonly wait?: string | number;
  /** Calls that may wait; 1000. */
  readonly queue?: number;
  /** Whose limit a call counts against; by default all calls are one. Calls of different keys don't wait for their turn: they are refused. */
  readonly key?: (call: Call<unknown>) => string;
  /** Keys that are remembered, those that called last; 10,000. */
  readonly keys?: number;
  readonly clock?: Clock;
}

/**
 * Refuses with Quota, code `MILLRACE_RATE_LIMIT` and `after`, what comes too soon.
 * @example @use(rateLimit(tokenBucket(100, '1 s', 20), { key: (call) => call.baggage.get('user') ?? '' }))
 */
export function rateLimit(algorithm: RateAlgorithm, options: RateLimitOptions = {}): PolicyFilter {
  const { key, clock = systemClock } = options;
  const longest = duration(options.wait ?? 0);
  const queue = longest === 0 || key !== undefined ? 0 : count(options.queue ?? 1000);
  if (key !== undefined && longest > 0) {
    throw meshError('Invalid', 'a rate limit with keys lets nobody wait: leave out wait, or the key');
  }
  const states = new RecentStates(count(options.keys ?? 10_000));
  return policyFilter<unknown, undefined>(
    {
      name: 'rate-limit',
      initial: algorithm.initial,
      admit(before, call, now, _local, line) {
        const name = key?.(call);
        const known = name === undefined ? before : (states.get(name) ?? algorithm.initial);
        if (line > 0) {
          if (line >= queue) return { state: before, refuse: refusal(call, undefined) };
          return { state: before, wait: { most: longest, late: () => refusal(call, undefined) } };
        }
        const { state, wait } = algorithm.take(known, now);
        if (name !== undefined) states.set(name, state);
        const kept = name === undefined ? state : before;
        if (wait === 0) return { state: kept };
        if (queue === 0 || wait > longest) return { state: kept, refuse: refusal(call, wait) };
        return { state: kept, wait: { after: wait, most: longest, late: () => refusal(call, wait) } };
      },
      settle: (state) => ({ state }),
    },
    clock,
  );
}

/** States of keys, of which the one that was not used for longest is forgotten: then it has its whole allowance again. */
class RecentStates {
  private readonly states = new Map<string, unknown>();

  constructor(private readonly most: number) {}

  get(key: string): unknown {
    return this.states.get(key);
  }

  set(key: string, state: unknown): void {
    this.states.delete(key);
    this.states.set(key, state);
    if (this.states.size <= this.most) return;
    const [oldest] = this.states.keys();
    if (oldest !== undefined) this.states.delete(oldest);
  }
}

function refusal({ method }: Call<unknown>, after: number | undefined): MeshError {
  const what = `${method === '' ? 'the call' : `a call of ${method}`} came too soon`;
  return meshError('Quota', what, {
    code: 'MILLRACE_RATE_LIMIT',
    after: after === undefined ? undefined : Math.ceil(after),
  });
}
