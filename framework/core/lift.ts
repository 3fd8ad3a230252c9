/** Any RxJS operator as a filter. */
import type { MonoTypeOperatorFunction } from 'rxjs';
import type { Agnostic, Service } from './service.js';

/**
 * Makes a filter of an RxJS operator, one for each service it is put before. A lifted operator costs what RxJS
 * charges, a subscriber and a subscription for every call; a policy in a fused stack costs a fraction of that.
 * @example lift(() => retry({ count: 2 }))
 */
export function lift(operator: <T>() => MonoTypeOperatorFunction<T>): Agnostic {
  return <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> => {
    const apply = operator<Rep>();
    return (call) => apply(next(call));
  };
}
