/** The deadline of a call, kept at each hop: nothing starts after it, and nobody goes on working for a caller who has left. */
import { Observable, Subscriber } from 'rxjs';
import type { Call } from './call.js';
import { type Clock, systemClock } from './clock.js';
import { type MeshError, meshError } from './errors.js';
import type { Agnostic, Service } from './service.js';

/**
 * Ends a call with Late once its deadline has passed, and leaves what is below it; a call that comes late isn't begun.
 * A call without a deadline passes at no price.
 */
export function deadline(clock: Clock = systemClock): Agnostic {
  return <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> =>
    (call) =>
      call.deadline === Infinity ? next(call) : new Observable<Rep>((to) => begin(next, call, clock, to));
}

function begin<Req, Rep>(next: Service<Req, Rep>, call: Call<Req>, clock: Clock, to: Subscriber<Rep>): void {
  const start = clock.now();
  const left = call.deadline - start;
  if (left <= 0) {
    return to.error(lateError(call.method, `came ${ms(-left)} after its deadline, and was not begun`));
  }
  const through = new Subscriber<Rep>(to);
  const late = (): void => {
    const error = lateError(call.method, `was not done in ${ms(left)}, when its deadline passed`);
    through.unsubscribe();
    to.error(error);
  };
  const stop = clock.after(left, late, true);
  through.add(stop);
  let answer: Observable<Rep>;
  try {
    answer = next(call);
  } catch (error) {
    return through.error(error);
  }
  answer.subscribe(through);
}

function lateError(method: string, what: string): MeshError {
  return meshError('Late', `${method === '' ? 'the call' : method} ${what}`);
}

function ms(time: number): string {
  return `${Math.round(time * 10) / 10} ms`;
}
