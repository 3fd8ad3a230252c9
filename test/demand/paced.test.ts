import { expect } from 'chai';
import { concatMap, from, map, mergeMap, Observable, of, Subject, timer } from 'rxjs';
import { absorb, callOf, fromIterable, type Overflow, paced, sinkOf } from 'millrace';
import { drive, endless, type Given, turnsOf } from './rig.js';
import { collect, first } from './sinks.js';

/** What of a source is taken for ten items asked three times. */
const rows: readonly (readonly [string, (given: Given) => Observable<unknown>, (delivered: number) => number])[] = [
  [
    'paced.concatMap takes an item when the timer before it has fired',
    ({ numbers, time }) => numbers().pipe(paced.concatMap((n) => timer(2, time).pipe(map(() => n)))),
    (delivered) => delivered + 1,
  ],
  [
    'paced.mergeMap takes items while fewer than four timers run',
    ({ numbers, time }) => numbers().pipe(paced.mergeMap((n) => timer(2, time).pipe(map(() => n)), 4)),
    (delivered) => delivered + 4,
  ],
  [
    'paced.switchMap lets each inner source have a word',
    ({ numbers, time }) => numbers().pipe(paced.switchMap((n) => timer(2, time).pipe(map(() => n)))),
    (delivered) => delivered + 1,
  ],
  [
    'paced.switchMap takes newer items between those of an endless inner source',
    ({ numbers, few }) => numbers().pipe(paced.switchMap(() => few(3))),
    (delivered) => 2 * delivered + 1,
  ],
  [
    'paced.zip keeps a fast source at the pace of a slow one',
    ({ numbers, ticks }) => paced.zip(numbers(), ticks()),
    (delivered) => delivered + 1,
  ],
  [
    'paced.zip keeps two fast sources together',
    ({ numbers }) => paced.zip(numbers(), numbers().pipe(map((n) => n * 2))),
    (delivered) => 2 * delivered + 2,
  ],
  [
    'paced.merge keeps at most one item of a pulled source',
    ({ numbers }) => paced.merge(numbers(), numbers()),
    (delivered) => delivered + 2,
  ],
];

describe('paced twins', () => {
  for (const [name, pipeline, most] of rows) {
    it(name, async () => {
      const run = await drive(pipeline, { patience: 40 });
      for (const { requested, delivered, produced } of run.steps) {
        expect(delivered).to.equal(requested);
        expect(produced).to.be.at.most(most(delivered));
      }
      expect(run.warnings).to.deep.equal([]);
      expect(run.found).to.not.include('nothing');
      expect(run.afterwards).to.equal(0);
    });
  }

  it('give what the operators that they are twins of give', async () => {
    const pairs: readonly (readonly [Observable<unknown>, Observable<unknown>])[] = [
      [few(4).pipe(concatMap(two)), few(4).pipe(paced.concatMap(two))],
      [few(4).pipe(mergeMap(two, 1)), few(4).pipe(paced.mergeMap(two, 1))],
      [few(3).pipe(map((n) => [n, `${n}`])), paced.zip(few(3), from(['0', '1', '2', '3']))],
    ];
    for (const [plain, twin] of pairs) {
      const [wanted, got] = [collect<unknown>(), collect<unknown>()];
      plain.subscribe(wanted.gate);
      twin.subscribe(got.gate);
      for (const { gate } of [wanted, got]) gate.request(100);
      await turnsOf(8);
      expect(got.values).to.deep.equal(wanted.values);
      expect([wanted.end, got.end]).to.deep.equal(['complete', 'complete']);
    }
  });

  it('pass on errors of the source, of the projection and of an inner source', async () => {
    const wrong = new Error('wrong');
    const broken = (): Observable<number> =>
      new Observable((subscriber) => {
        subscriber.error(wrong);
      });
    const failures: readonly Observable<unknown>[] = [
      broken().pipe(paced.concatMap(two)),
      few(2).pipe(
        paced.mergeMap(() => {
          throw wrong;
        }),
      ),
      few(2).pipe(paced.concatMap(broken)),
      few(2).pipe(paced.switchMap(broken)),
      paced.zip(few(2), broken()),
      paced.merge(few(2), broken()),
    ];
    for (const failing of failures) {
      const sink = collect<unknown>();
      failing.subscribe(sink.gate);
      sink.gate.request(10);
      await turnsOf(6);
      expect(sink.end).to.equal(wrong);
    }
  });

  it('close source and inner sources when the sink leaves', async () => {
    const closed: string[] = [];
    const closing = (name: string): Observable<number> =>
      fromIterable(function* () {
        try {
          yield* endless();
        } finally {
          closed.push(name);
        }
      });
    const sink = collect<unknown>();
    closing('outer')
      .pipe(paced.concatMap(() => closing('inner')))
      .subscribe(sink.gate);
    sink.gate.request(3);
    await turnsOf(4);
    sink.gate.unsubscribe();
    expect(sink.values).to.have.length(3);
    expect(closed.sort()).to.deep.equal(['inner', 'outer']);
  });

  it('lead their sources to the call that is served', async () => {
    const call = callOf({ interaction: 'stream', method: 'shop.browse', request: undefined });
    const found: unknown[] = [];
    const probe = new Observable<number>((subscriber) => {
      found.push(sinkOf(subscriber)?.serving);
      subscriber.next(1);
      subscriber.complete();
    });
    const { gate } = collect<unknown>(undefined, call);
    paced
      .merge<unknown>(
        probe,
        paced.zip(probe, probe),
        probe.pipe(paced.concatMap(() => probe)),
        probe.pipe(paced.switchMap(() => probe)),
      )
      .subscribe(gate);
    gate.request(10);
    await turnsOf(6);
    expect(found).to.deep.equal(Array.from({ length: 7 }, () => call));
  });

  it('share the turns of bursts fairly in paced.merge', async () => {
    const burst = (name: string) => of(...Array.from({ length: 100 }, () => name));
    const sink = collect<string>();
    paced.merge(burst('a'), burst('b')).subscribe(sink.gate);
    sink.gate.request(50);
    await turnsOf(4);
    const share = sink.values.filter((name) => name === 'a').length;
    expect(sink.values).to.have.length(50);
    expect(share).to.be.within(20, 30);
    sink.gate.request(1000);
    await turnsOf(4);
    expect(sink.values).to.have.length(200);
    expect(sink.end).to.equal('complete');
  });
});

