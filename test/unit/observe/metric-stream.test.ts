import { expect } from 'chai';
import {
  callOf,
  iterate,
  type Measurement,
  merging,
  meshError,
  METRIC_ITEMS,
  METRIC_WATCHERS,
  Metrics,
  type MetricsInterest,
  metricsHandlers,
  type MetricsSnapshot,
  Meters,
  type Param,
  Params,
  percentileOf,
} from 'millrace';
import { virtualClock, type VirtualClock } from 'millrace/testing';
import { firstValueFrom, type Observable, Subject, throwError } from 'rxjs';
import { failure } from '../../app/applications.js';

/** What a snapshot says, shortly: `calls=3`. */
function told({ measurements }: MetricsSnapshot): string[] {
  return measurements.map((each) => `${each.name}=${'value' in each ? each.value : each.histogram.count}`);
}

describe('the stream of a node’s meters', () => {
  let clock: VirtualClock;
  let meters: Meters;
  let handlers: ReturnType<typeof metricsHandlers>;
  const begin = (params = Params.empty): void => {
    clock = virtualClock();
    meters = new Meters({ clock });
    handlers = metricsHandlers(meters, { clock, settings: <T>(param: Param<T>) => params.get(param) });
  };
  beforeEach(() => begin());
  const watch = (interest: MetricsInterest = {}): Observable<MetricsSnapshot> =>
    handlers.watch(interest, callOf({ interaction: 'stream', request: interest })) as Observable<MetricsSnapshot>;
  /** A reader that asks when it wants to. */
  const reader = (interest?: MetricsInterest) => {
    const iterator = iterate(watch(interest))[Symbol.asyncIterator]();
    return {
      async next(): Promise<MetricsSnapshot> {
        const { value } = (await clock.until(iterator.next())) as { value: MetricsSnapshot };
        return value;
      },
      close: () => iterator.return?.(),
    };
  };

  it('tells what came since, each interval, and what there is', async () => {
    const [calls, open, time] = [meters.counter('calls'), meters.gauge('open'), meters.timer('time')];
    calls.add(5);
    const { next, close } = reader({ interval: 1000 });
    const first = next();
    calls.add(2);
    open.set(7);
    expect(told(await first)).to.deep.equal(['open=7']);
    calls.add(3);
    time.add(12);
    const second = await next();
    expect(told(second)).to.deep.equal(['calls=3', 'open=7', 'time=1']);
    expect(second.to - second.from).to.equal(1000);
    expect(second).to.include({ more: false, instances: 1 });
    expect(told(await next())).to.deep.equal(['open=7']);
    await close();
    expect(clock.pending).to.equal(0);
  });

  it('merges what a slow reader has missed, and keeps no snapshots for it', async () => {
    const calls = meters.counter('calls');
    const time = meters.timer('time');
    const { next } = reader({ interval: 100 });
    await next();
    for (let at = 1; at <= 50; at++) {
      calls.add();
      time.add(at);
      await clock.advance(100);
    }
    const merged = await next();
    expect(merged.to - merged.from).to.equal(5000);
    expect(told(merged)).to.deep.equal(['calls=50', 'time=50']);
    const timed = merged.measurements.find((each) => 'histogram' in each);
    expect(timed !== undefined && 'histogram' in timed && percentileOf(timed.histogram, 100)).to.be.closeTo(50, 1);
    calls.add();
    expect(told(await next())).to.deep.equal(['calls=1']);
  });

  it('tells each reader what came since it was told last, at its own interval', async () => {
    const calls = meters.counter('calls');
    const [fast, slow] = [reader({ interval: 100 }), reader({ interval: 1000 })];
    await fast.next();
    const late = slow.next();
    await clock.advance(0);
    calls.add();
    expect(told(await fast.next())).to.deep.equal(['calls=1']);
    expect(told(await late)).to.deep.equal(['calls=1']);
    expect(told(await fast.next())).to.deep.equal([]);
  });

  it('tells of those that are asked for', async () => {
    for (const service of ['films', 'shop']) {
      meters.gauge('open', { service }).set(1);
      meters.gauge('queue', { service }).set(2);
    }
    const names = async (interest: MetricsInterest): Promise<readonly unknown[]> => {
      const { measurements } = await clock.until(firstValueFrom(watch(interest)));
      return measurements.map(({ name, tags }) => `${name} ${tags['service']}`);
    };
    expect(await names({ name: 'open' })).to.deep.equal(['open films', 'open shop']);
    expect(await names({ name: '*', tags: { service: 'shop' } })).to.deep.equal(['open shop', 'queue shop']);
  });

  it('goes on with a meter that is made anew', async () => {
    const { next } = reader();
    const first = meters.counter('calls');
    first.add(10);
    await next();
    meters.remove(first);
    meters.counter('calls').add(3);
    expect(told(await next())).to.deep.equal(['calls=3']);
  });

  it('sends a large snapshot in several messages', async () => {
    begin(Params.empty.with(METRIC_ITEMS, 100));
    for (let at = 0; at < 40; at++) meters.gauge('open', { at: String(at) }).set(at);
    const { next } = reader();
    const parts: MetricsSnapshot[] = [];
    do parts.push(await next());
    while (parts.at(-1)?.more === true);
    expect(parts.length).to.be.within(2, 4);
    const all = parts.flatMap(({ measurements }) => measurements) as (Measurement & { value: number })[];
    expect(all.map(({ value }) => value)).to.deep.equal(Array.from({ length: 40 }, (_, at) => at));
    expect(new Set(parts.map(({ to }) => to)).size).to.equal(1);
  });

  it('refuses a reader too many, and takes it when another has gone', async () => {
    begin(Params.empty.with(METRIC_WATCHERS, 1));
    const one = reader();
    await one.next();
    expect(await clock.until(failure(firstValueFrom(watch())))).to.include({
      tag: 'Rejected',
      code: 'MILLRACE_METRICS',
    });
    await one.close();
    expect(told(await clock.until(firstValueFrom(watch())))).to.deep.equal([]);
  });

  it('asks nothing of the meters for a reader that asks for nothing', async () => {
    let asked = 0;
    meters.gauge('open', {}, () => (asked += 1));
    const { next } = reader({ interval: 100 });
    await next();
    const before = asked;
    await clock.advance(10_000);
    expect(asked).to.equal(before);
  });
});

