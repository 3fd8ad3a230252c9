/** Faults on purpose: a delay, an error, an answer that breaks off, for some calls. */
import { concat, defer, type MonoTypeOperatorFunction, Observable, take, throwError } from 'rxjs';
import { type Agnostic, type Clock, type MeshError, meshError, type Service, systemClock } from '../core/index.js';
import { faultChecked, type FaultInjection } from './fault-injection.js';
import { Faults, strikes } from './faults.js';

/**
 * Does one fault to the calls that it is for, or whatever {@link Faults} are in force as a call begins.
 * @example fault({ delay: 300, share: 0.1, when: { method: 'films.*', baggage: { experiment: 'slow-films' } } })
 */
export function fault(what: FaultInjection | Faults, clock: Clock = systemClock): Agnostic {
  const faults = what instanceof Faults ? what : undefined;
  const fixed = what instanceof Faults ? undefined : faultChecked(what);
  const time = faults?.clock ?? clock;
  return <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> =>
    (call) =>
      defer(() => {
        const found = faults?.of(call) ?? (fixed !== undefined && strikes(fixed, call, time) ? fixed : undefined);
        return found === undefined ? next(call) : done(found, () => next(call), call.method, time);
      });
}

/** One fault as an operator, which sees no call: its scope must be empty. */
export function faulty<T>(what: Omit<FaultInjection, 'when'>, clock: Clock = systemClock): MonoTypeOperatorFunction<T> {
  const { share = 1, ...injection } = faultChecked(what);
  return (source) =>
    defer(() => (share >= 1 || clock.random() < share ? done(injection, () => source, '', clock) : source));
}

function done<T>(
  { delay, error, abort }: FaultInjection,
  source: () => Observable<T>,
  method: string,
  clock: Clock,
): Observable<T> {
  const failed = (tag: MeshError['tag'], what: string) =>
    throwError(() => meshError(tag, `${method === '' ? 'the call' : method} ${what}`, { code: 'MILLRACE_FAULT' }));
  const after = defer((): Observable<T> => {
    if (error !== undefined) return failed(error, `failed with ${error}, by a fault on purpose`);
    if (abort === undefined) return source();
    return concat(
      source().pipe(take(abort)),
      failed('Broken', `broke off after ${abort} items, by a fault on purpose`),
    );
  });
  return delay === undefined ? after : later(after, delay, clock);
}

function later<T>(source: Observable<T>, ms: number, clock: Clock): Observable<T> {
  return new Observable((to) => {
    to.add(clock.after(ms, () => void source.subscribe(to), true));
  });
}