describe('what nobody asked for', () => {
  const bounds: readonly (readonly [string, Overflow, number, readonly number[] | 'Overrun'])[] = [
    ['is kept up to a bound', { buffer: 3 }, 3, [0, 1, 2]],
    ['is an error past it', { buffer: 3 }, 4, 'Overrun'],
    ['is an error at once where nothing may be kept', 'error', 1, 'Overrun'],
    ['is kept as the latest', 'latest', 9, [8]],
    ['loses the oldest', { dropOldest: 3 }, 9, [6, 7, 8]],
    ['loses the newest', { dropNewest: 3 }, 9, [0, 1, 2]],
  ];
  for (const [what, overflow, pushed, wanted] of bounds) {
    it(`${what} by a sink (${JSON.stringify(overflow)})`, () => {
      const source = new Subject<number>();
      const sink = collect<number>(overflow);
      source.subscribe(sink.gate);
      for (const n of first(pushed)) source.next(n);
      sink.gate.request(20);
      if (wanted === 'Overrun') expectOverrun(sink);
      else expect(sink.values).to.deep.equal(wanted);
      expect(source.observed).to.equal(wanted !== 'Overrun');
      source.next(100);
      expect(sink.values.includes(100)).to.equal(wanted !== 'Overrun');
    });

    it(`${what} by absorb (${JSON.stringify(overflow)})`, async () => {
      const source = new Subject<number>();
      const sink = collect<number>('error');
      absorb(source, overflow).subscribe(sink.gate);
      sink.gate.request(1);
      await turnsOf(2);
      source.next(-1);
      await turnsOf(2);
      expect(sink.values).to.deep.equal([-1]);
      for (const n of first(pushed)) source.next(n);
      sink.gate.request(20);
      await turnsOf(2);
      if (wanted === 'Overrun') expectOverrun(sink, [-1]);
      else expect(sink.values).to.deep.equal([-1, ...wanted]);
      sink.gate.unsubscribe();
      expect(source.observed).to.equal(false);
    });
  }

  it('is 256 items by default, and the next is an error that names the call', () => {
    const source = new Subject<number>();
    const sink = collect<number>(undefined, callOf({ interaction: 'stream', method: 'shop.browse', request: 0 }));
    source.subscribe(sink.gate);
    for (const n of first(256)) source.next(n);
    expect(sink.end).to.equal(undefined);
    source.next(256);
    expectOverrun(sink);
    expect(sink.end)
      .to.have.property('message')
      .that.matches(/shop\.browse gave more than 256 items/);
  });

  it('waits before completion and errors, which themselves need no request', () => {
    for (const end of ['complete', 'error'] as const) {
      const source = new Subject<number>();
      const sink = collect<number>();
      source.subscribe(sink.gate);
      source.next(1);
      source.next(2);
      if (end === 'complete') source.complete();
      else source.error('error');
      expect(sink.end).to.equal(undefined);
      sink.gate.request(1);
      expect([sink.values, sink.end]).to.deep.equal([[1], undefined]);
      sink.gate.request(1);
      expect([sink.values, sink.end]).to.deep.equal([[1, 2], end]);
      const empty = collect<number>();
      source.subscribe(empty.gate);
      expect(empty.end).to.equal(end);
    }
  });

  it('waits while the sink is held, whatever was requested', () => {
    const source = new Subject<number>();
    const sink = collect<number>();
    source.subscribe(sink.gate);
    sink.gate.request(5);
    sink.gate.hold(true);
    source.next(1);
    expect(sink.values).to.deep.equal([]);
    expect(sink.gate.gate.open).to.equal(false);
    sink.gate.hold(false);
    expect(sink.values).to.deep.equal([1]);
    expect(sink.gate.gate.open).to.equal(true);
    sink.gate.unsubscribe();
  });
});

function expectOverrun(
  sink: { readonly values: readonly unknown[]; readonly end: unknown },
  before: unknown[] = [],
): void {
  expect(sink.values).to.deep.equal(before);
  expect(sink.end).to.include({ tag: 'Overrun', retry: 'never' });
}

function few(count: number): Observable<number> {
  return fromIterable(() => first(count));
}

function two(n: number): Observable<string> {
  return fromIterable([`${n} a`, `${n} b`]);
}
