import { expect } from 'chai';
import {
  combineLatest,
  concat,
  concatMap,
  debounceTime,
  defer,
  expand,
  filter,
  groupBy,
  map,
  merge,
  mergeMap,
  Observable,
  of,
  repeat,
  retry,
  scan,
  share,
  Subject,
  subscribeOn,
  switchMap,
  takeUntil,
  timer,
  withLatestFrom,
  zip,
} from 'rxjs';
import { callOf, control, fromIterable, GateSink, multicast, sinkOf } from 'millrace';
import { drive, endless, type Given, turnsOf } from './rig.js';
import { collect, expectWindowOfOne, first, pushedBy } from './sinks.js';

/** What each pipeline gives for ten asked three times, and how much more than that it may take. */
const rows: readonly (readonly [string, (given: Given) => Observable<unknown>, (asked: number) => number])[] = [
  ['map', ({ numbers }) => numbers().pipe(map((n) => n + 1)), (asked) => asked],
  ['filter', ({ numbers }) => numbers().pipe(filter((n) => n % 3 === 0)), (asked) => 3 * asked - 2],
  ['scan', ({ numbers }) => numbers().pipe(scan((sum: number, n) => sum + n)), (asked) => asked],
  ['mergeMap over pulled inners', ({ few, numbers }) => few(3).pipe(mergeMap(() => numbers())), (asked) => asked + 3],
  ['concatMap over pulled inners', ({ numbers, few }) => numbers().pipe(concatMap(() => few(3))), (asked) => 2 * asked],
  ['switchMap over pulled inners', ({ numbers, few }) => numbers().pipe(switchMap(() => few(3))), (asked) => 2 * asked],
  ['merge', ({ numbers }) => merge(numbers(), numbers()), (asked) => asked],
  ['zip', ({ numbers }) => zip(numbers(), numbers()), (asked) => 2 * asked],
  ['combineLatest', ({ numbers }) => combineLatest([numbers(), numbers()]), (asked) => asked + 1],
  ['withLatestFrom', ({ numbers }) => numbers().pipe(withLatestFrom(numbers())), (asked) => 2 * asked + 2],
  ['retry({ delay })', ({ failing, time }) => failing().pipe(retry({ delay: () => timer(3, time) })), (asked) => asked],
  ['repeat({ delay })', ({ few, time }) => few(4).pipe(repeat({ delay: () => timer(1, time) })), (asked) => asked],
  ['timer → switchMap', ({ numbers, time }) => timer(3, time).pipe(switchMap(() => numbers())), (asked) => asked],
  [
    'debounceTime → switchMap',
    ({ numbers, time }) =>
      of('search').pipe(
        debounceTime(3, time),
        switchMap(() => numbers()),
      ),
    (asked) => asked,
  ],
  [
    'an asynchronous defer',
    ({ numbers }) =>
      defer(async () => {
        await turnsOf(2);
        return numbers();
      }).pipe(mergeMap((inner) => inner)),
    (asked) => asked,
  ],
  ['subscribeOn', ({ numbers, time }) => numbers().pipe(subscribeOn(time, 3)), (asked) => asked],
  [
    'groupBy',
    ({ numbers }) =>
      numbers().pipe(
        groupBy((n) => n % 4),
        mergeMap((group) => group.pipe(map((n) => `${group.key}: ${n}`))),
      ),
    (asked) => asked,
  ],
  [
    'expand',
    ({ few, time }) => few(1).pipe(expand(() => timer(1, time).pipe(mergeMap(() => few(3))))),
    (asked) => asked,
  ],
];

describe('a sink that asks for ten items at a time of endless pulled sources', () => {
  for (const [name, pipeline, most] of rows) {
    it(`gets them, and little more is taken, through ${name}`, async () => {
      const run = await drive(pipeline);
      for (const { requested, delivered, produced } of run.steps) {
        expect(delivered).to.equal(requested);
        expect(produced).to.be.within(delivered === 0 ? 0 : 1, most(requested));
      }
      expect(run.warnings).to.deep.equal([]);
      expect(new Set(run.found)).to.deep.equal(new Set(['the sink']));
      expect(run.afterwards).to.equal(0);
    });
  }

  it('takes nothing before it asks', async () => {
    const run = await drive(({ numbers }) => merge(numbers(), numbers().pipe(map((n) => n))), { requests: [0] });
    expect(run.steps[0]).to.include({ delivered: 0, produced: 0 });
  });

  it('gives each merged source its turn', async () => {
    const named = (name: string, { numbers }: Given) => numbers().pipe(map(() => name));
    const run = await drive((given) => merge(named('a', given), named('b', given)), { requests: [10, 10, 10, 10, 10] });
    const share = run.values.filter((name) => name === 'a').length / run.values.length;
    expect(share).to.be.within(0.4, 0.6);
  });
});

