/** What stands before the calls that an application answers and makes, where it says nothing else. */
import { type Agnostic, type Clock, fuse, type MeshError, type Param, type PolicyFilter } from '../core/index.js';
import type { WireCalls, WireTerms } from '../contract/index.js';
import {
  aimd,
  breaker,
  type BreakerChange,
  type BreakerMode,
  gradient2,
  LeaseSharer,
  type LimitAlgorithm,
  Limiter,
  limit,
  retry,
  retryBudget,
  vegas,
} from '../resilience/index.js';
import { commandMeter, Commands, type HystrixCommandProperties, meter, type Meters } from '../observe/index.js';
import { HEALTH_PORT } from './health.js';
import type { Log } from './logs.js';
import * as set from './stack-params.js';

export interface StackTerms {
  readonly name: string;
  readonly clock: Clock;
  get<T>(param: Param<T>): T;
  readonly log: Log;
  readonly meters: Meters;
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
  /** How the calls went that the application made. */
  readonly commands: Commands;
  private readonly perInstance: Agnostic;
  /** Until when breakers refuse that have opened, by method: those of an instance that is gone are forgotten then as well. */
  private readonly opened = new Map<string, readonly number[]>();

  constructor(private readonly terms: StackTerms) {
    const { clock, get } = terms;
    this.commands = new Commands({
      clock,
      settings: get,
      properties: () => this.properties,
      open: ({ name }) => this.openNow(name) > 0,
    });
    const { meters } = terms;
    const limiter = limiterOf(terms);
    if (limiter !== undefined) {
      meters.gauge('limit', {}, () => limiter.view.limit);
      meters.gauge('limit.open', {}, () => limiter.summary.open);
    }
    const maxAttempts = get(set.RETRY_ATTEMPTS);
    const budget = retryBudget(get(set.RETRY_SHARE), get(set.RETRY_FLOOR));
    const measured = (side: string): PolicyFilter[] =>
      get(set.CALL_METERS) ? [meter(meters, { tags: { side }, clock })] : [];
    // Nobody reads them but by the health server.
    const streamed = get(HEALTH_PORT) !== undefined && get(set.COMMAND_METERS);
    const counted = streamed ? [commandMeter(this.commands)] : [];
    const attempts = maxAttempts > 1 ? [retry({ maxAttempts, budget, clock, when: begun })] : [];
    const answers = [...measured('server'), ...(limiter === undefined ? [] : [limit(limiter)])];
    const calls = [...measured('client'), ...counted, ...attempts];
    const instance = get(set.BREAKER) === 'off' ? [] : [this.breaker()];
    const fused = (filters: readonly PolicyFilter[]): Agnostic =>
      filters.length === 0
        ? NOTHING
        : fuse(
            filters.map(({ policy }) => policy),
            clock,
          );
    this.answers = fused(answers);
    this.calls = fused(calls);
    this.perInstance = fused(instance);
    const namesOf = (filters: readonly PolicyFilter[]): readonly string[] => filters.map(({ name }) => name);
    this.names = { answers: namesOf(answers), calls: namesOf(calls), instance: namesOf(instance) };
    const sharer = limiter === undefined || !get(set.LIMIT_LEASES) ? undefined : new LeaseSharer({ limiter });
    this.leases = sharer === undefined ? undefined : (used) => sharer.share(used);
  }

  /** Before the calls of one method at one instance, which have states of their own. */
  instance(calls: WireCalls): WireCalls {
    return this.perInstance(calls);
  }

  /** What the Hystrix streams say that commands are set to. */
  private get properties(): Partial<HystrixCommandProperties> {
    const { get } = this.terms;
    const mode = get(set.BREAKER);
    return {
      circuitBreakerEnabled: mode !== 'metrics-only' && mode !== 'off',
      circuitBreakerForceOpen: mode === 'forced-open',
      circuitBreakerForceClosed: mode === 'forced-closed',
      circuitBreakerRequestVolumeThreshold: get(set.BREAKER_CALLS),
      circuitBreakerErrorThresholdPercentage: Math.round(get(set.BREAKER_RATE) * 100),
      circuitBreakerSleepWindowInMilliseconds: get(set.BREAKER_SLEEP),
      executionTimeoutEnabled: false,
      fallbackEnabled: false,
      requestCacheEnabled: false,
      requestLogEnabled: false,
    };
  }

  private breaker(): PolicyFilter {
    const { clock, get } = this.terms;
    const mode = (): BreakerMode => {
      const said = get(set.BREAKER);
      return said === 'off' ? 'metrics-only' : said;
    };
    return breaker({
      clock,
      changed: (change) => this.changed(change),
      mode,
      minimumCalls: () => get(set.BREAKER_CALLS),
      failureRate: () => get(set.BREAKER_RATE),
      window: get(set.BREAKER_WINDOW),
      sleep: () => get(set.BREAKER_SLEEP),
    });
  }

  private changed({ to, call: { method } }: BreakerChange): void {
    const { log, clock, get, meters } = this.terms;
    log.warn({ method, breaker: to }, `breaker is ${to}`);
    if (to !== 'open') return;
    if (!this.opened.has(method)) meters.gauge('breakers.open', { method }, () => this.openNow(method));
    const refusing = this.refusing(method);
    this.opened.set(method, [...refusing, clock.now() + get(set.BREAKER_SLEEP)]);
  }

  /** Breakers of a method that refuse calls now: who is half-open lets one through. */
  private openNow(method: string): number {
    return this.refusing(method).length;
  }

  private refusing(method: string): readonly number[] {
    const now = this.terms.clock.now();
    return (this.opened.get(method) ?? []).filter((until) => until > now);
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
