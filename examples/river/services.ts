/** The three services of the river. Each passes on the items of the one before it; none says a word about demand. */
import { fromIterable } from 'millrace';
import { type Connection, payload, text, type WireService } from 'millrace/rsocket';
import { map, tap, throwError } from 'rxjs';
import type { Tally } from './tally.js';

/** Items that a hop keeps on its way: few, so that a change of pace is soon seen. By default it is 255, and more while all keep up. */
export const WINDOW = 64;

/** Readings of a gauge, without end. */
export function source(tally: Tally): WireService {
  return () => fromIterable(() => readings(tally));
}

/** Turns centimetres into metres. */
export function middle(upstream: Connection, tally: Tally): WireService {
  return relay(
    upstream,
    (reading) => `${(Number(reading) / 100).toFixed(2)} m`,
    () => (tally.middle += 1),
  );
}

/** What browsers would talk to. */
export function edge(upstream: Connection, tally: Tally): WireService {
  return relay(
    upstream,
    (reading) => `the river stands at ${reading}`,
    () => (tally.edge += 1),
  );
}

function* readings(tally: Tally) {
  for (;;) {
    tally.produced += 1;
    yield payload(`${200 + Math.round(50 * Math.sin(tally.produced / 1000))}`);
  }
}

function relay(upstream: Connection, change: (reading: string) => string, count: () => void): WireService {
  return ({ request }) => {
    if (!('data' in request)) return throwError(() => new Error('there are only streams'));
    return upstream.stream(request, { window: WINDOW }).pipe(
      map(({ data }) => payload(change(text(data)))),
      tap(count),
    );
  };
}
