/** What stands before the calls that an application answers and makes, where it says nothing else. */
import { type Agnostic, type Clock, fuse, type MeshError, type Param } from '../core/index.js';
import type { WireCalls, WireTerms } from '../contract/index.js';
import {
  aimd,
  breaker,
  type BreakerChange,
  gradient2,
  LeaseSharer,
  type LimitAlgorithm,
  Limiter,
  limit,
  retry,
  retryBudget,
  vegas,
} from '../resilience/index.js';
import type { Log } from './logs.js';
import * as set from './stack-params.js';

export interface StackTerms {
  readonly name: string;
  readonly clock: Clock;
  get<T>(param: Param<T>): T;
  readonly log: Log;
}

const NOTHING: Agnostic = (next) => next;

export class Stacks {
  /** Before all that is answered. */
  readonly answers: Agnostic;
  /** Before all that is asked of others, whichever instance answers. */
  readonly calls: Agnostic;
  /** What callers are told that they may ask for. */
  readonly leases: WireTerms['leases'];
  /** What stands where, outermost first. */
  readonly names: Readonly<Record<'answers' | 'calls' | 'instance', readonly string[]>>;
  private readonly perInstance: Agnostic;

  constructor(private readonly terms: StackTerms) {
    const { clock, get } = terms;
    const limiter = limiterOf(terms);
    const maxAttempts = get(set.RETRY_ATTEMPTS);
    const budget = retryBudget(get(set.RETRY_SHARE), get(set.RETRY_FLOOR));
    this.answers = limiter === undefined ? NOTHING : limit(limiter);
    this.calls = maxAttempts > 1 ? retry({ maxAttempts, budget, clock, when: begun }) : NOTHING;
    this.perInstance = fuse([this.breaker().policy], clock);
    const sharer = limiter === undefined || !get(set.LIMIT_LEASES) ? undefined : new LeaseSharer({ limiter });
    this.leases = sharer === undefined ? undefined : (used) => sharer.share(used);
    this.names = {
      answers: limiter === undefined ? [] : ['limit'],
      calls: maxAttempts > 1 ? ['retry'] : [],
      instance: ['breaker'],
    };
  }

  /** Before the calls of one method at one instance, which have states of their own. */
  instance(calls: WireCalls): WireCalls {
    return this.perInstance(calls);
  }

  private breaker() {
    const { clock, get, log } = this.terms;
    return breaker({
      clock,
      changed: ({ to, call }: BreakerChange) => log.warn({ method: call.method, breaker: to }, `breaker is ${to}`),
      mode: () => get(set.BREAKER),
      minimumCalls: get(set.BREAKER_CALLS),
      failureRate: get(set.BREAKER_RATE),
      window: get(set.BREAKER_WINDOW),
      sleep: get(set.BREAKER_SLEEP),
    });
  }
}

/** What was not begun the balancer has offered to another instance already; this is for what was lost on the way. */
function begun(error: MeshError): boolean {
  return error.retry === 'idempotent';
}

/** One for all methods of the application; undefined for none. */
function limiterOf({ name, clock, get }: StackTerms): Limiter | undefined {
  const max = get(set.LIMIT_MAX);
  const [initial, min] = [Math.min(get(set.LIMIT_INITIAL), max), Math.min(get(set.LIMIT_MIN), max)];
  const algorithms: Readonly<Record<string, () => LimitAlgorithm>> = {
    gradient2: () => gradient2({ initial, min, max }),
    vegas: () => vegas({ initial, max }),
    aimd: () => aimd({ initial, min, max }),
  };
  const algorithm = algorithms[get(set.LIMIT)]?.();
  return algorithm === undefined ? undefined : new Limiter({ algorithm, name, clock, streams: 'first' });
}
