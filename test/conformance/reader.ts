/** A reader that takes exactly what it asks for, and sources that tell what became of them. */
import { fromIterable, GateSink, isMeshError, type MeshError, type Pulled } from 'millrace';
import { type Payload, payload, text } from 'millrace/rsocket';
import { defer, finalize, type Observable, tap } from 'rxjs';
import { createTally, type Tally } from '../rsocket/tally.js';

export interface Reader {
  readonly items: readonly Payload[];
  readonly texts: readonly string[];
  /** Asks for `n` more. */
  ask(n: number): void;
  /** Resolves once `count` items have come; rejects if the end comes before. */
  got(count: number): Promise<void>;
  /** The error, or undefined for a completion. */
  readonly ended: Promise<MeshError | undefined>;
  leave(): void;
}

/** Subscribes at once, asking for `first` items. */
export function read(source: Observable<Payload>, first = 0): Reader {
  const items: Payload[] = [];
  const waiting = new Set<(over?: string) => void>();
  const look = (over?: string): void => {
    for (const each of waiting) each(over);
  };
  let settle: (error: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => (settle = resolve)).then(meshErrorOf);
  let over: string | undefined;
  const finish = (error: unknown): void => {
    over = error === undefined ? 'complete' : String(error);
    settle(error);
    look(over);
  };
  const sink = new GateSink<Payload>({
    next(item) {
      items.push(item);
      look();
    },
    error: (error) => finish(error ?? new Error('an error without a value')),
    complete: () => finish(undefined),
  });
  source.subscribe(sink);
  if (first > 0) sink.request(first);
  return {
    items,
    get texts() {
      return items.map(({ data }) => text(data));
    },
    ask: (n) => sink.request(n),
    got: (count) =>
      new Promise((resolve, reject) => {
        const check = (end?: string): void => {
          if (items.length < count && end === undefined) return;
          waiting.delete(check);
          if (items.length >= count) resolve();
          else reject(new Error(`ended (${end}) after ${items.length} items of ${count}`));
        };
        waiting.add(check);
        check(over);
      }),
    ended,
    leave: () => sink.unsubscribe(),
  };
}

/** All items of a source, as fast as they come. */
export async function gather(source: Observable<Payload>): Promise<readonly Payload[]> {
  const reader = read(source, ALL);
  const error = await reader.ended;
  if (error !== undefined) throw error;
  return reader.items;
}

export const ALL = 2 ** 31 - 1;

export async function gatherTexts(source: Observable<Payload>): Promise<readonly string[]> {
  return (await gather(source)).map(({ data }) => text(data));
}

/** The error that a source ends with; rejects if it completes. */
export async function errorOf(source: Observable<Payload>): Promise<MeshError> {
  const error = await read(source, ALL).ended;
  if (error === undefined) throw new Error('completed where an error was expected');
  return error;
}

function meshErrorOf(error: unknown): MeshError | undefined {
  if (error === undefined || isMeshError(error)) return error;
  throw new Error(`not a MeshError: ${String(error)}`, { cause: error });
}

export interface Source {
  readonly items: Observable<Payload>;
  /** `opened` and `closed` for subscriptions, `made` for items, `completed` for those that came to their end. */
  readonly tally: Tally;
}

/** Numbers from 0, longer than a small fragment each. */
export function numbers(total = Infinity): Source {
  const tally = createTally();
  const items = defer(() => {
    tally.add('opened');
    return numbered(total, () => tally.add('made'));
  }).pipe(
    tap({ complete: () => tally.add('completed') }),
    finalize(() => tally.add('closed')),
  );
  return { items, tally };
}

function numbered(total: number, made: () => void): Pulled<Payload> {
  return fromIterable(function* () {
    for (let index = 0; index < total; index++) {
      made();
      yield numberItem(index);
    }
  });
}

export function numberItem(index: number): Payload {
  return payload(String(index).padEnd(90, '.'));
}

/** The number that a payload of {@link numbers} carries. */
export function numberOf(item: Payload): number {
  return Number.parseInt(text(item.data), 10);
}

/** Where the items are not the numbers from 0 to `count` in order; undefined where they are. */
export function disorder(items: readonly Payload[], count: number): string | undefined {
  if (items.length !== count) return `${items.length} items instead of ${count}`;
  const at = items.findIndex((item, index) => numberOf(item) !== index || item.data.length !== 90);
  return at === -1 ? undefined : `item ${at} is ${text(items[at]?.data)}`;
}
