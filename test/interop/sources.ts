/** Where the items of the interop responder's streams come from. */
import { GateLink, NOTHING, pull, type Pulled, sinkOf } from 'millrace';
import { filter, interval, type MonoTypeOperatorFunction, Observable, type OperatorFunction, Subject } from 'rxjs';

export interface Series<T> {
  readonly length: number;
  item(index: number): T;
  /** Milliseconds from one item to the next; by default none. */
  readonly every?: number;
  /** What the series fails with after its items, instead of completing. */
  readonly error?: Error;
}

/** Items as they are asked for. The end comes with the last item: it needs no further demand. */
export function series<T>({ length, item, every, error }: Series<T>): Pulled<T> {
  return pull<T>((valve) => {
    let index = 0;
    let due = every === undefined;
    const ticks =
      every === undefined
        ? undefined
        : interval(every).subscribe(() => {
            due = true;
            valve.ready();
          });
    const end = (): void => (error === undefined ? valve.complete() : valve.fail(error));
    if (length === 0) queueMicrotask(end);
    return {
      take() {
        if (!due || index >= length) return NOTHING;
        due = every === undefined;
        if (index + 1 === length) queueMicrotask(end);
        return item(index++);
      },
      close: () => ticks?.unsubscribe(),
    };
  });
}

/** Drops what comes while nobody has asked for it. */
export function dropUnasked<T>(): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable((subscriber) => {
      const gate = sinkOf(subscriber)?.gate;
      return source.pipe(filter(() => gate?.open !== false)).subscribe(subscriber);
    });
}

/** Chooses by the first item what to do with all, the first too. */
export function switchOnFirst<T, R>(choose: (first: T) => OperatorFunction<T, R>): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      const items = new Subject<T>();
      let chosen = false;
      const observer = {
        next(item: T) {
          if (!chosen) items.pipe(choose(item)).subscribe(subscriber);
          chosen = true;
          items.next(item);
        },
        error: (error: unknown) => (chosen ? items.error(error) : subscriber.error(error)),
        complete: () => (chosen ? items.complete() : subscriber.complete()),
      };
      const sink = sinkOf(subscriber);
      return source.subscribe(sink === undefined ? observer : new GateLink<T>(observer, sink));
    });
}
