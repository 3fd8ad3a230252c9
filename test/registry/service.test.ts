import { expect } from 'chai';
import {
  addresses,
  type App,
  type Changes,
  hashOf,
  type Instance,
  mesh,
  MeshError,
  Registry,
  type Registration,
  type Sighting,
  systemClock,
} from 'millrace';
import { tcp } from 'millrace/rsocket';
import { faultProxy } from 'millrace/testing';
import {
  catchError,
  concat,
  EMPTY,
  filter,
  firstValueFrom,
  NEVER,
  of,
  ReplaySubject,
  Subject,
  type Subscription,
  take,
  toArray,
} from 'rxjs';
import { RegistryService } from '../../services/registry/registry-service.js';
import { RegistryStore } from '../../services/registry/store.js';
import { applications, failure } from '../app/applications.js';
import { instance } from './instances.js';

describe('a registry over RSocket', () => {
  const start = applications();
  let store: RegistryStore;
  let service: RegistryService;
  let registry: App;
  const open: Subscription[] = [];
  beforeEach(async () => {
    store = new RegistryStore({ clock: systemClock, settings: ({ initial }) => initial });
    service = new RegistryService(store, systemClock, ({ initial }) => initial);
    registry = await start(
      mesh()
        .serve(Registry, service)
        .over(tcp({ port: 0 }))
        .configure({ 'app.grace': '50 ms' }),
    );
  });
  afterEach(() => {
    for (const each of open.splice(0)) each.unsubscribe();
    store.close();
  });

  const caller = (address = registry.addresses[0] ?? ''): Promise<App> =>
    start(mesh().over(tcp()).in(addresses(address)));
  const keep = (app: App, ...instances: readonly Instance[]): Subscription[] => {
    const all = instances.map((each) =>
      app
        .client(Registry)
        .register(concat(of<Registration>({ instance: each }), NEVER))
        .subscribe({ error: () => undefined }),
    );
    open.push(...all);
    return all;
  };

  /** What a watcher knows: it applies what it is told as a client does. */
  class Watcher {
    readonly known = new Map<string, Sighting>();
    readonly told: Changes[] = [];
    private readonly moved = new Subject<void>();
    private paging = false;

    constructor(app: App, interest: object = {}) {
      open.push(
        app
          .client(Registry)
          .watch(interest)
          .pipe(catchError(() => EMPTY))
          .subscribe((changes) => {
            if (changes.from === 0 && !this.paging) this.known.clear();
            this.paging = changes.more === true;
            for (const each of changes.put) this.known.set(`${each.instance.app}/${each.instance.id}`, each);
            for (const key of changes.gone) this.known.delete(key);
            this.told.push(changes);
            if (!this.paging) expect(hashOf(this.known.values())).to.equal(changes.hash);
            this.moved.next();
          }),
      );
    }

    get ids(): string {
      return [...this.known.values()]
        .map(({ instance: { id }, suspect }) => `${id}${suspect ? '?' : ''}`)
        .sort()
        .join(' ');
    }

    async until(ids: string): Promise<void> {
      while (this.ids !== ids || this.told.length === 0) await firstValueFrom(this.moved);
    }
  }

  it('tells watchers of who comes, and who leaves in order', async () => {
    const [app, other] = [await caller(), await caller()];
    const watcher = new Watcher(other);
    const messages = new ReplaySubject<Registration>();
    messages.next({ instance: instance('a', { services: ['shop'] }) });
    const terms = app.client(Registry).register(messages);
    const first = firstValueFrom(terms.pipe(toArray()));
    await watcher.until('a');
    expect(watcher.known.get('SHOP/a')?.instance.services).to.deep.equal(['shop']);
    messages.complete();
    await watcher.until('');
    expect(await first).to.deep.equal([{ renewal: 10_000, duration: 30_000, override: 'UNKNOWN' }]);
  });

  it('makes suspect whose connection breaks, and believes in who is back', async () => {
    const proxy = await faultProxy({ to: { port: Number(new URL(registry.addresses[0] ?? '').port) } });
    const [app, other] = [await caller(`tcp://127.0.0.1:${proxy.port}`), await caller()];
    const watcher = new Watcher(other);
    keep(app, instance('a'));
    keep(other, ...Array.from({ length: 9 }, (_, at) => instance(`b${at}`)));
    const others = Array.from({ length: 9 }, (_, at) => `b${at}`).join(' ');
    await watcher.until(`a ${others}`);
    await proxy.close();
    await watcher.until(`a? ${others}`);
    keep(other, instance('a'));
    await watcher.until(`a ${others}`);
  });

  it('tells an instance what an operator says of it', async () => {
    const app = await caller();
    const terms = app.client(Registry).register(concat(of({ instance: instance('a') }), NEVER));
    const said = firstValueFrom(terms.pipe(filter(({ override }) => override !== 'UNKNOWN')));
    const watcher = new Watcher(app);
    await watcher.until('a');
    store.override('SHOP/a', 'OUT_OF_SERVICE');
    expect((await said).override).to.equal('OUT_OF_SERVICE');
  });

  it('tells of those that somebody is interested in, and of who is not any more', async () => {
    const app = await caller();
    const watcher = new Watcher(app, { services: ['shop'] });
    store.register(instance('a', { services: ['shop'] }));
    store.register(instance('b', { services: ['pay'] }));
    await watcher.until('a');
    store.register(instance('b', { services: ['pay', 'shop'], dirty: 2 }));
    await watcher.until('a b');
    store.register(instance('a', { services: [], dirty: 2 }));
    await watcher.until('b');
  });

  it('merges what changes within a tick, and while a reader has no time', async () => {
    const app = await caller();
    const watcher = new Watcher(app);
    await watcher.until('');
    for (let at = 0; at < 500; at++) store.register(instance(`i${at}`));
    await watcher.until(
      Array.from({ length: 500 }, (_, at) => `i${at}`)
        .sort()
        .join(' '),
    );
    expect(watcher.told.length).to.be.lessThan(10);
  });

  it('goes on from what a watcher knows, and tells everything to one that knows another run', async () => {
    store.register(instance('a'));
    const { epoch, version } = store;
    store.register(instance('b'));
    const client = (await caller()).client(Registry);
    const on = await firstValueFrom(client.watch({ since: { epoch, version } }));
    expect([on.from, on.put.map((each) => each.instance.id)]).to.deep.equal([version, ['b']]);
    expect(on.hash).to.equal(store.hashText);
    const anew = await firstValueFrom(client.watch({ since: { epoch: 'other', version } }));
    expect([anew.from, anew.put.length]).to.deep.equal([0, 2]);
    const late = await firstValueFrom(client.watch({ since: { epoch, version: version + 99 } }));
    expect(late.from).to.equal(0);
  });

  it('tells of thousands of instances in parts', async () => {
    for (let at = 0; at < 5000; at++) store.register(instance(`i${at}`));
    const watcher = new Watcher(await caller());
    const all = Array.from({ length: 5000 }, (_, at) => `i${at}`).sort();
    await watcher.until(all.join(' '));
    expect(watcher.told.map(({ more }) => more === true)).to.deep.equal([...Array<boolean>(9).fill(true), false]);
    expect(watcher.told.map(({ from }) => from)).to.deep.equal(Array(10).fill(0));
    for (let at = 0; at < 4000; at++) store.cancel(`SHOP/i${at}`);
    await watcher.until(
      Array.from({ length: 1000 }, (_, at) => `i${4000 + at}`)
        .sort()
        .join(' '),
    );
    expect(watcher.told.every(({ put, gone }) => put.length <= 500 && gone.length <= 500)).to.equal(true);
  });

  it('tells who goes on from a version also of what is of no interest any more', async () => {
    store.register(instance('a', { services: ['shop'] }));
    store.register(instance('b', { services: ['shop'] }));
    const { epoch, version } = store;
    store.register(instance('a', { services: ['pay'], dirty: 2 }));
    const client = (await caller()).client(Registry);
    const changes = await firstValueFrom(client.watch({ services: ['shop'], since: { epoch, version } }));
    expect([changes.from, changes.put, changes.gone]).to.deep.equal([version, [], ['SHOP/a']]);
  });

  it('forgets watchers that have left, with nothing changing', async () => {
    const app = await caller();
    const watcher = new Watcher(app, { services: ['shop'] });
    await watcher.until('');
    expect(service.watched).to.equal(1);
    for (const each of open.splice(0)) each.unsubscribe();
    await new Watcher(app, { services: ['pay'] }).until('');
    expect(service.watched).to.equal(1);
  });

  it('lets the later of two channels hold an instance, and tells the other', async () => {
    const app = await caller();
    const watcher = new Watcher(app);
    const [first, second] = [new ReplaySubject<Registration>(), new ReplaySubject<Registration>()];
    first.next({ instance: instance('a') });
    second.next({ instance: instance('a') });
    const displaced = failure(firstValueFrom(app.client(Registry).register(first).pipe(toArray())));
    await watcher.until('a');
    open.push(app.client(Registry).register(second).subscribe());
    expect(await displaced).to.include({ tag: 'Rejected', code: 'MILLRACE_REGISTRATION_TAKEN' });
    second.complete();
    await watcher.until('');
  });

  it('lets no refused registration touch the one that holds', async () => {
    store.close();
    store = new RegistryStore({
      clock: systemClock,
      settings: ({ initial }) => initial,
      admit: (each) => {
        if (each.zone === 'moon') throw new MeshError('Denied', 'nobody is on the moon');
        return each;
      },
    });
    service = new RegistryService(store, systemClock, ({ initial }) => initial);
    const app = await start(mesh().serve(Registry, service));
    const watcher = new Watcher(app);
    keep(app, instance('a'));
    await watcher.until('a');
    const refused = app.client(Registry).register(of({ instance: instance('a', { zone: 'moon', dirty: 2 }) }));
    expect(await failure(firstValueFrom(refused))).to.include({ tag: 'Denied', message: 'nobody is on the moon' });
    const [b] = keep(app, instance('b'));
    await watcher.until('a b');
    b?.unsubscribe();
    await watcher.until('a b?');
  });

  it('says that it is not ready to who watches, and takes registrations, until it has caught up with others', async () => {
    store.hold('it has to catch up with the others first');
    const app = await caller();
    keep(app, instance('a'));
    const refused = failure(firstValueFrom(app.client(Registry).watch({})));
    expect(await refused).to.include({ tag: 'Unavailable', code: 'MILLRACE_REGISTRY_NOT_READY' });
    store.open();
    await new Watcher(app).until('a');
  });

  it('tells whom the hook before registrations refuses why', async () => {
    store.close();
    const admit = (): never => {
      throw new Error('only those of the shop');
    };
    store = new RegistryStore({ clock: systemClock, settings: ({ initial }) => initial, admit });
    service = new RegistryService(store, systemClock, ({ initial }) => initial);
    const app = await start(mesh().serve(Registry, service));
    const refused = app.client(Registry).register(of({ instance: instance('a') }));
    expect(await failure(firstValueFrom(refused))).to.include({
      tag: 'Denied',
      code: 'MILLRACE_REGISTRY_DENIED',
      message: 'SHOP/a may not register: only those of the shop',
    });
  });

  it('refuses a registration without an instance, of two, and of nonsense', async () => {
    const client = (await caller()).client(Registry);
    const refused = (...messages: readonly object[]) =>
      failure(firstValueFrom(client.register(concat(of(...messages), NEVER)).pipe(take(9), toArray())));
    expect(await refused({})).to.include({ tag: 'Invalid', code: 'MILLRACE_REGISTRATION' });
    expect(await refused({ instance: instance('a') }, { instance: instance('b') })).to.include({
      tag: 'Invalid',
      code: 'MILLRACE_REGISTRATION',
    });
    expect(await refused({ instance: { id: 'x' } })).to.include({ tag: 'Invalid', code: 'MILLRACE_SCHEMA' });
  });
});