describe('the gate', () => {
  it('is found through subscriber.destination, the internal of RxJS that the peer range is pinned for', () => {
    const { gate: sink } = collect<number>();
    let destination: unknown;
    let found: unknown;
    new Observable<number>((subscriber) => {
      destination = (subscriber as unknown as { destination: unknown }).destination;
      found = sinkOf(subscriber);
    })
      .pipe(map((n) => n))
      .subscribe(sink);
    expect(destination).to.equal(sink);
    expect(found).to.equal(sink);
    sink.unsubscribe();
  });

  it('leads a source to the call that its sink serves, through an inner pipeline begun later', async () => {
    const call = callOf({ interaction: 'stream', method: 'shop.browse', request: 1, priority: 'critical' });
    const { gate: sink } = collect<number>(undefined, call);
    let serving: unknown;
    const inner = new Observable<number>((subscriber) => {
      serving = sinkOf(subscriber)?.serving;
      subscriber.complete();
    });
    fromIterable([1])
      .pipe(
        concatMap(() => turnsOf(1)),
        mergeMap(() => concat(inner, inner).pipe(filter(Boolean))),
      )
      .subscribe(sink);
    sink.request(1);
    await turnsOf(6);
    expect(serving).to.equal(call);
  });

  it('passes a million synchronous items without deep recursion', async () => {
    const wanted = 1_000_000;
    let delivered = 0;
    await new Promise<void>((resolve, reject) => {
      const sink: GateSink<number> = new GateSink<number>({
        next() {
          delivered += 1;
          sink.request(1);
        },
        error: reject,
        complete: resolve,
      });
      fromIterable(() => first(wanted))
        .pipe(
          map((n) => n),
          concatMap((n) => of(n)),
        )
        .subscribe(sink);
      sink.request(1);
    });
    expect(delivered).to.equal(wanted);
  });

  it('lets timers fire while a filter passes nothing', async () => {
    let produced = 0;
    const { gate: sink } = collect<number>();
    fromIterable(() => endless(() => (produced += 1)))
      .pipe(filter(() => false))
      .subscribe(sink);
    sink.request(1);
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
    sink.unsubscribe();
    const before = produced;
    expect(before).to.be.greaterThan(0);
    await turnsOf(3);
    expect(produced).to.equal(before);
  });

  it('is missing behind share: a warning that says where, and one item a turn', async () => {
    await expectWindowOfOne((source) => source.pipe(share()));
  });

  it('is missing behind a hand-written subscribe({ next }): a warning that says where, and one item a turn', async () => {
    await expectWindowOfOne(
      (source) => new Observable((subscriber) => source.subscribe({ next: (n) => subscriber.next(n) })),
    );
  });

  it('is not waited at by a signal: takeUntil(control(remote)) ends the stream without credit', async () => {
    const sink = collect<number>();
    const remote = fromIterable(async function* () {
      await turnsOf(1);
      yield 'stop';
    });
    fromIterable(() => endless())
      .pipe(takeUntil(control(remote)))
      .subscribe(sink.gate);
    await turnsOf(8);
    expect(sink.end).to.equal('complete');
    expect(sink.values).to.deep.equal([]);
  });

  it('is not waited at by the outer source of a search: a newer one supersedes an older one without credit', async () => {
    const sink = collect<string>();
    const words = new Subject<string>();
    const begun: string[] = [];
    const left: string[] = [];
    const results = (word: string): Observable<string> =>
      fromIterable(function* () {
        begun.push(word);
        try {
          for (let n = 0; ; n++) yield `${word} ${n}`;
        } finally {
          left.push(word);
        }
      });
    control(fromIterable(() => pushedBy(words)))
      .pipe(switchMap(results))
      .subscribe(sink.gate);
    await turnsOf(4);
    words.next('old');
    await turnsOf(4);
    sink.gate.request(1);
    await turnsOf(4);
    words.next('new');
    await turnsOf(4);
    expect(left).to.deep.equal(['old']);
    expect(sink.values).to.deep.equal(['old 0']);
    sink.gate.request(2);
    await turnsOf(4);
    expect(sink.values).to.deep.equal(['old 0', 'new 0', 'new 1']);
    expect(begun).to.deep.equal(['old', 'new']);
    sink.gate.unsubscribe();
    expect(left).to.deep.equal(['old', 'new']);
  });
});

