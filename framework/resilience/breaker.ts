/** The circuit breaker: a service that fails at too many calls gets none for a while, and then a few to see whether it is well. */
import {
  type Call,
  type Clock,
  count,
  duration,
  type MeshError,
  meshError,
  oneOf,
  policyFilter,
  type PolicyFilter,
  ratio,
  systemClock,
} from '../core/index.js';
import { type BreakerRules, type BreakerState, CLOSED, entered, leftEarly, seenBy, went } from './breaker-state.js';
import { isFault } from './is-fault.js';
import { type Live, liveOf } from './live.js';
import { subjectOf } from './subject-of.js';

/** `auto` goes by the calls; `metrics-only` counts and tells, and refuses nobody. */
export type BreakerMode = 'auto' | 'forced-open' | 'forced-closed' | 'metrics-only';

/** Each number and time but the window may be a function, which is asked when it is used: a param's value, say. */
export interface BreakerOptions {
  /** How far back it looks: a time, or `{ calls }`; '10 s'. In ten parts, of which the oldest is forgotten at a time. */
  readonly window?: string | number | { readonly calls: number };
  /** Calls in the window below which nothing is concluded; 20. */
  readonly minimumCalls?: Live<number>;
  /** The share of failures from which on it opens; 0.5. */
  readonly failureRate?: Live<number>;
  /** From when on a call is slow, and the share of slow calls from which on it opens; never, and 0.5. */
  readonly slowAfter?: Live<string | number>;
  readonly slowRate?: Live<number>;
  /** How long it stays open; '5 s'. */
  readonly sleep?: Live<string | number>;
  /** Calls that are let through then, which decide; 1. */
  readonly trials?: Live<number>;
  /** Which errors are the service's failure; by default {@link isFault}: not what the caller did wrong, and no refusal. */
  readonly isFailure?: (error: MeshError, call: Call<unknown>) => boolean;
  /** May be a function, which is asked at each call; 'auto'. */
  readonly mode?: Live<BreakerMode>;
  /** Of whom a refusal speaks; the call's method. */
  readonly name?: string;
  /** Hears each change of the state. */
  readonly changed?: (change: BreakerChange) => void;
  readonly clock?: Clock;
}

export interface BreakerChange {
  readonly from: BreakerState['kind'];
  readonly to: BreakerState['kind'];
  /** The call with which it changed. */
  readonly call: Call<unknown>;
}

/**
 * Refuses with Rejected, code `MILLRACE_BREAKER` and `after`, while it is open. A stream is a success with its first item; a call that is
 * cancelled says nothing. Defaults are Hystrix's.
 * Source: M. Nygard, "Release It!", 2007; HystrixCommandProperties; resilience4j's CircuitBreaker for counts, slow calls and trials.
 * @example @use(breaker({ sleep: '2 s' }))
 */
export function breaker(options: BreakerOptions = {}): PolicyFilter {
  const { isFailure = isFault, clock = systemClock, name, changed } = options;
  const rules = rulesOf(options);
  const mode = liveOf<BreakerMode, BreakerMode>(options.mode, 'auto', MODES);
  const moved = (from: BreakerState, to: BreakerState, call: Call<unknown>): BreakerState => {
    if (from.kind !== to.kind) changed?.({ from: from.kind, to: to.kind, call });
    return to;
  };
  return policyFilter<BreakerState, undefined>(
    {
      name: 'breaker',
      initial: CLOSED,
      scope: 'method',
      admit(state, call, now) {
        const how = mode();
        if (how === 'forced-open') return { state, refuse: forced(name, call) };
        if (how === 'forced-closed') return { state };
        const next = entered(state, now, rules);
        if (next !== undefined) return { state: moved(state, next, call) };
        return how === 'metrics-only' ? { state } : { state, refuse: refusal(state, name, call, now, rules) };
      },
      first: (state, elapsed, call, now) => moved(state, went(state, false, elapsed, now, rules), call),
      settle(state, { kind, elapsed, first, error }, call, now) {
        if (first !== undefined) return { state };
        if (kind === 'cancel' || (error !== undefined && !isFailure(error, call)))
          return { state: leftEarly(state, elapsed, now) };
        return { state: moved(state, went(state, kind === 'error', elapsed, now, rules), call) };
      },
      view: (state, now) => ({ state: state.kind, ...seenBy(state, now, rules) }),
    },
    clock,
  );
}

const MODES = oneOf('auto', 'forced-open', 'forced-closed', 'metrics-only');

function rulesOf(options: BreakerOptions): BreakerRules {
  const { window = '10 s', slowAfter } = options;
  const back = typeof window === 'object' ? { calls: above0(count(window.calls)) } : { ms: above0(duration(window)) };
  const minimumCalls = liveOf(options.minimumCalls, 20, count);
  const failureRate = liveOf(options.failureRate, 0.5, (value) => above0(ratio(value)));
  const slowRate = liveOf(options.slowRate, 0.5, (value) => above0(ratio(value)));
  const slow = liveOf<string | number, number>(slowAfter, Infinity, duration);
  const sleep = liveOf<string | number, number>(options.sleep, '5 s', (value) => above0(duration(value)));
  const trials = liveOf(options.trials, 1, (value) => above0(count(value)));
  return {
    window: back,
    get minimumCalls() {
      return minimumCalls();
    },
    get failureRate() {
      return failureRate();
    },
    get slowRate() {
      return slow() === Infinity ? Infinity : slowRate();
    },
    get slowAfter() {
      return slow();
    },
    get sleep() {
      return sleep();
    },
    get trials() {
      return trials();
    },
  };
}

function above0(value: number): number {
  if (value > 0) return value;
  throw meshError('Invalid', 'a breaker wants a window, rates, trials and a sleep of more than 0', {
    code: 'MILLRACE_BREAKER_RULES',
  });
}

function refusal(
  state: BreakerState,
  name: string | undefined,
  call: Call<unknown>,
  now: number,
  rules: BreakerRules,
): MeshError {
  const { calls, failed, slow } = seenBy(state, now, rules);
  const seen = `${failed} of its last ${calls} calls failed${slow > 0 ? `, ${slow} were slow` : ''}`;
  const after = state.kind === 'open' ? Math.max(0, state.until - now) : undefined;
  const what = state.kind === 'open' ? `is open: ${seen}` : 'is half-open, and its trials run';
  return meshError('Rejected', `the breaker of ${subjectOf(name, call)} ${what}`, { code: 'MILLRACE_BREAKER', after });
}

function forced(name: string | undefined, call: Call<unknown>): MeshError {
  return meshError('Rejected', `the breaker of ${subjectOf(name, call)} is forced open`, { code: 'MILLRACE_BREAKER' });
}
