/** Another attempt at a call that failed, where that can do no harm, and no more of them than there is a budget for. */
import {
  type Call,
  type Clock,
  count,
  duration,
  errorWith,
  isRepeatable,
  type MeshError,
  type Outcome,
  policyFilter,
  type PolicyFilter,
  systemClock,
} from '../core/index.js';
import { ExtraBudget } from './extra-budget.js';
import { type Live, liveOf } from './live.js';

/** Numbers and times may be functions, which are asked when a call fails. */
export interface RetryOptions {
  /** Attempts, the first included; 3. */
  readonly maxAttempts?: Live<number>;
  /** The longest pause before the second attempt, '25 ms', and before any, '1 s'; it doubles, and each is one by chance from 0 up to it. */
  readonly pause?: Live<string | number>;
  readonly pauseMost?: Live<string | number>;
  /** A server that says to come back (`after`) later than this is not waited for; '10 s'. */
  readonly afterMost?: Live<string | number>;
  /** Shared with others who try again; by default one of its own, {@link retryBudget}. */
  readonly budget?: ExtraBudget;
  /** Which failures are worth it, of those that may be tried again by the table of errors; all. */
  readonly when?: (error: MeshError, call: Call<unknown>) => boolean;
  readonly clock?: Clock;
}

/** Baggage in which attempts travel with the calls that are made for them. */
export const ATTEMPTS = 'millrace-attempts';

/** A budget of 0.2 retries for each call of the last 10 s, and 10 a second in any case. Source: Finagle's RetryBudget. */
export function retryBudget(share = 0.2, perSecond = 10): ExtraBudget {
  return new ExtraBudget({ share, floor: perSecond * 10, ttl: 10_000 });
}

/**
 * Tries again what failed before its first item: what was not processed (`retry` of the error is `elsewhere` or `same`) always, what may
 * have been (`idempotent`) only if the call can be repeated; what says `never`, and a channel, not. It waits as long as the failure
 * says (`after`), else a pause by chance ("full jitter"), and not past the deadline. A failure that it leaves at that says `never` to
 * those outside; attempts of the calls for which this one is made count, so that retries don't multiply in depth, and what is
 * itself another attempt adds nothing to the budget.
 * Source: M. Brooker, "Exponential Backoff and Jitter", 2015; B. Beyer et al., "Site Reliability Engineering", chapter 21.
 */
export function retry(options: RetryOptions = {}): PolicyFilter {
  const { clock = systemClock, budget = retryBudget(), when = () => true } = options;
  const most = liveOf(options.maxAttempts, 3, count);
  const pause = liveOf<string | number, number>(options.pause, '25 ms', duration);
  const pauseMost = liveOf<string | number, number>(options.pauseMost, '1 s', duration);
  const afterMost = liveOf<string | number, number>(options.afterMost, '10 s', duration);
  return policyFilter<undefined, number>(
    {
      name: 'retry',
      initial: undefined,
      admit(state, call, now, made) {
        if (made === undefined && attemptsOf(call) === 0) budget.called(now);
        return { state };
      },
      settle(state, outcome, call, now, made = 0) {
        const { error } = outcome;
        if (error === undefined || !mayRetry(outcome, error, call) || !when(error, call)) return { state };
        const wait = error.after ?? clock.random() * Math.min(pauseMost(), pause() * 2 ** Math.min(made, 30));
        const over = attemptsOf(call) + 1 >= most() || now + wait >= call.deadline;
        if (over || (error.after ?? 0) > afterMost() || !budget.take(now))
          return { state, error: errorWith(error, { retry: 'never' }) };
        return { state, remedy: { kind: 'again', after: wait } };
      },
      keep: (made = 0) => made + 1,
      again: (call) => ({
        ...call,
        baggage: new Map(call.baggage).set(ATTEMPTS, String(attemptsOf(call) + 1)),
      }),
    },
    clock,
  );
}

function mayRetry({ first }: Outcome, error: MeshError, call: Call<unknown>): boolean {
  if (first !== undefined || error.retry === 'never' || call.interaction === 'channel') return false;
  return error.retry !== 'idempotent' || isRepeatable(call);
}

/** Attempts made before this one, by its caller and by those for whom that one works; baggage comes from anybody. */
function attemptsOf({ baggage }: Call<unknown>): number {
  const said = Number(baggage.get(ATTEMPTS) ?? 0);
  return Number.isInteger(said) && said > 0 ? said : 0;
}
