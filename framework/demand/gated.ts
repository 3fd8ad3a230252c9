/** Operators that keep a gate of their own between a sink and its sources. */
import {
  finalize,
  from,
  merge,
  mergeMap,
  Observable,
  type ObservableInput,
  type OperatorFunction,
  Subscriber,
  switchMap,
  zip,
} from 'rxjs';
import { Gate, GateLink, loneGate, Seat, type Sink, sinkOf } from '../core/index.js';
import { absorb } from './absorb.js';
import { warningOfNoGate } from './pull.js';

/**
 * Passes a signal on without waiting for demand: the notifier of `takeUntil`, the outer of a search's `switchMap`.
 * @example results$.pipe(takeUntil(control(client.stop(session))))
 */
export function control<T>(source: ObservableInput<T>): Observable<T> {
  return new Observable((subscriber) => {
    const sink: Sink = { gate: new Gate(true), serving: sinkOf(subscriber)?.serving };
    from(source).subscribe(new GateLink(subscriber, sink));
  });
}

/** Twins of RxJS operators that ask their sources for no more than they can use. */
export const paced = {
  concatMap,
  mergeMap: pacedMergeMap,
  switchMap: pacedSwitchMap,
  zip: pacedZip,
  merge: pacedMerge,
};

/** `concatMap` that takes an item only when the inner source before it has ended. */
function concatMap<T, R>(project: (value: T, index: number) => ObservableInput<R>): OperatorFunction<T, R> {
  return pacedMergeMap(project, 1);
}

/** `mergeMap` that takes an item only while fewer than `concurrency` inner sources are open. Default 16. */
function pacedMergeMap<T, R>(
  project: (value: T, index: number) => ObservableInput<R>,
  concurrency = 16,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      let open = 0;
      const inlet = new Inlet(subscriber, () => open < concurrency);
      const inner = (value: T, index: number): Observable<R> =>
        from(project(value, index)).pipe(
          finalize(() => {
            open -= 1;
            inlet.wake();
          }),
        );
      return inlet
        .of(source, () => (open += 1))
        .pipe(mergeMap(inner, concurrency))
        .subscribe(subscriber);
    });
}

/** `switchMap` that takes a newer item only when the present inner source has given an item or ended, so that each gets a word in. */
function pacedSwitchMap<T, R>(project: (value: T, index: number) => ObservableInput<R>): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      let silent = false;
      let present = 0;
      const inlet = new Inlet(subscriber, () => !silent);
      const inner = (value: T, index: number): Observable<R> =>
        new Observable((to) => {
          const mine = present;
          const heard = (): void => {
            if (mine !== present) return;
            silent = false;
            inlet.wake();
          };
          to.add(heard);
          from(project(value, index)).subscribe(new Heard(to, heard));
        });
      return inlet
        .of(source, () => {
          silent = true;
          present += 1;
        })
        .pipe(switchMap(inner))
        .subscribe(subscriber);
    });
}

/** `zip` that takes no item of one source before its partners' have come. */
function pacedZip<T extends readonly unknown[]>(...sources: { [K in keyof T]: ObservableInput<T[K]> }): Observable<T> {
  return new Observable<T>((subscriber) => {
    const taken = sources.map(() => 0);
    const inlets = sources.map((_, at) => new Inlet(subscriber, () => (taken[at] ?? 0) <= Math.min(...taken)));
    const inputs = sources.map((source, at) =>
      (inlets[at] as Inlet).of(from(source as ObservableInput<unknown>), () => {
        taken[at] = (taken[at] ?? 0) + 1;
        for (const inlet of inlets) inlet.wake();
      }),
    );
    return (zip(inputs) as Observable<unknown> as Observable<T>).subscribe(subscriber);
  });
}

/** `merge` of sources that burst: each keeps at most 256 items and waits for its turn. */
function pacedMerge<T>(...sources: ObservableInput<T>[]): Observable<T> {
  return merge(...sources.map((source) => absorb(source, { buffer: 256 })));
}

/**
 * A gate behind the sink's: sources at it get turns when the sink has one to give and `may` agrees. `wake` says that `may`
 * may have changed its mind.
 */
class Inlet {
  private readonly gate: Gate;
  private readonly seat: Seat;
  private readonly sink: Sink | undefined;

  constructor(
    subscriber: Subscriber<unknown>,
    private readonly may: () => boolean,
  ) {
    this.sink = sinkOf(subscriber);
    const crowded = this.sink === undefined ? warningOfNoGate() : undefined;
    this.gate = new Gate(false, false, () => this.wake());
    this.seat = new Seat(
      this.sink?.gate ?? loneGate(),
      {
        turn: () => this.may() && this.gate.step() && this.may(),
      },
      crowded,
    );
    subscriber.add(() => this.seat.leave());
  }

  wake(): void {
    if (this.gate.awaited && this.may()) this.seat.enter();
  }

  /** The source with this gate as the one it finds; `each` is told of every item before it goes on. */
  of<T>(source: Observable<T>, each: () => void): Observable<T> {
    return new Observable((subscriber) => {
      const sink: Sink = { gate: this.gate, serving: this.sink?.serving };
      source.subscribe(new Counted(subscriber, sink, each));
    });
  }
}

class Counted<T> extends GateLink<T> {
  constructor(
    destination: Subscriber<T>,
    sink: Sink,
    private readonly each: () => void,
  ) {
    super(destination, sink);
  }

  protected override _next(value: T): void {
    this.each();
    super._next(value);
  }
}

class Heard<T> extends Subscriber<T> {
  constructor(
    destination: Subscriber<T>,
    private readonly heard: () => void,
  ) {
    super(destination);
  }

  protected override _next(value: T): void {
    this.heard();
    super._next(value);
  }
}
