/** The two ends of a chain that a program writes itself: `for await`, and a worker for each item. */
import { type Observable } from 'rxjs';
import { type Call, GateSink, type Overflow, Queue } from '../core/index.js';

export interface IterateOptions {
  /** What to do with items that come unasked. Default: keep 256, then fail with Overrun. */
  readonly overflow?: Overflow;
  /** The call on whose behalf this is done; calls made for an item take over its deadline, priority, trace and baggage. */
  readonly serving?: Call<unknown>;
}

/**
 * An Observable as an AsyncIterable that asks for one item at a time, when the loop wants it. Leaving the loop
 * unsubscribes. Each `for await` subscribes anew.
 */
export function iterate<T>(source: Observable<T>, options: IterateOptions = {}): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => iterator(source, options) };
}

type Waiter<T> = { resolve(result: IteratorResult<T, undefined>): void; reject(error: unknown): void };

function iterator<T>(source: Observable<T>, options: IterateOptions): AsyncIterator<T, undefined> {
  const waiting = new Queue<Waiter<T>>();
  let end: ((waiter: Waiter<T>) => void) | undefined;
  const finish = (how: (waiter: Waiter<T>) => void): void => {
    end = how;
    for (let waiter = waiting.shift(); waiter !== undefined; waiter = waiting.shift()) how(waiter);
  };
  const done = (waiter: Waiter<T>): void => waiter.resolve({ done: true, value: undefined });
  const sink = new GateSink<T>(
    {
      next: (value) => waiting.shift()?.resolve({ done: false, value }),
      complete: () => finish(done),
      error(error) {
        let told = false;
        finish((waiter) => {
          if (told) return done(waiter);
          told = true;
          waiter.reject(error);
        });
      },
    },
    options.serving,
    options.overflow,
  );
  let begun = false;
  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (end !== undefined) return end({ resolve, reject });
        waiting.push({ resolve, reject });
        if (!begun) source.subscribe(sink);
        begun = true;
        sink.request(1);
      }),
    return() {
      if (end === undefined) finish(done);
      sink.unsubscribe();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

export interface ConsumeOptions extends IterateOptions {
  /** How many items may be worked on at once. Default 1. */
  readonly concurrency?: number;
  /** Stops the work: the source is unsubscribed and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Works on each item, `concurrency` at a time, asking for another when one is done. Resolves when the source has completed
 * and all work is done; rejects with the first failure of either, and unsubscribes.
 */
export function consume<T>(
  source: Observable<T>,
  work: (item: T) => unknown,
  options: ConsumeOptions = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = 0;
    let ended = false;
    const fail = (error: unknown): void => {
      sink.unsubscribe();
      reject(error);
    };
    const finished = (): void => {
      open -= 1;
      if (ended) {
        if (open === 0) resolve();
      } else sink.request(1);
    };
    const sink = new GateSink<T>(
      {
        next(item) {
          open += 1;
          let result: unknown;
          try {
            result = work(item);
          } catch (error) {
            return fail(error);
          }
          if (isThenable(result)) result.then(finished, fail);
          else finished();
        },
        error: fail,
        complete() {
          ended = true;
          if (open === 0) resolve();
        },
      },
      options.serving,
      options.overflow,
    );
    const { signal } = options;
    if (signal !== undefined) {
      if (signal.aborted) return reject(signal.reason);
      const aborted = (): void => fail(signal.reason);
      signal.addEventListener('abort', aborted, { once: true });
      sink.add(() => signal.removeEventListener('abort', aborted));
    }
    source.subscribe(sink);
    sink.request(options.concurrency ?? 1);
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
