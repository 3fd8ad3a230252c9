import { expect } from 'chai';
import {
  callOf,
  type Instance,
  instanceOf,
  iterate,
  type Measurement,
  merged,
  MERGE_INSTANCES,
  MERGE_SERIES,
  type MergeOptions,
  meshError,
  metricsHandlers,
  type MetricsPeer,
  type MetricsSnapshot,
  Meters,
  type Param,
  Params,
  percentileOf,
} from 'millrace';
import { virtualClock, type VirtualClock } from 'millrace/testing';
import { BehaviorSubject, type Observable, Subject, throwError } from 'rxjs';
import { failure } from '../../app/applications.js';

/** An instance with meters of its own. */
class Node {
  readonly instance: Instance;
  readonly meters: Meters;
  opened = 0;
  closed = 0;
  /** What it does in the place of answering. */
  instead: (() => Observable<MetricsSnapshot>) | undefined;

  constructor(
    id: string,
    private readonly clock: VirtualClock,
    app = 'FILMS',
  ) {
    this.instance = instanceOf({ app, id });
    this.meters = new Meters({ clock });
  }

  readonly connect = (): MetricsPeer => {
    this.opened += 1;
    const handlers = metricsHandlers(this.meters, { clock: this.clock });
    return {
      watch: (interest) =>
        this.instead?.() ?? handlers.watch(interest, callOf({ interaction: 'stream', request: interest })),
      close: () => void (this.closed += 1),
    };
  };
}

