import { expect } from 'chai';
import { addresses, type App, type Handlers, mesh, type Param, systemClock } from 'millrace';
import {
  type PeerNews,
  PeerRegistries,
  registryMesh,
  RegistryPeers,
  RegistryStore,
  Replication,
  RunningRegistry,
} from 'millrace/registry';
import { tcp } from 'millrace/rsocket';
import { filter, firstValueFrom, NEVER, startWith, Subject, toArray } from 'rxjs';
import { applications, failure } from '../app/applications.js';
import { instance } from './instances.js';

const VALUES: Readonly<Record<string, unknown>> = { 'registry.peer-compare': '200 ms', 'registry.peer-wait': '20 s' };
const settings = <T>(param: Param<T>): T => param.parse(VALUES[param.name] ?? param.initial);

interface Running {
  readonly store: RegistryStore;
  readonly replication: Replication;
  readonly app: App;
  readonly news: PeerNews[];
}

describe('registries that are linked by RSocket', () => {
  const start = applications();
  const running = new Map<number, Running>();
  let ports: number[];

  /** A registry at one of the three ports, which is given the addresses of all. */
  async function registry(at: number): Promise<Running> {
    const port = ports[at] ?? 0;
    const store = new RegistryStore({ clock: systemClock, settings });
    const others = new PeerRegistries(ports.map((each) => `tcp://127.0.0.1:${each}`));
    const news: PeerNews[] = [];
    let replication: Replication | undefined;
    const app = await start(
      mesh()
        .named(`registry-${at}`)
        .serve(RegistryPeers, () => {
          const tell = (each: PeerNews): void => void news.push(each);
          replication = new Replication({ store, links: others.links, clock: systemClock, settings, tell });
          return replication.service;
        })
        .over(tcp({ port }))
        .in(others)
        .configure({ 'app.grace': '50 ms', 'discovery.reconnect-most': '200 ms' }),
    );
    if (replication === undefined) throw new Error('it is not served');
    const made = { store, replication, app, news };
    running.set(at, made);
    return made;
  }

  async function stop(at: number): Promise<void> {
    const found = running.get(at);
    running.delete(at);
    found?.replication.stop();
    found?.store.close();
    await found?.app.stop();
  }

  /** When stores know the same, of so many instances. */
  async function alike(size: number): Promise<void> {
    const stores = [...running.values()].map(({ store }) => store);
    const same = (): boolean => stores.every((store) => store.size === size && store.hashText === stores[0]?.hashText);
    const changed = new Subject<void>();
    const watching = stores.map((store) => store.changes.subscribe(() => changed.next()));
    if (!same()) await firstValueFrom(changed.pipe(startWith(undefined), filter(same)));
    for (const each of watching) each.unsubscribe();
  }

  beforeEach(async () => {
    const free = await Promise.all(
      [0, 1, 2].map(() =>
        start(
          mesh()
            .serve(RegistryPeers, SILENT)
            .over(tcp({ port: 0 })),
        ),
      ),
    );
    ports = free.map(({ addresses: [address = ''] }) => Number(new URL(address).port));
    await Promise.all(free.map((app) => app.stop()));
    await Promise.all([registry(0), registry(1), registry(2)]);
    await Promise.all([...running.values()].map(({ replication }) => replication.ready));
  });
  afterEach(async () => {
    for (const at of [...running.keys()]) await stop(at);
  });

  const at = (which: number): Running => {
    const found = running.get(which);
    if (found === undefined) throw new Error(`registry ${which} does not run`);
    return found;
  };

  it('tell each other of who comes, changes, is overridden and goes', async () => {
    at(0).store.register(instance('a'));
    at(1).store.register(instance('b', { metadata: { version: '1' } }));
    await alike(2);
    at(2).store.override('SHOP/a', 'OUT_OF_SERVICE');
    at(0).store.register(instance('b', { dirty: 2, metadata: { version: '2' } }));
    at(0).store.cancel('SHOP/a');
    await alike(1);
    expect(at(2).store.entry('SHOP/b')?.instance.metadata).to.deep.equal({ version: '2' });
  });

  it('give one that was stopped and comes back what it missed, before it serves', async () => {
    for (let n = 0; n < 1500; n++) at(n % 3).store.register(instance(`i${n}`));
    await alike(1500);
    await stop(1);
    at(0).store.cancel('SHOP/i0');
    at(2).store.register(instance('late'));
    await alike(1500);
    const back = await registry(1);
    expect(() => back.store.requireReady())
      .to.throw(/catch up/)
      .that.includes({ code: 'MILLRACE_REGISTRY_NOT_READY' });
    await back.replication.ready;
    expect(back.store.isReady).to.equal(true);
    expect(back.store.hashText).to.equal(at(0).store.hashText);
    expect(back.news.find(({ kind }) => kind === 'ready')).to.include({ known: 1500 });
    back.store.register(instance('later'));
    await alike(1501);
  });

  it('hear of a broken channel from each other', async () => {
    for (let n = 0; n < 10; n++) at(0).store.register(instance(`i${n}`));
    await alike(10);
    at(0).store.cut('SHOP/i4');
    await alike(10);
    await Promise.all(
      [0, 1, 2].map(async (which) => {
        const { store } = at(which);
        const suspect = (): boolean => store.entry('SHOP/i4')?.suspect === true;
        if (!suspect()) await firstValueFrom(store.changes.pipe(filter(suspect)));
      }),
    );
  });

  it('refuse what is no account of an instance, and go on', async () => {
    const caller = await start(
      mesh()
        .over(tcp())
        .in(addresses(at(0).app.addresses[0] ?? '')),
    );
    const peers = caller.client(RegistryPeers);
    const from = { epoch: 'x', name: 'x' };
    const nonsense = peers.push({ from, replicas: [{} as never], gone: [], renewals: [] });
    expect(await failure(firstValueFrom(nonsense))).to.include({ tag: 'Invalid', code: 'MILLRACE_SCHEMA' });
    const many = Array.from({ length: 1001 }, (_, n) => ({ key: `SHOP/${n}` }));
    const flood = peers.push({ from, replicas: [], gone: many, renewals: [] });
    expect(await failure(firstValueFrom(flood))).to.include({ tag: 'Invalid', code: 'MILLRACE_SCHEMA' });
    const pages = await firstValueFrom(peers.pull({ buckets: [] }).pipe(toArray()));
    expect(pages).to.have.length(1);
  });
});

describe('registries as applications', () => {
  const start = applications();

  it('replicate with the peers that they are given', async () => {
    const first = await start(registryMesh({ name: 'first' }).over(tcp({ port: 0 })));
    const [place = ''] = first.addresses;
    first.get(RunningRegistry).store.register(instance('a'));
    const second = await start(registryMesh({ name: 'second', peers: [place] }).over(tcp({ port: 0 })));
    await second.get(RunningRegistry).ready;
    const { store } = second.get(RunningRegistry);
    expect([...store.entries].map((each) => each.instance.id)).to.deep.equal(['a']);
    const heard = firstValueFrom(first.get(RunningRegistry).store.changes.pipe(filter(({ key }) => key === 'SHOP/b')));
    store.register(instance('b'));
    expect((await heard).action).to.equal('ADDED');
  });
});

/** Takes a free port, and answers nothing. */
const SILENT: Handlers<typeof RegistryPeers> = { push: () => NEVER, sums: () => NEVER, pull: () => NEVER };
