// `bench gate`: what demand costs, in nanoseconds an item and a subscription, against plain RxJS over the same pipeline.

import { writeFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { consume, fromIterable, GateSink, sinkOf } from 'millrace';
import { filter, from, lastValueFrom, map, Observable, type OperatorFunction } from 'rxjs';
import type { Command } from '../command.js';
import { median } from '../median.js';
import { count, text, type Values } from '../options.js';

const options = {
  json: text('FILE', 'writes the rows to a file'),
  rounds: count('N', 'rounds of each measurement (9)'),
};

export const gateCommand: Command<typeof options> = {
  about: "the gate's price: nanoseconds an item with and without it, and the walk that finds it",
  options,
  run,
};

interface Measurement {
  readonly name: string;
  readonly unit: string;
  /** Does the work `times` times. */
  work(times: number): unknown;
  readonly times: number;
}

interface Row {
  readonly measurement: string;
  readonly nanoseconds: number;
  readonly rounds: number;
}

async function run({ json, rounds = 9 }: Values<typeof options>): Promise<void> {
  const rows: Row[] = [];
  for (const group of [...pipelines.map(itemPrices), walkPrices()]) {
    const measured = await measure(group, rounds);
    const base = measured[0]?.nanoseconds ?? NaN;
    for (const [at, { name, unit }] of group.entries()) {
      const nanoseconds = measured[at]?.nanoseconds ?? NaN;
      const more = at === 0 ? '' : `  ${(nanoseconds - base >= 0 ? '+' : '') + (nanoseconds - base).toFixed(1)}`;
      process.stdout.write(`${name.padEnd(64)}${nanoseconds.toFixed(1).padStart(9)} ns ${unit}${more}\n`);
    }
    process.stdout.write('\n');
    rows.push(...measured);
  }
  if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);
}

/** One round is each measurement once; the first is for the compiler and isn't counted. */
async function measure(group: readonly Measurement[], rounds: number): Promise<Row[]> {
  const samples = group.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [at, { work, times, name }] of group.entries()) {
      process.stderr.write(process.stderr.isTTY ? `\r\x1b[Kround ${round} of ${rounds}, ${name}` : '');
      await turn();
      const started = process.hrtime.bigint();
      await work(times);
      const nanoseconds = Number(process.hrtime.bigint() - started) / times;
      if (round > 0) samples[at]?.push(nanoseconds);
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return group.map(({ name }, at) => ({ measurement: name, nanoseconds: median(samples[at] ?? []), rounds }));
}

interface Pipeline {
  readonly name: string;
  readonly through: OperatorFunction<number, number>;
}

const increment = map((value: number) => value + 1);
const most = filter((value: number) => value % 10 !== 0);

const pipelines: readonly Pipeline[] = [
  { name: 'map', through: increment },
  { name: 'filter, map', through: (source) => source.pipe(most, increment) },
  { name: '3 × (filter, map)', through: (source) => source.pipe(most, increment, most, increment, most, increment) },
];

const endless = 2 ** 31 - 1;

function itemPrices({ name, through }: Pipeline): readonly Measurement[] {
  const price = (how: string, work: (times: number) => unknown): Measurement => ({
    name: `${name}: ${how}`,
    unit: 'an item',
    work,
    times: 200_000,
  });
  return [
    price('from, plain subscribe', (items) => lastValueFrom(from(indexes(items)).pipe(through))),
    price('fromIterable, a sink that asks once for all', (items) =>
      drain(through(fromIterable(indexes(items))), endless),
    ),
    price('fromIterable, a sink that asks for 128 at a time', (items) =>
      drain(through(fromIterable(indexes(items))), 128),
    ),
    price('fromIterable, consume() one at a time', (items) => consume(through(fromIterable(indexes(items))), () => {})),
  ];
}

function* indexes(count: number): Iterable<number> {
  for (let index = 0; index < count; index += 1) yield index;
}

/** Reads all with demand in steps, as the sink of an RSocket stream does. */
function drain(source: Observable<number>, step: number): Promise<void> {
  return new Promise((complete, error) => {
    let left = step;
    const next = () => {
      left -= 1;
      if (left > 0) return;
      left = step;
      sink.request(step);
    };
    const sink = new GateSink<number>({ next, error, complete });
    source.subscribe(sink);
    sink.request(step);
  });
}

/** The walk is made once a subscription, from the source's subscriber up to the sink. */
function walkPrices(): readonly Measurement[] {
  return [0, 6, 12].map((operators) => ({
    name: `the walk to the sink over ${operators} operators`,
    unit: 'a subscription',
    times: 500_000,
    work: (times) => walk(operators, times),
  }));
}

function walk(operators: number, times: number): void {
  let source = new Observable<number>((subscriber) => {
    let found = 0;
    for (let left = times; left > 0; left -= 1) if (sinkOf(subscriber) !== undefined) found += 1;
    if (found !== times) subscriber.error(new Error(`the sink was found ${found} times of ${times}`));
  });
  for (let left = operators; left > 0; left -= 1) source = source.pipe(increment);
  const sink = new GateSink<number>({
    next: () => {},
    error: (error) => {
      throw error;
    },
    complete: () => {},
  });
  source.subscribe(sink);
  sink.unsubscribe();
}
