import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type App, contract, Health, type Instance, mesh, nothing, registry, response, unchecked } from 'millrace';
import { type RegistryStore, registryMesh, RunningRegistry } from 'millrace/registry';
import { tcp } from 'millrace/rsocket';
import { faultProxy } from 'millrace/testing';
import { filter, firstValueFrom, lastValueFrom, of, ReplaySubject, startWith } from 'rxjs';
import { applications, failure, thrown } from '../app/applications.js';

const Shop = contract('shop', { who: response(nothing, unchecked<string>()) });

/** A registry that can be stopped, and started anew at the same place. */
interface Running {
  readonly app: App;
  readonly store: RegistryStore;
  readonly place: string;
}

describe('an application in a registry', () => {
  const start = applications();
  const stores: RegistryStore[] = [];
  afterEach(() => {
    stores.splice(0);
  });

  const begin = async (port = 0): Promise<Running> => {
    const app = await start(registryMesh().over(tcp({ port })).configure({ 'app.grace': '50 ms' }));
    const { store } = app.get(RunningRegistry);
    stores.push(store);
    return { app, store, place: app.addresses[0] ?? '' };
  };
  const shop = (who: string, places: readonly string[], values: Readonly<Record<string, unknown>> = {}): Promise<App> =>
    start(
      mesh()
        .serve(Shop, { who: () => of(who) })
        .over(tcp({ port: 0 }))
        .in(registry(...places))
        .configure({ 'discovery.id': who, 'app.grace': '50 ms', ...values }),
    );
  const caller = (places: readonly string[], values: Readonly<Record<string, unknown>> = {}): Promise<App> =>
    start(
      mesh()
        .over(tcp())
        .in(registry(...places))
        .configure({ 'discovery.balance': 'round-robin', 'app.grace': '50 ms', ...values }),
    );
  /** Resolves when the store is as it is to be. */
  const until = (store: RegistryStore, wanted: (instances: readonly Instance[]) => boolean): Promise<unknown> => {
    const now = (): readonly Instance[] =>
      [...store.entries].filter(({ suspect }) => !suspect).map((each) => each.instance);
    return firstValueFrom(
      store.changes.pipe(
        startWith(undefined),
        filter(() => wanted(now())),
      ),
    );
  };
  const known = (store: RegistryStore, ids: string): Promise<unknown> =>
    until(
      store,
      (instances) =>
        instances
          .map(({ id }) => id)
          .sort()
          .join(' ') === ids,
    );
  /** Calls until these and no others have answered, each call of which must succeed. */
  const answers = async (app: App, ids: string): Promise<void> => {
    const client = app.client(Shop);
    const count = ids.split(' ').length;
    for (let last: string[] = []; ;) {
      last = [...last, await lastValueFrom(client.who(undefined))].slice(-2 * count);
      if ([...new Set(last)].sort().join(' ') === ids && last.length === 2 * count) return;
    }
  };

  it('is registered as it is, and taken out when it stops', async () => {
    const { store, place } = await begin();
    const app = await shop('one', [place], {
      'discovery.zone': 'z1',
      'discovery.region': 'r1',
      'discovery.weight': 3,
      'discovery.renewal': '5 s',
      'discovery.lease': '15 s',
    });
    await known(store, 'one');
    const instance = store.entry('SHOP/one')?.instance;
    expect(instance).to.deep.include({
      app: 'SHOP',
      id: 'one',
      vip: 'shop',
      status: 'UP',
      zone: 'z1',
      region: 'r1',
      addresses: app.addresses,
      services: ['shop'],
      weight: 3,
      lease: { renewal: 5000, duration: 15_000 },
    });
    await app.stop();
    expect(store.entry('SHOP/one')).to.equal(undefined);
  });

  it('is found there by those who call it, and others as they come and go', async () => {
    const { place } = await begin();
    await shop('one', [place]);
    const home = await caller([place]);
    await answers(home, 'one');
    const two = await shop('two', [place]);
    await answers(home, 'one two');
    await two.stop();
    await answers(home, 'one');
  });

  it('gets no calls while an operator says so', async () => {
    const { store, place } = await begin();
    await shop('one', [place]);
    await shop('two', [place]);
    const home = await caller([place]);
    await answers(home, 'one two');
    store.override('SHOP/one', 'OUT_OF_SERVICE');
    await answers(home, 'two');
    store.override('SHOP/one', 'UNKNOWN');
    await answers(home, 'one two');
  });

  it('says in the registry that it is not well, and that it is again', async () => {
    const { store, place } = await begin();
    const app = await shop('one', [place]);
    await known(store, 'one');
    const health = app.get(Health);
    health.report('disk', false, 'full');
    await until(store, ([instance]) => instance?.status === 'DOWN');
    health.report('disk', true);
    await until(store, ([instance]) => instance?.status === 'UP');
  });

  it('goes on with what it knows while no registry is there, and is back in one that is started anew', async () => {
    const first = await begin();
    await shop('one', [first.place]);
    await shop('two', [first.place]);
    const home = await caller([first.place]);
    await answers(home, 'one two');
    await first.app.stop();
    await answers(home, 'one two');
    const { store } = await begin(Number(new URL(first.place).port));
    await answers(home, 'one two');
    await known(store, 'one two');
    await answers(home, 'one two');
  });

  it('goes to the next registry when one is lost', async () => {
    const proxy = await faultProxy({ to: { port: Number(new URL((await begin()).place).port) } });
    const spare = await begin();
    const places = [`tcp://127.0.0.1:${proxy.port}`, spare.place];
    const app = await shop('one', places);
    const [held] = stores;
    const at = await Promise.race([
      known(held ?? spare.store, 'one').then(() => 'first'),
      known(spare.store, 'one').then(() => 'spare'),
    ]);
    await proxy.close();
    if (at === 'first') await known(spare.store, 'one');
    expect(spare.store.entry('SHOP/one')?.instance.addresses).to.deep.equal(app.addresses);
  });

  it('remembers where others were when it starts and no registry answers', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
    const memory = join(folder, 'deep', 'known.json');
    try {
      const { app, place } = await begin();
      await shop('one', [place]);
      const home = await caller([place], { 'discovery.memory': memory });
      await answers(home, 'one');
      await written(memory);
      await home.stop();
      await app.stop();
      await answers(await caller([place], { 'discovery.memory': memory }), 'one');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('starts with a memory that is none, and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
    const memory = join(folder, 'known.json');
    await writeFile(memory, '{"format":1,"instances":[{"app":7}]}');
    const lines = new ReplaySubject<string>();
    try {
      const { place } = await begin();
      await shop('one', [place]);
      const home = await start(
        mesh()
          .over(tcp())
          .in(registry(place))
          .configure({ 'discovery.memory': memory })
          .log({ to: { write: (line: string) => lines.next(line) } }),
      );
      await answers(home, 'one');
      const told = await firstValueFrom(lines.pipe(filter((line) => line.includes('kept in a file'))));
      expect(told).to.include('known.json');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('fails calls to what no registry knows with a word on it', async () => {
    const { place } = await begin();
    const home = await caller([place], { 'discovery.patience': '20 ms' });
    const error = await failure(lastValueFrom(home.client(Shop).who(undefined)));
    expect(error).to.include({ tag: 'Unavailable' });
    expect(error.message).to.equal('nobody serves shop: the registry tells of nobody');
  });

  it('wants a place, and a wire that reaches it', async () => {
    expect(await thrown(() => registry())).to.include({ tag: 'Invalid', code: 'MILLRACE_ADDRESS' });
    expect(await failure(mesh().in(registry('tcp://127.0.0.1:1')).start())).to.include({ code: 'MILLRACE_ADDRESS' });
  });

  /** Resolves when the file is there. */
  async function written(path: string): Promise<void> {
    for (;;) {
      try {
        await readFile(path);
        return;
      } catch {
        await new Promise((done) => setTimeout(done, 20));
      }
    }
  }
});
