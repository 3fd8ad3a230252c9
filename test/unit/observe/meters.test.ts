import { expect } from 'chai';
import {
  type Measurement,
  mergeMeasurements,
  Meters,
  type Param,
  Params,
  percentileOf,
  SERIES,
  SERIES_EACH,
} from 'millrace';
import { virtualClock } from 'millrace/testing';

/** Meters with room for so many series. */
function metersFor(series: number, each = series): Meters {
  const params = Params.empty.with(SERIES, series).with(SERIES_EACH, each);
  return new Meters({ settings: <T>(param: Param<T>) => params.get(param) });
}

const valueOf = (all: readonly Measurement[]): unknown[] =>
  all.map((each) => [each.name, each.tags, 'value' in each ? each.value : each.histogram.count]);

describe('meters', () => {
  it('count, tell how much there is, and how large things are', () => {
    const meters = new Meters();
    const calls = meters.counter('calls', { method: 'title' });
    calls.add();
    calls.add(4);
    meters.gauge('open').set(3);
    meters.gauge('open').add(-1);
    const sizes = meters.distribution('bytes');
    for (const size of [10, 20, 30]) sizes.add(size);
    expect(valueOf(meters.measure())).to.deep.equal([
      ['calls', { method: 'title' }, 5],
      ['open', {}, 2],
      ['bytes', {}, 3],
    ]);
  });

  it('are the same for the same name and tags, in whatever order these are', () => {
    const meters = new Meters();
    expect(meters.counter('a', { x: '1', y: '2' })).to.equal(meters.counter('a', { y: '2', x: '1' }));
    expect(meters.counter('a', { x: '1' })).not.to.equal(meters.counter('a', { x: '2' }));
    expect(meters.counter('a', { x: '1,y:2' })).not.to.equal(meters.counter('a', { x: '1', y: '2' }));
  });

  it('of several kinds may have one name', () => {
    const meters = new Meters();
    meters.counter('a').add();
    meters.gauge('a').set(7);
    meters.timer('a').add(9);
    expect(meters.measure().map(({ kind }) => kind)).to.deep.equal(['counter', 'gauge', 'timer']);
  });

  it('take time by their clock', async () => {
    const clock = virtualClock();
    const meters = new Meters({ clock });
    const stop = meters.timer('calls').start();
    await clock.advance(40);
    expect(stop()).to.equal(40);
    const [told] = meters.measure();
    expect(told !== undefined && 'histogram' in told && percentileOf(told.histogram, 100)).to.equal(40);
  });

  it('ask a gauge for its value, and leave out one that has none', () => {
    const meters = new Meters();
    let size = 1;
    meters.gauge('size', {}, () => size);
    meters.gauge('broken', {}, () => {
      throw new Error('closed');
    });
    meters.gauge('none', {}, () => Number.NaN);
    size = 5;
    expect(valueOf(meters.measure())).to.deep.equal([['size', {}, 5]]);
  });

  it('do not count less than nothing, nor without end', () => {
    const counter = new Meters().counter('a');
    counter.add(-1);
    counter.add(Number.NaN);
    counter.add(Infinity);
    expect(counter.measure()).to.include({ value: 0 });
  });

  it('are found by name, by its beginning and by tags', () => {
    const meters = new Meters();
    meters.counter('calls.done', { service: 'films', method: 'title' });
    meters.counter('calls.done', { service: 'shop' });
    meters.counter('calls.refused', { service: 'films' });
    meters.counter('callsx');
    const found = (filter: object): number => [...meters.matching(filter)].length;
    expect(found({ name: 'calls.done' })).to.equal(2);
    expect(found({ name: 'calls.*' })).to.equal(3);
    expect(found({ tags: { service: 'films' } })).to.equal(2);
    expect(found({ name: 'calls.done', tags: { service: 'films', method: 'title' } })).to.equal(1);
    expect(found({ tags: { toString: 'x' } })).to.equal(0);
  });
});

describe('meters that are too many', () => {
  it('count as one of their name, and are no error', () => {
    const meters = metersFor(3);
    for (let user = 0; user < 1000; user++) meters.counter('calls', { user: String(user) }).add();
    expect(valueOf(meters.measure())).to.deep.equal([
      ['calls', { user: '0' }, 1],
      ['calls', { user: '1' }, 1],
      ['calls', { user: '2' }, 1],
      ['calls', { overflow: 'true' }, 997],
    ]);
  });

  it('leave the others their places', () => {
    const meters = metersFor(100, 2);
    for (let user = 0; user < 50; user++) meters.counter('calls', { user: String(user) }).add();
    meters.counter('others', { user: '1' }).add();
    expect(valueOf(meters.measure()).slice(2)).to.deep.equal([
      ['calls', { overflow: 'true' }, 48],
      ['others', { user: '1' }, 1],
    ]);
  });

  it('count under one name where names are too many as well', () => {
    const meters = metersFor(2);
    for (let at = 0; at < 1000; at++) meters.counter(`name${at}`).add();
    for (let at = 0; at < 1000; at++) meters.timer(`name${at}`).add(1);
    expect(meters.size).to.be.at.most(8);
    expect(valueOf(meters.measure()).slice(2, 3)).to.deep.equal([['overflow', { overflow: 'true' }, 998]]);
  });

  it('get the place of one that is removed', () => {
    const meters = metersFor(1);
    const first = meters.counter('calls', { host: 'a' });
    expect(meters.counter('calls', { host: 'b' }).tags).to.deep.equal({ overflow: 'true' });
    meters.remove(first);
    expect(meters.counter('calls', { host: 'b' }).tags).to.deep.equal({ host: 'b' });
  });

  it('leave nothing behind for a name that is gone', () => {
    const meters = metersFor(1);
    for (let at = 0; at < 100; at++) {
      const regular = meters.counter(`name${at}`, { host: 'a' });
      meters.counter(`name${at}`, { host: 'b' }).add();
      meters.remove(regular);
    }
    expect(meters.size).to.equal(0);
  });

  it('have names and tags of bounded length and number', () => {
    const meters = new Meters();
    const tags = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`${at}`.padStart(100, 'k'), 'v'.repeat(9999)]),
    );
    const counter = meters.counter('n'.repeat(9999), tags);
    expect(counter.name).to.have.length(128);
    const pairs = Object.entries(counter.tags);
    expect(pairs.length).to.be.at.most(16);
    for (const [key, value] of pairs) expect([key.length, value.length]).to.deep.equal([64, 256]);
    expect(meters.counter('n'.repeat(9999), tags)).to.equal(counter);
  });
});

describe('measurements of one series', () => {
  it('merge: counts add up, histograms are one', () => {
    const [a, b] = [new Meters(), new Meters()].map((meters, at) => {
      meters.counter('calls').add(at + 1);
      meters.timer('time').add(at + 1);
      return meters.measure();
    });
    const merged = (a ?? []).map((each, at) => mergeMeasurements(each, b?.[at] ?? each));
    expect(merged[0]).to.include({ kind: 'counter', value: 3 });
    expect(merged[1]).to.have.nested.include({ 'histogram.count': 2, 'histogram.max': 2, 'histogram.min': 1 });
  });
});
