/** Pulled sources that count what they give, and a sink that asks for ten items at a time of what is made of them. */
import { Observable, type ObservableInput, type SchedulerLike } from 'rxjs';
import { type Call, callOf, fromIterable, GateSink, nextTurn, onWarning, schedulerOf, sinkOf } from 'millrace';
import { type VirtualClock, virtualClock } from 'millrace/testing';

/** What a pipeline of the table is made of. */
export interface Given {
  /** Endless pulled numbers from 0. */
  numbers(): Observable<number>;
  /** So many pulled numbers, then completion. */
  few(count: number): Observable<number>;
  /** Two pulled numbers, then an error; a later subscription gives endless ones. */
  failing(): Observable<number>;
  /** A call: answers `value` a turn of the event loop later. */
  answer<T>(value: T): Observable<T>;
  /** Something pushed each 5 ms, whether anybody asked or not. */
  ticks(): Observable<number>;
  /** The scheduler of virtual time. */
  readonly time: SchedulerLike;
}

/** A moment after a request, when everything has come to rest. */
export interface Step {
  readonly requested: number;
  readonly delivered: number;
  readonly produced: number;
  /** Turns of the event loop that had gone by. */
  readonly turns: number;
}

export interface Run {
  readonly steps: readonly Step[];
  /** `complete`, the error, or undefined where it goes on. */
  readonly end: unknown;
  readonly warnings: readonly string[];
  /** What each pulled source found at the end of its chain: nothing, a sink that serves the right call, or another. */
  readonly found: readonly Found[];
  /** What was produced after the sink had left. */
  readonly afterwards: number;
  readonly values: readonly unknown[];
}

export type Found = 'nothing' | 'the sink' | 'another sink';

export interface DriveOptions {
  readonly requests?: readonly number[];
  /** Rounds of 5 ms to wait for what was asked, and two more to see what comes unasked. */
  readonly patience?: number;
}

/** Asks of `pipeline` what `requests` say, and looks at what it took and gave. */
export async function drive(
  pipeline: (given: Given) => ObservableInput<unknown>,
  options: DriveOptions = {},
): Promise<Run> {
  const { requests = [10, 10, 10], patience = 12 } = options;
  const clock = virtualClock();
  const warnings: string[] = [];
  const unlisten = onWarning(({ code }) => warnings.push(code));
  const call = callOf({ interaction: 'stream', method: 'rig.drive', request: undefined });
  const tally: Tally = { produced: 0, found: [], call };
  const turns = countTurns();
  const values: unknown[] = [];
  const steps: Step[] = [];
  let end: unknown;
  const sink = new GateSink<unknown>(
    {
      next: (value) => values.push(value),
      error: (error) => (end = error),
      complete: () => (end = 'complete'),
    },
    call,
  );
  try {
    (pipeline(given(clock, tally)) as Observable<unknown>).subscribe(sink);
    let requested = 0;
    for (const n of requests) {
      sink.request(n);
      requested += n;
      for (let round = 0; round < patience && values.length < requested && end === undefined; round++) {
        await clock.advance(5);
      }
      await clock.advance(5);
      await clock.advance(5);
      steps.push({ requested, delivered: values.length, produced: tally.produced, turns: turns.count });
    }
    sink.unsubscribe();
    const before = tally.produced;
    await clock.advance(20);
    return { steps, end, warnings, found: tally.found, afterwards: tally.produced - before, values };
  } finally {
    turns.stop();
    sink.unsubscribe();
    unlisten();
  }
}

/** Lets so many turns of the event loop go by. */
export async function turnsOf(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => nextTurn(resolve));
}

/** Numbers from 0 without end, telling `each` of every one. */
export function* endless(each: () => void = () => undefined): Generator<number, void> {
  for (let n = 0; ; n++) {
    each();
    yield n;
  }
}

interface Tally {
  produced: number;
  readonly found: Found[];
  readonly call: Call<unknown>;
}

function given(clock: VirtualClock, tally: Tally): Given {
  const time = schedulerOf(clock);
  const probed = <T>(source: Observable<T>): Observable<T> =>
    new Observable((subscriber) => {
      const sink = sinkOf(subscriber);
      tally.found.push(sink === undefined ? 'nothing' : sink.serving === tally.call ? 'the sink' : 'another sink');
      return source.subscribe(subscriber);
    });
  const counted = (): Generator<number, void> => endless(() => (tally.produced += 1));
  let failures = 0;
  return {
    numbers: () => probed(fromIterable(counted)),
    few: (count) => probed(fromIterable(() => first(count, counted()))),
    failing: () =>
      probed(
        fromIterable(function* () {
          yield* failures++ === 0 ? first(2, counted()) : counted();
          throw new Error('failing');
        }),
      ),
    answer: (value) =>
      fromIterable(async function* () {
        await turnsOf(1);
        yield value;
      }),
    ticks: () =>
      new Observable((subscriber) => {
        let n = 0;
        return clock.every(5, () => subscriber.next(n++));
      }),
    time,
  };
}

function* first<T>(count: number, items: Iterator<T>): Generator<T, void> {
  for (let n = 0; n < count; n++) yield items.next().value as T;
}

/** Counts turns of the event loop until it is stopped. */
function countTurns(): { readonly count: number; stop(): void } {
  let count = 0;
  let over = false;
  const turn = (): void => {
    count += 1;
    if (!over) nextTurn(turn);
  };
  nextTurn(turn);
  return {
    get count() {
      return count;
    },
    stop: () => void (over = true),
  };
}
