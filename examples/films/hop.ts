/** What the page draws of a service: how much of the feed it has passed on, to whom, and how much more it may. */
import { component, GateSink, sinkOf } from 'millrace';
import { defer, finalize, map, type MonoTypeOperatorFunction, Observable, repeat, tap, timer } from 'rxjs';
import type { Flow, Range, Reader } from './contracts.js';
import { Speed } from './speed.js';

/** Milliseconds between two looks. */
const INTERVAL = 100;
/** Readers that are remembered. */
const READERS = 100;

interface Tally {
  made: number;
  open: boolean;
  readonly speed: Speed;
  /** Items that may go on before more are asked for. */
  credit(): number;
}

const NOBODY: Tally = { made: 0, open: false, speed: new Speed(0), credit: () => 0 };

@component()
export class Hop {
  private readonly tallies = new Map<string, Tally>();

  /** Counts the items of a feed as they pass. */
  count<T>({ reader, from }: Range): MonoTypeOperatorFunction<T> {
    return (items) =>
      new Observable((to) => {
        const sink = sinkOf(to);
        const credit = (): number => (sink instanceof GateSink ? sink.requested : 0);
        const tally: Tally = { made: from, open: true, speed: new Speed(from), credit };
        this.remember(reader, tally);
        return items
          .pipe(
            tap(() => (tally.made += 1)),
            finalize(() => (tally.open = false)),
          )
          .subscribe(to);
      });
  }

  /** Looks ten times a second. All services look at the same moments, so that what they saw can be compared. */
  flow(hop: string, { reader }: Reader): Observable<Flow> {
    return defer(() => timer(INTERVAL + 1 - (Date.now() % INTERVAL))).pipe(
      repeat(),
      map(() => {
        const { made, open, credit, speed } = this.tallies.get(reader) ?? NOBODY;
        const at = performance.timeOrigin + performance.now();
        speed.look(at, made);
        return {
          hop,
          at,
          made,
          perSecond: speed.perSecond(at),
          credit: open ? credit() : 0,
          open,
          memory: process.memoryUsage.rss(),
        };
      }),
    );
  }

  private remember(reader: string, tally: Tally): void {
    this.tallies.delete(reader);
    this.tallies.set(reader, tally);
    const [oldest] = this.tallies.keys();
    if (this.tallies.size > READERS && oldest !== undefined) this.tallies.delete(oldest);
  }
}