describe('the meters of many instances, merged', () => {
  let clock: VirtualClock;
  let nodes: Node[];
  let present: BehaviorSubject<readonly Instance[]>;
  const closings: (() => unknown)[] = [];
  beforeEach(() => {
    clock = virtualClock();
    nodes = ['a', 'b', 'c'].map((id) => new Node(id, clock));
    present = new BehaviorSubject<readonly Instance[]>(nodes.map(({ instance }) => instance));
  });
  afterEach(async () => {
    for (const close of closings.splice(0)) await close();
    expect(clock.pending).to.equal(0);
  });

  const connect = (instance: Instance): MetricsPeer => {
    const node = nodes.find((each) => each.instance === instance);
    if (node === undefined) throw new Error(`no node ${instance.id}`);
    return node.connect();
  };
  const reader = (options: MergeOptions = {}) => {
    const source = merged(present, connect, { clock, interval: 1000, ...options });
    const iterator = iterate(source)[Symbol.asyncIterator]();
    closings.push(() => iterator.return?.());
    return async (): Promise<MetricsSnapshot> => {
      const { value } = (await clock.until(iterator.next())) as { value: MetricsSnapshot };
      return value;
    };
  };
  /** Reads until something holds; a snapshot takes an interval to come through. */
  const until = async (next: () => Promise<MetricsSnapshot>, holds: (snapshot: MetricsSnapshot) => boolean) => {
    for (let tries = 0; tries < 20; tries++) {
      const snapshot = await next();
      if (holds(snapshot)) return snapshot;
    }
    throw new Error('it never was so');
  };
  const find = ({ measurements }: MetricsSnapshot, name: string): Measurement | undefined =>
    measurements.find((each) => each.name === name);
  const valueIn = (snapshot: MetricsSnapshot, name: string): number => {
    const found = find(snapshot, name);
    return found !== undefined && 'value' in found ? found.value : 0;
  };

  it('add up, and no call is lost or counted twice', async () => {
    const next = reader();
    let all = valueIn(await next(), 'calls');
    let made = 0;
    for (let second = 0; second < 10; second++) {
      nodes.forEach(({ meters }, at) => {
        meters.counter('calls').add(at + 1);
        meters.timer('time').add(100 * (at + 1));
        made += at + 1;
      });
      all += valueIn(await next(), 'calls');
    }
    for (let second = 0; second < 3; second++) all += valueIn(await next(), 'calls');
    expect(all).to.equal(made);
  });

  it('have percentiles of all their values', async () => {
    const next = reader();
    await next();
    nodes.forEach(({ meters }, at) => {
      for (let each = 0; each < 100; each++) meters.timer('time').add(100 * at + each);
    });
    const time = find(await until(next, (snapshot) => find(snapshot, 'time') !== undefined), 'time');
    if (time === undefined || !('histogram' in time)) throw new Error('no time');
    expect(time.histogram.count).to.equal(300);
    expect(percentileOf(time.histogram, 50)).to.be.closeTo(149, 3);
    expect(percentileOf(time.histogram, 99)).to.be.closeTo(296, 5);
  });

  it('are as many as were heard, and gauges are their sum', async () => {
    for (const { meters } of nodes) meters.gauge('open').set(10);
    const snapshot = await until(reader(), ({ instances }) => instances === 3);
    expect(valueIn(snapshot, 'open')).to.equal(30);
  });

  it('lose one that is gone, and gain one that comes', async () => {
    for (const { meters } of nodes) meters.gauge('open').set(10);
    const next = reader();
    await until(next, ({ instances }) => instances === 3);
    const [gone, ...others] = nodes;
    present.next(others.map(({ instance }) => instance));
    const snapshot = await next();
    expect([snapshot.instances, valueIn(snapshot, 'open')]).to.deep.equal([2, 20]);
    expect(gone?.closed).to.equal(1);
    const come = new Node('d', clock);
    come.meters.gauge('open').set(5);
    nodes.push(come);
    present.next([...others, come].map(({ instance }) => instance));
    expect(valueIn(await until(next, ({ instances }) => instances === 3), 'open')).to.equal(25);
    expect(others.map(({ opened }) => opened)).to.deep.equal([1, 1]);
  });

  it('wait for none that hangs, and forget what it had', async () => {
    for (const { meters } of nodes) meters.gauge('open').set(10);
    const stuck = new Subject<MetricsSnapshot>();
    const [hanging] = nodes;
    if (hanging !== undefined) hanging.instead = () => stuck;
    const next = reader();
    await next();
    stuck.next({
      from: 0,
      to: 1,
      more: false,
      instances: 1,
      measurements: [{ kind: 'gauge', name: 'open', tags: {}, value: 1 }],
    });
    expect(valueIn(await until(next, ({ instances }) => instances === 3), 'open')).to.equal(21);
    const before = clock.now();
    const later = await until(next, ({ instances }) => instances === 2);
    expect(valueIn(later, 'open')).to.equal(20);
    expect(clock.now() - before).to.be.at.most(4000);
  });

  it('are watched again when they fail, with growing pauses', async () => {
    const [failing] = nodes;
    if (failing === undefined) return;
    failing.instead = () => throwError(() => new Error('down'));
    const next = reader();
    await until(next, ({ instances }) => instances === 2);
    await clock.advance(60_000);
    expect(failing.opened).to.be.within(5, 15);
    expect(failing.closed).to.equal(failing.opened);
    failing.instead = undefined;
    await clock.advance(40_000);
    await until(next, ({ instances }) => instances === 3);
  });

  it('are watched again soon when they fail after they have spoken', async () => {
    const [failing] = nodes;
    if (failing === undefined) return;
    failing.instead = () => throwError(() => new Error('down'));
    const next = reader();
    await until(next, () => failing.opened === 5);
    const spoken = new Subject<MetricsSnapshot>();
    failing.instead = () => spoken;
    await until(next, () => spoken.observed);
    spoken.next({ from: 0, to: 1, more: false, instances: 1, measurements: [] });
    failing.instead = undefined;
    const before = clock.now();
    spoken.complete();
    await until(next, () => failing.opened === 7);
    expect(clock.now() - before).to.be.at.most(2000);
  });

  it('leave nothing running when their reader goes, nor for one that is gone while it is away', async () => {
    const [failing] = nodes;
    if (failing === undefined) return;
    failing.instead = () => throwError(() => new Error('down'));
    await reader()();
    present.next([]);
    await clock.advance(1000);
    const { opened } = failing;
    await clock.advance(60_000);
    expect(failing.opened).to.equal(opened);
    present.next([failing.instance]);
    await clock.advance(3000);
  });

  it('are watched again when there is no connection', async () => {
    const [first] = nodes;
    nodes = nodes.slice(1);
    const next = reader();
    await until(next, ({ instances }) => instances === 2);
    if (first !== undefined) nodes.push(first);
    await until(next, ({ instances }) => instances === 3);
  });

  it('come merged to a reader that is slow', async () => {
    const next = reader();
    await next();
    for (let second = 0; second < 30; second++) {
      for (const { meters } of nodes) meters.counter('calls').add();
      await clock.advance(1000);
    }
    const snapshot = await next();
    expect(valueIn(snapshot, 'calls')).to.be.within(81, 90);
    expect(snapshot.to - snapshot.from).to.be.within(29_000, 31_000);
  });

  it('are told apart by tags', async () => {
    nodes.push(new Node('d', clock, 'SHOP'));
    present.next(nodes.map(({ instance }) => instance));
    for (const { meters } of nodes) meters.gauge('open', { kind: 'x' }).set(1);
    const snapshot = await until(reader({ tag: ({ app }) => ({ app }) }), ({ instances }) => instances === 4);
    expect(snapshot.measurements).to.deep.equal([
      { kind: 'gauge', name: 'open', tags: { kind: 'x', app: 'FILMS' }, value: 3 },
      { kind: 'gauge', name: 'open', tags: { kind: 'x', app: 'SHOP' }, value: 1 },
    ]);
  });

  it('are no more instances than there is room for', async () => {
    const params = Params.empty.with(MERGE_INSTANCES, 2);
    const next = reader({ settings: <T>(param: Param<T>) => params.get(param) });
    for (let second = 0; second < 5; second++) expect((await next()).instances).to.be.at.most(2);
    expect(nodes.map(({ opened }) => opened)).to.deep.equal([1, 1, 0]);
  });

  it('count the series that are too many as one, whatever they are called', async () => {
    const params = Params.empty.with(MERGE_SERIES, 2);
    const next = reader({ settings: <T>(param: Param<T>) => params.get(param) });
    await next();
    for (let at = 0; at < 50; at++) nodes[0]?.meters.counter('overflow', { at: String(at) }).add();
    const snapshot = await until(next, ({ measurements }) => measurements.length > 0);
    expect(snapshot.measurements).to.have.length(3);
    expect(snapshot.measurements.at(-1)).to.deep.include({ tags: { overflow: 'true' }, value: 48 });
  });

  it('have so many gauges and no more, and have them at each moment', async () => {
    const params = Params.empty.with(MERGE_SERIES, 1);
    for (let at = 0; at < 9; at++) nodes[0]?.meters.gauge(`open${at}`).set(1);
    present.next(nodes.slice(0, 1).map(({ instance }) => instance));
    const next = reader({ settings: <T>(param: Param<T>) => params.get(param) });
    await until(next, ({ instances }) => instances === 1);
    for (let second = 0; second < 5; second++) {
      const { measurements } = await next();
      const sum = measurements.reduce((all, each) => all + ('value' in each ? each.value : 0), 0);
      expect(sum).to.equal(5);
    }
  });

  it('fail as what finds the instances fails', async () => {
    const next = reader();
    await next();
    present.error(meshError('Unavailable', 'no registry'));
    expect((await clock.until(failure(next()))).message).to.equal('no registry');
  });
});
