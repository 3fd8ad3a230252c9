/** Sources that can wait: they find the gate of their subscription and give an item only when it hands them a turn. */
import { Observable, type Subscriber } from 'rxjs';
import {
  asPartOf,
  type Clock,
  duration,
  loneGate,
  openCall,
  Seat,
  type Sink,
  sinkOf,
  type Stop,
  systemClock,
  type TurnTaker,
  warningAt,
} from '../core/index.js';
import { iterate } from './iterate.js';

/** Said by {@link Supply.take} when there is no item now; {@link Valve.ready} says when there may be. */
export const NOTHING: unique symbol = Symbol('nothing');

/** What a source holds of its subscription. */
export interface Valve {
  /** There may be items: hand out turns. Idempotent. */
  ready(): void;
  /** Ends the subscription; what was not taken is lost, so a supply with items left says it in `take`. */
  complete(): void;
  fail(error: unknown): void;
  /** The sink that was found, with the call it serves; undefined behind an operator that cuts the chain. */
  readonly sink: Sink | undefined;
}

/** One subscription's items. */
export interface Supply<T> {
  /** One item, or {@link NOTHING}. Called only while the sink can take an item. What it throws fails the stream. */
  take(): T | typeof NOTHING;
  /** Lets go of everything. Called once, whatever the end. */
  close(): void;
  /** Lets go of what it pins (a cursor, a socket) since nobody has asked for long; the next `take` takes it up again. */
  rest?(): void;
}

export interface PullOptions {
  /** How long nobody asks before a supply is told to rest. Default 30 s. */
  readonly idle?: string | number;
  readonly clock?: Clock;
}

/** An Observable whose items wait for demand, and which `for await` paces as well. */
export class Pulled<T> extends Observable<T> implements AsyncIterable<T> {
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return iterate(this)[Symbol.asyncIterator]();
  }
}

/**
 * Makes a pulled source, cold and resubscribable. `open` is called at the first turn of each subscription, so nothing is
 * opened for a sink that asks for nothing. This is the hook that drivers build on.
 * @example pull((valve) => { const cursor = query(() => valve.ready()); return { take: () => cursor.row() ?? NOTHING, close: () => cursor.end() } })
 */
export function pull<T>(open: (valve: Valve) => Supply<T>, options: PullOptions = {}): Pulled<T> {
  const idle = duration(options.idle ?? '30 s');
  const clock = options.clock ?? systemClock;
  return new Pulled<T>((subscriber) => {
    let supply: Supply<T> | undefined;
    let stop: Stop | undefined;
    let asked = false;
    const watch = (): void => {
      stop = clock.every(idle, () => {
        if (!asked) supply?.rest?.();
        asked = false;
      });
    };
    const turn = (): boolean => {
      asked = true;
      let item: T | typeof NOTHING;
      try {
        if (supply === undefined) {
          supply = open(valve);
          if (subscriber.closed) {
            supply.close();
            return false;
          }
          if (supply.rest !== undefined) watch();
        }
        item = supply.take();
      } catch (error) {
        subscriber.error(error);
        return false;
      }
      return item === NOTHING ? false : seat.deliver(subscriber, item);
    };
    const place = takeSeat(subscriber, { turn });
    const { seat, sink } = place;
    const valve: Valve = {
      ready: () => seat.enter(),
      complete: () => place.complete(),
      fail: (error) => subscriber.error(error),
      sink,
    };
    seat.enter();
    return () => {
      place.leave();
      stop?.();
      supply?.close();
    };
  });
}

/**
 * The items of an iterable, an async iterable (an async generator, a web stream) or a function that makes one for each
 * subscription. A plain iterable must be one that can be iterated again for the source to be resubscribable.
 */
export function fromIterable<T>(
  from: Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>),
): Pulled<T> {
  return new Pulled<T>((subscriber) => {
    let items: Iterable<T> | AsyncIterable<T>;
    try {
      items = typeof from === 'function' ? from() : from;
      return isAsync(items) ? giveAsync(items, subscriber) : give(items, subscriber);
    } catch (error) {
      subscriber.error(error);
      return undefined;
    }
  });
}

function isAsync<T>(items: Iterable<T> | AsyncIterable<T>): items is AsyncIterable<T> {
  return typeof items === 'object' && Symbol.asyncIterator in items;
}

function give<T>(items: Iterable<T>, subscriber: Subscriber<T>): () => void {
  const iterator = items[Symbol.iterator]();
  let over = false;
  const sized = lengthOf(items) !== undefined;
  let given = 0;
  const complete = (): boolean => {
    over = true;
    place.complete();
    return false;
  };
  const turn = (): boolean => {
    let result: IteratorResult<T, unknown>;
    try {
      result = iterator.next();
    } catch (error) {
      over = true;
      subscriber.error(error);
      return false;
    }
    if (result.done === true) return complete();
    const goOn = place.seat.deliver(subscriber, result.value);
    given += 1;
    return sized && given === lengthOf(items) && !subscriber.closed ? complete() : goOn;
  };
  const place = takeSeat(subscriber, { turn });
  place.seat.enter();
  return () => {
    place.leave();
    if (!over) iterator.return?.();
  };
}