describe('the messages of metric streams', () => {
  const checked = (value: unknown): boolean => {
    const result = Metrics.methods.watch.reply['~standard'].validate(value);
    return !(result instanceof Promise) && result.issues === undefined;
  };
  const snapshot = (measurement: object): object => ({
    from: 0,
    to: 1,
    more: false,
    instances: 1,
    measurements: [measurement],
  });
  const histogram = (more: object): object =>
    snapshot({
      kind: 'timer',
      name: 'a',
      tags: {},
      histogram: { count: 2, sum: 3, min: 1, max: 2, buckets: [5, 1, 6, 1], ...more },
    });

  it('are what meters say', () => {
    const meters = new Meters();
    meters.counter('a', { b: 'c' }).add();
    meters.gauge('a').set(-0.5);
    meters.distribution('a').add(99);
    meters.timer('a');
    for (const each of meters.measure()) expect(checked(JSON.parse(JSON.stringify(snapshot(each))))).to.equal(true);
    expect(checked(histogram({}))).to.equal(true);
  });

  const wrong: readonly (readonly [string, object])[] = [
    ['a count of less than nothing', snapshot({ kind: 'counter', name: 'a', tags: {}, value: -1 })],
    ['a gauge without a value', snapshot({ kind: 'gauge', name: 'a', tags: {}, value: null })],
    ['a name without end', snapshot({ kind: 'counter', name: 'a'.repeat(257), tags: {}, value: 1 })],
    [
      'tags without end',
      snapshot({
        kind: 'counter',
        name: 'a',
        tags: Object.fromEntries(Array.from('abcdefghijklmnopqrstuvwxyz', (key) => [key, ''])),
        value: 1,
      }),
    ],
    ['a kind that there is not', snapshot({ kind: 'rate', name: 'a', tags: {}, value: 1 })],
    ['buckets that fall', histogram({ buckets: [6, 1, 5, 1] })],
    ['a bucket that there is not', histogram({ buckets: [5, 1, 9999, 1] })],
    ['buckets of less than is counted', histogram({ buckets: [5, 1] })],
    ['buckets of parts', histogram({ buckets: [5, 0.5, 6, 1.5] })],
    ['an empty bucket', histogram({ buckets: [5, 0, 6, 2] })],
  ];
  for (const [what, value] of wrong) it(`are not ${what}`, () => expect(checked(value)).to.equal(false));
});

describe('merging snapshots', () => {
  const snapshot = (from: number, value: number, more = false): MetricsSnapshot => ({
    from,
    to: from + 1,
    more,
    instances: 1,
    measurements: [
      { kind: 'counter', name: 'calls', tags: {}, value },
      { kind: 'gauge', name: 'open', tags: {}, value },
    ],
  });

  it('adds counts up, and has of a gauge what it was last', async () => {
    const source = new Subject<MetricsSnapshot>();
    const reader = iterate(merging(source))[Symbol.asyncIterator]();
    const first = reader.next();
    await Promise.resolve();
    source.next(snapshot(0, 1));
    expect(((await first) as { value: MetricsSnapshot }).value).to.deep.equal(snapshot(0, 1));
    for (const at of [1, 2]) source.next(snapshot(at, at + 1));
    const { value } = (await reader.next()) as { value: MetricsSnapshot };
    expect([value.from, value.to, ...told(value)]).to.deep.equal([1, 3, 'calls=5', 'open=3']);
    source.complete();
    expect(await reader.next()).to.deep.equal({ done: true, value: undefined });
  });

  it('waits for the whole of a snapshot that comes in several messages', async () => {
    const source = new Subject<MetricsSnapshot>();
    const reader = iterate(merging(source))[Symbol.asyncIterator]();
    const first = reader.next();
    await Promise.resolve();
    source.next(snapshot(0, 1, true));
    source.next(snapshot(0, 2));
    const { value } = (await first) as { value: MetricsSnapshot };
    expect(told(value)).to.deep.equal(['calls=3', 'open=3']);
  });

  it('gives what there is before it ends or fails as its source does', async () => {
    const source = new Subject<MetricsSnapshot>();
    const reader = iterate(merging(source))[Symbol.asyncIterator]();
    const first = reader.next();
    await Promise.resolve();
    source.next(snapshot(0, 1));
    await first;
    source.next(snapshot(1, 4));
    source.complete();
    expect(((await reader.next()) as { value: MetricsSnapshot }).value).to.deep.equal(snapshot(1, 4));
    expect((await reader.next()).done).to.equal(true);
    const failing = iterate(merging(throwError(() => meshError('Broken', 'lost'))))[Symbol.asyncIterator]();
    expect(await failure(failing.next())).to.include({ tag: 'Broken' });
  });
});
