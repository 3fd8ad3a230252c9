import { expect } from 'chai';
import {
  addresses,
  type App,
  instanceAt,
  iterate,
  merged,
  merging,
  mesh,
  METRIC_WATCHERS,
  Metrics,
  metricsHandlers,
  type MetricsSnapshot,
  Meters,
  type Param,
  Params,
  percentileOf,
} from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom, of } from 'rxjs';
import { applications, failure } from '../app/applications.js';

describe('metric streams over RSocket', () => {
  const start = applications();
  const serve = async (meters: Meters, params = Params.empty): Promise<App> =>
    start(
      mesh()
        .serve(Metrics, metricsHandlers(meters, { settings: <T>(param: Param<T>) => params.get(param) }))
        .over(tcp({ port: 0 }))
        .configure({ 'app.grace': '50 ms' }),
    );
  const addressOf = (app: App): string => app.addresses[0] ?? '';
  const clientOf = async (address: string) => (await start(mesh().over(tcp()).in(addresses(address)))).client(Metrics);
  const total = (all: readonly MetricsSnapshot[]): number =>
    all
      .flatMap(({ measurements }) => measurements)
      .reduce((sum, each) => sum + (each.kind === 'counter' ? each.value : 0), 0);

  it('tell counts, gauges and percentiles of another process’s meters, and nothing twice', async () => {
    const meters = new Meters();
    const client = await clientOf(addressOf(await serve(meters)));
    const read: MetricsSnapshot[] = [];
    meters.gauge('open', { service: 'films' }).set(3);
    for await (const snapshot of client.with({ check: true }).watch({ interval: 100 })) {
      read.push(snapshot);
      if (read.length > 5) break;
      meters.counter('calls').add(2);
      meters.timer('time').add(50);
    }
    expect(total(read)).to.equal(10);
    const last = read.at(-1)?.measurements ?? [];
    expect(last.find(({ kind }) => kind === 'gauge')).to.deep.equal({
      kind: 'gauge',
      name: 'open',
      tags: { service: 'films' },
      value: 3,
    });
    const time = last.find((each) => 'histogram' in each);
    expect(time !== undefined && 'histogram' in time && percentileOf(time.histogram, 99)).to.be.closeTo(50, 1);
  });

  it('make one snapshot of those that came while a reader had no time', async () => {
    const meters = new Meters();
    const client = await clientOf(addressOf(await serve(meters)));
    const reader = iterate(merging(client.watch({ interval: 100 })))[Symbol.asyncIterator]();
    const next = async (): Promise<MetricsSnapshot> => ((await reader.next()) as { value: MetricsSnapshot }).value;
    await next();
    for await (const { to } of client.watch({ interval: 100, name: 'others' })) {
      meters.counter('calls').add();
      if (meters.counter('calls').measure().value > 9) break;
      expect(to).to.be.above(0);
    }
    const all = [await next(), await next(), await next()];
    expect(total(all)).to.equal(10);
    expect(all.filter(({ measurements }) => measurements.length > 0)).to.have.length.at.most(2);
    await reader.return?.();
  });

  it('refuse what is not asked rightly, and readers that are too many', async () => {
    const address = addressOf(await serve(new Meters(), Params.empty.with(METRIC_WATCHERS, 0)));
    const client = await clientOf(address);
    expect(await failure(firstValueFrom(client.watch({ interval: 1 })))).to.include({ tag: 'Invalid' });
    expect(await failure(firstValueFrom(client.watch({})))).to.include({ code: 'MILLRACE_METRICS' });
  });

  it('are merged over several processes', async () => {
    const nodes = await Promise.all(
      [1, 2].map(async (weight) => {
        const meters = new Meters();
        const app = await serve(meters);
        const client = await clientOf(addressOf(app));
        meters.gauge('open').set(weight);
        return { client, instance: instanceAt(addressOf(app)) };
      }),
    );
    const instances = of(nodes.map(({ instance }) => instance));
    const all = merged(
      instances,
      (wanted) => {
        const node = nodes.find(({ instance }) => instance === wanted);
        if (node === undefined) throw new Error('nobody');
        return node.client.with({ check: true });
      },
      { interval: 100 },
    );
    for await (const { instances, measurements } of all) {
      if (instances < 2) continue;
      expect(measurements).to.deep.equal([{ kind: 'gauge', name: 'open', tags: {}, value: 3 }]);
      break;
    }
  });
});
