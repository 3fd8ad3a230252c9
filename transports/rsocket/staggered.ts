/** Attempts of which the first that succeeds is taken, begun one after the other: RFC 8305's connection attempts. */
import { Observable } from 'rxjs';
import { asMeshError, type Clock, type Stop } from '../../framework/kernel.js';

/**
 * Begins the attempts in order, the next when `pause` milliseconds have passed or at once when one has failed; the first item
 * ends them all. Fails with an AggregateError of all their errors, in order of their failing.
 */
export function staggered<T>(attempts: readonly Observable<T>[], pause: number, clock: Clock): Observable<T> {
  return new Observable((to) => {
    const errors: unknown[] = [];
    let begun = 0;
    let wait: Stop | undefined;
    const begin = (): void => {
      wait?.();
      const attempt = attempts[begun];
      if (attempt === undefined) return;
      begun += 1;
      if (begun < attempts.length) wait = clock.after(pause, begin, true);
      to.add(attempt.subscribe({ next: won, error: failed }));
    };
    const won = (value: T): void => {
      to.next(value);
      to.complete();
    };
    const failed = (error: unknown): void => {
      errors.push(error);
      if (errors.length === attempts.length)
        to.error(new AggregateError(errors, errors.map((each) => asMeshError(each).message).join(', ')));
      else begin();
    };
    to.add(() => wait?.());
    begin();
  });
}