describe('multicast', () => {
  it('gives two sinks every item at the pace of the slower, and goes on when that one leaves with its gate shut', async () => {
    let produced = 0;
    const shared = fromIterable(() => endless(() => (produced += 1))).pipe(multicast());
    const [fast, slow] = [collect<number>(), collect<number>()];
    shared.subscribe(fast.gate);
    shared.subscribe(slow.gate);
    fast.gate.request(30);
    slow.gate.request(10);
    await turnsOf(6);
    expect(slow.values).to.have.length(10);
    expect(fast.values).to.have.length(10);
    expect(produced).to.equal(10);
    slow.gate.unsubscribe();
    await turnsOf(6);
    expect(fast.values).to.deep.equal(Array.from({ length: 30 }, (_, n) => n));
    expect(produced).to.equal(30);
    fast.gate.unsubscribe();
    await turnsOf(3);
    expect(produced).to.equal(30);
  });

  it('subscribes its source with the first sink, leaves it with the last, and begins anew', async () => {
    let subscribed = 0;
    let left = 0;
    const source = new Observable<number>((subscriber) => {
      subscribed += 1;
      const inner = fromIterable(() => endless()).subscribe(subscriber);
      return () => {
        left += 1;
        inner.unsubscribe();
      };
    });
    const shared = source.pipe(multicast());
    const [a, b, c] = [collect<number>(), collect<number>(), collect<number>()];
    shared.subscribe(a.gate);
    shared.subscribe(b.gate);
    a.gate.unsubscribe();
    expect([subscribed, left]).to.deep.equal([1, 0]);
    b.gate.unsubscribe();
    expect([subscribed, left]).to.deep.equal([1, 1]);
    shared.subscribe(c.gate);
    c.gate.request(2);
    await turnsOf(4);
    expect(c.values).to.deep.equal([0, 1]);
    expect([subscribed, left]).to.deep.equal([2, 1]);
    c.gate.unsubscribe();
  });

  it('is one subscription again for all who resubscribe when it ends', async () => {
    let subscribed = 0;
    const source = defer(() => {
      subscribed += 1;
      return fromIterable(() => first(2));
    });
    const repeated = source.pipe(multicast(), repeat(2));
    const sinks = [collect<number>(), collect<number>(), collect<number>()];
    for (const { gate } of sinks) repeated.subscribe(gate);
    for (const { gate } of sinks) gate.request(10);
    await turnsOf(8);
    for (const sink of sinks) expect([sink.values, sink.end]).to.deep.equal([[0, 1, 0, 1], 'complete']);
    expect(subscribed).to.equal(2);
  });

  it('gives a sink that joins what comes later, and one that leaves during an item nothing more', async () => {
    const shared = fromIterable(() => endless()).pipe(multicast());
    const [leaving, joining] = [collect<number>(), collect<number>()];
    const staying = collect<number>();
    shared
      .pipe(
        map((n) => {
          if (n === 2) {
            leaving.gate.unsubscribe();
            shared.subscribe(joining.gate);
            joining.gate.request(10);
          }
          return n;
        }),
      )
      .subscribe(staying.gate);
    shared.subscribe(leaving.gate);
    leaving.gate.request(10);
    staying.gate.request(5);
    await turnsOf(6);
    expect(staying.values).to.deep.equal([0, 1, 2, 3, 4]);
    expect(leaving.values).to.deep.equal([0, 1]);
    expect(joining.values).to.deep.equal([3, 4]);
    for (const { gate } of [staying, joining]) gate.unsubscribe();
  });

  it('passes completion and errors to every sink', () => {
    for (const [end, source] of [
      ['complete', new Subject<number>()],
      ['error', new Subject<number>()],
    ] as const) {
      const shared = source.pipe(multicast());
      const [a, b] = [collect<number>(), collect<number>()];
      shared.subscribe(a.gate);
      shared.subscribe(b.gate);
      if (end === 'complete') source.complete();
      else source.error('error');
      expect([a.end, b.end]).to.deep.equal([end, end]);
      expect(source.observed).to.equal(false);
    }
  });
});
