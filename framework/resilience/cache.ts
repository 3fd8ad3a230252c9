/** Answers kept for those who ask the same: for a while (`cache`), or for one tree of calls (`requestCache`). */
import { catchError, defer, from, Observable, take, tap, throwError } from 'rxjs';
import {
  type Agnostic,
  type Call,
  type Clock,
  count,
  duration,
  GateSink,
  type Service,
  systemClock,
} from '../core/index.js';
import { callKey } from './call-key.js';
import { flightOf } from './flight.js';

export interface CacheOptions {
  /** How long an answer is fresh; '10 s'. */
  readonly ttl?: string | number;
  /** For so much longer a stale answer is given at once, while a fresh one is fetched; 0. */
  readonly staleWhileRevalidate?: string | number;
  /** For so much longer a stale answer is given where fetching fails; 0. */
  readonly staleIfError?: string | number;
  /** Answers kept; the one not asked for the longest goes first. 1,000. */
  readonly max?: number;
  /** Items of one answer that are kept; a stream of more is passed on, and not kept. 64. */
  readonly maxItems?: number;
  /** What makes two calls the same; undefined for a call that is not cached. Method and request by default. */
  readonly key?: (call: Call<unknown>) => string | undefined;
  /** Calls that may be answered from memory; by default those with an idempotency key. Notifies and channels never are. */
  readonly when?: (call: Call<unknown>) => boolean;
  readonly clock?: Clock;
}

interface Kept {
  readonly items: readonly unknown[];
  readonly at: number;
}

/** A filter that remembers, and can be told to forget. */
export interface Cache {
  readonly filter: Agnostic;
  /** Forgets one answer, or all. A call that runs already is not kept either. */
  invalidate(key?: string): void;
  /** Answers kept at present. */
  readonly size: number;
}

/**
 * Keeps answers by method and request. Equal calls at once are one call below; it ends when the last who asked has left.
 * Failures are not kept. A cache answers every caller alike: don't put it before what depends on who asks, or put that into `key`.
 * @example const titles = cache({ ttl: '1 min', when: (call) => call.method === 'films.title' })
 */
export function cache(options: CacheOptions = {}): Cache {
  const { clock = systemClock, key = callKey, when = hasKey } = options;
  const ttl = duration(options.ttl ?? '10 s');
  const revalidate = ttl + duration(options.staleWhileRevalidate ?? 0);
  const ifError = ttl + duration(options.staleIfError ?? 0);
  const max = count(options.max ?? 1_000);
  const maxItems = count(options.maxItems ?? 64);
  const kept = new Map<string, Kept>();
  const forgetting = new Set<(key: string | undefined) => void>();

  function keep(name: string, items: readonly unknown[]): void {
    kept.delete(name);
    kept.set(name, { items, at: clock.now() });
    for (const oldest of kept.keys()) {
      if (kept.size <= max) break;
      kept.delete(oldest);
    }
  }

  function filter<Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> {
    const flights = new Map<string, Observable<Rep>>();
    forgetting.add((name) => void (name === undefined ? flights.clear() : flights.delete(name)));

    function joined(name: string, call: Call<Req>): Observable<Rep> {
      const running = flights.get(name);
      if (running !== undefined) return running;
      const present = (): boolean => flights.get(name) === flight;
      const flight = flightOf(() => next(call), {
        maxItems,
        done: (items) => void (present() && keep(name, items)),
        over: () => void (present() && flights.delete(name)),
      });
      flights.set(name, flight);
      return flight;
    }

    function refresh(name: string, call: Call<Req>): void {
      const unheard = (): void => undefined;
      const sink = new GateSink<Rep>({ next: unheard, error: unheard, complete: unheard });
      sink.request(maxItems + 1);
      joined(name, call)
        .pipe(take(maxItems + 1))
        .subscribe(sink);
    }

    return (call) => {
      const name = call.interaction === 'response' || call.interaction === 'stream' ? keyOf(call) : undefined;
      if (name === undefined) return next(call);
      return new Observable<Rep>((to) => answer(name, call).subscribe(to));
    };

    function answer(name: string, call: Call<Req>): Observable<Rep> {
      const old = kept.get(name);
      if (old === undefined) return joined(name, call);
      const age = clock.now() - old.at;
      const items = old.items as readonly Rep[];
      if (age < ttl || age < revalidate) {
        kept.delete(name);
        kept.set(name, old);
        if (age >= ttl && !flights.has(name)) refresh(name, call);
        return from(items);
      }
      if (age < ifError) return orStale(joined(name, call), items);
      kept.delete(name);
      return joined(name, call);
    }
  }

  function keyOf(call: Call<unknown>): string | undefined {
    return when(call) ? key(call) : undefined;
  }

  return {
    filter,
    invalidate(name) {
      if (name === undefined) kept.clear();
      else kept.delete(name);
      for (const forget of forgetting) forget(name);
    },
    get size() {
      return kept.size;
    },
  };
}

/** The stale answer where nothing fresh has come before the failure. */
function orStale<Rep>(fresh: Observable<Rep>, stale: readonly Rep[]): Observable<Rep> {
  return defer(() => {
    let came = false;
    return fresh.pipe(
      tap(() => void (came = true)),
      catchError((error: unknown) => (came ? throwError(() => error) : from(stale))),
    );
  });
}

function hasKey(call: Call<unknown>): boolean {
  return call.idempotencyKey !== undefined;
}

export interface RequestCacheOptions extends Pick<CacheOptions, 'key' | 'when' | 'maxItems' | 'clock'> {
  /** Trees of calls remembered at once; 1,000. */
  readonly trees?: number;
  /** Answers kept of each tree; 100. */
  readonly max?: number;
  /** A tree is forgotten after so long; '30 s'. */
  readonly ttl?: string | number;
}

/**
 * Answers equal calls of one tree of calls, known by its trace, with one call below, as Hystrix's request cache does.
 * A call without a trace isn't cached.
 */
export function requestCache(options: RequestCacheOptions = {}): Agnostic {
  const { clock = systemClock } = options;
  const trees = count(options.trees ?? 1_000);
  const ttl = duration(options.ttl ?? '30 s');
  const terms = { ...options, clock, ttl, max: options.max ?? 100 };
  return <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> => {
    const known = new Map<string, { readonly service: Service<Req, Rep>; readonly since: number }>();

    function treeOf(id: string): Service<Req, Rep> {
      const now = clock.now();
      for (const [oldest, { since }] of known) {
        if (now - since < ttl && (known.size < trees || known.has(id))) break;
        known.delete(oldest);
      }
      const tree = known.get(id) ?? { service: cache(terms).filter(next), since: now };
      known.set(id, tree);
      return tree.service;
    }

    return (call) =>
      call.trace === undefined
        ? next(call)
        : new Observable<Rep>((to) => treeOf(call.trace?.traceId ?? '')(call).subscribe(to));
  };
}
