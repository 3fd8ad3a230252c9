/** A bound on fire-and-forgets at work: nobody waits for them, so nobody else holds them back. */
import { Observable } from 'rxjs';
import { type Agnostic, count, meshError, param, type Service } from '../core/index.js';

export const NOTIFIES = param(
  'app.notifies',
  10_000,
  count,
  'Fire-and-forgets that may be at work in the application; the next is dropped, and the log says so.',
);

/** Drops fire-and-forgets past `most`, and tells of the first and of each thousandth. */
export function boundNotifies(most: number, dropped: (method: string, count: number) => void): Agnostic {
  let open = 0;
  let lost = 0;
  return <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> =>
    (call) => {
      if (call.interaction !== 'notify') return next(call);
      return new Observable((to) => {
        if (open >= most) {
          if (lost % 1000 === 0) dropped(call.method, lost + 1);
          lost += 1;
          return to.error(meshError('Rejected', `${most} fire-and-forgets are at work already`));
        }
        open += 1;
        to.add(() => (open -= 1));
        next(call).subscribe(to);
      });
    };
}
