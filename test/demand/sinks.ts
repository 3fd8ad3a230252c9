/** Sinks that remember what reached them, and sources to fill them with. */
import type { Observable } from 'rxjs';
import { expect } from 'chai';
import { type Call, fromIterable, GateSink, onWarning, type Overflow } from 'millrace';
import { endless, turnsOf } from './rig.js';

export interface Collected<T> {
  readonly gate: GateSink<T>;
  readonly values: readonly T[];
  /** `complete`, the error, or undefined while it goes on. */
  readonly end: unknown;
}

/** A sink that has asked for nothing yet. */
export function collect<T>(overflow?: Overflow, serving?: Call<unknown>): Collected<T> {
  const values: T[] = [];
  let end: unknown;
  const gate = new GateSink<T>(
    {
      next: (value) => values.push(value),
      error: (error) => (end = error),
      complete: () => (end = 'complete'),
    },
    serving,
    overflow,
  );
  return {
    gate,
    values,
    get end() {
      return end;
    },
  };
}

/** Numbers from 0, so many. */
export function* first(count: number): Generator<number, void> {
  for (let n = 0; n < count; n++) yield n;
}

/** What a source pushes, as an async iterable; leaving it unsubscribes. */
export async function* pushedBy<T>(source: Observable<T>): AsyncGenerator<T, void> {
  const waiting: T[] = [];
  let wake: () => void = () => undefined;
  const subscription = source.subscribe((item) => {
    waiting.push(item);
    wake();
  });
  try {
    for (;;) {
      const item = waiting.shift();
      if (item !== undefined) yield item;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    subscription.unsubscribe();
  }
}

/** Holds a pipeline that cuts the chain to one item a turn of the event loop and one warning. */
export async function expectWindowOfOne(pipeline: (source: Observable<number>) => Observable<number>): Promise<void> {
  const warnings: { readonly code: string; readonly message: string }[] = [];
  const unlisten = onWarning((warning) => warnings.push(warning));
  let produced = 0;
  const sink = collect<number>();
  pipeline(fromIterable(() => endless(() => (produced += 1)))).subscribe(sink.gate);
  sink.gate.request(10);
  for (let turn = 1; turn <= 20; turn++) {
    await turnsOf(1);
    expect(produced, `after ${turn} turns`).to.be.at.most(turn + 1);
  }
  expect(produced).to.be.greaterThan(10);
  expect(sink.values).to.have.length(10);
  await turnsOf(300);
  expect(sink.end, 'what nobody asked for').to.include({ tag: 'Overrun' });
  unlisten();
  expect(warnings.map(({ code }) => code)).to.deep.equal(['MILLRACE_NO_GATE']);
  expect(warnings[0]?.message).to.match(/\(at .*sinks\.|\(at .*gates\.test\./);
}
