/** One call below for all who ask the same while it runs; who leaves doesn't take it from the others. */
import { concat, defer, finalize, from, type Observable, tap } from 'rxjs';
import { multicast } from '../demand/index.js';

export interface FlightOptions<Rep> {
  /** Items that are kept for who comes later, and for `done`. */
  readonly maxItems: number;
  /** It completed, with no more items than that. */
  done(items: readonly Rep[]): void;
  /** Nobody may join any more: it ended, everybody left, or it has more items. */
  over(): void;
}

/** Begins with its first reader and ends with its last; the slowest sets the pace. Who joins later is given first what has come. */
export function flightOf<Rep>(
  source: () => Observable<Rep>,
  { maxItems, done, over }: FlightOptions<Rep>,
): Observable<Rep> {
  let items: Rep[] | undefined = [];

  function keep(item: Rep): void {
    if (items === undefined) return;
    items.push(item);
    if (items.length <= maxItems) return;
    items = undefined;
    over();
  }

  function end(): void {
    if (items !== undefined) done(items);
    over();
  }

  const shared = defer(source).pipe(tap({ next: keep, complete: end, error: over }), finalize(over), multicast());
  return defer(() => (items === undefined || items.length === 0 ? shared : concat(from([...items]), shared)));
}