/** How many items there are, where that is known: the end then comes with the last, whether or not another is wanted. */
function lengthOf(items: Iterable<unknown>): number | undefined {
  if (Array.isArray(items)) return items.length;
  return items instanceof Set || items instanceof Map ? items.size : undefined;
}

function giveAsync<T>(items: AsyncIterable<T>, subscriber: Subscriber<T>): () => void {
  const iterator = isWebStream<T>(items) ? readerOf(items) : items[Symbol.asyncIterator]();
  let ready: IteratorResult<T, unknown> | undefined;
  let asked = false;
  let over = false;
  const turn = (): boolean => {
    if (ready === undefined) {
      ask();
      return false;
    }
    const result = ready;
    ready = undefined;
    return result.done !== true && place.seat.deliver(subscriber, result.value);
  };
  const place = takeSeat(subscriber, { turn });
  const ask = (): void => {
    if (asked || over) return;
    asked = true;
    iterator.next().then(
      (result) => {
        asked = false;
        over = result.done === true;
        if (over) return place.complete();
        ready = result;
        place.seat.enter();
      },
      (error: unknown) => {
        over = true;
        subscriber.error(error);
      },
    );
  };
  place.seat.enter();
  return () => {
    place.leave();
    if (over) return;
    over = true;
    iterator.return?.().then(undefined, () => undefined);
  };
}

/** As much of a web stream as is needed. */
interface WebStream<T> {
  getReader(): {
    read(): Promise<IteratorResult<T, unknown>>;
    cancel(): Promise<unknown>;
  };
}

function isWebStream<T>(items: object): items is WebStream<T> {
  return 'getReader' in items && typeof items.getReader === 'function';
}

/** A web stream's own iterator hears of the end only when the item that is awaited has come, which may be never. */
function readerOf<T>(stream: WebStream<T>): AsyncIterator<T> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<T>>,
    return: () => reader.cancel().then(() => ({ done: true, value: undefined })),
  };
}

/** As much of Node's Readable as is needed, so that browsers can load this file. */
export interface ReadableLike<T> {
  read(): T | null;
  on(event: 'readable' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: string, listener: (error: Error) => void): unknown;
  destroy(): unknown;
}

/** The chunks of a Node stream, opened for each subscription and destroyed with it. */
export function fromReadable<T>(open: () => ReadableLike<T>): Pulled<T> {
  return pull<T>((valve) => {
    const stream = open();
    let ended = false;
    const end = (): void => {
      ended = true;
      valve.complete();
    };
    const fail = (error: Error): void => valve.fail(error);
    const ready = (): void => valve.ready();
    const closed = (): void => {
      if (!ended) valve.fail(new Error('the stream was closed before its end'));
    };
    stream.on('readable', ready);
    stream.on('end', end);
    stream.on('error', fail);
    stream.on('close', closed);
    return {
      take: () => stream.read() ?? NOTHING,
      close() {
        stream.off('readable', ready);
        stream.off('end', end);
        stream.off('close', closed);
        if (!ended) stream.destroy();
      },
    };
  });
}

/** A seat at the gate that `subscriber` leads to, counted as a call of the item that opened it; warns where there is none. */
export function takeSeat<T>(subscriber: Subscriber<T>, taker: TurnTaker): Place<T> {
  const sink = sinkOf(subscriber);
  const crowded = sink === undefined ? warningOfNoGate() : undefined;
  return new Place(subscriber, sink, openCall(), new Seat(sink?.gate ?? loneGate(), taker, crowded));
}

/** A source's place at a gate. */
export class Place<T> {
  constructor(
    readonly subscriber: Subscriber<T>,
    readonly sink: Sink | undefined,
    private readonly outer: Seat | undefined,
    readonly seat: Seat,
  ) {}

  /** Completes as part of the delivery that opened this source: what is subscribed next counts against the same item's source. */
  complete(): void {
    asPartOf(this.outer, () => this.subscriber.complete());
  }

  fail(error: unknown): void {
    this.subscriber.error(error);
  }

  leave(): void {
    this.seat.leave();
    this.outer?.callEnded();
  }
}

/** Says, if it is called, that a source gives one item at a time because nobody said how much is wanted. */
export function warningOfNoGate(): () => void {
  return warningAt(
    'MILLRACE_NO_GATE',
    'a pulled source was subscribed where no demand can be seen, and gives one item at a time: read it with `for await`, consume() or a client call, and use multicast() for share()',
  );
}
