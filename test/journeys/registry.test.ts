import { expect } from 'chai';
import { type App, type Instance, mesh, registry } from 'millrace';
import { registryMesh, type RegistryStore, RunningRegistry } from 'millrace/registry';
import { tcp } from 'millrace/rsocket';
import { faultProxy } from 'millrace/testing';
import { filter, firstValueFrom, scan, startWith, Subject } from 'rxjs';
import { applications } from '../app/applications.js';
import { type Child, startChild } from '../child.js';
import { processes, type Program } from './processes.js';
import { Who } from './who.js';

/** Signs of life often enough for a test to see them missing. */
const BRISK = { MILLRACE_DISCOVERY_RENEWAL: '100 ms', MILLRACE_DISCOVERY_LEASE: '500 ms' };

describe('a registry and those who are in it', function () {
  this.timeout(60_000);
  const { start } = processes();
  const startApp = applications();
  const begun: Child[] = [];
  afterEach(async () => {
    for (const child of begun) child.kill('SIGKILL');
    await Promise.all(begun.splice(0).map(({ ended }) => ended));
  });

  /** Each time that one registers, its id. */
  let registered: Subject<string>;
  const own = async (): Promise<readonly [RegistryStore, string]> => {
    registered = new Subject();
    const admit = (each: Instance): Instance => {
      registered.next(each.id);
      return each;
    };
    const app = await startApp(
      registryMesh({ admit })
        .over(tcp({ port: 0 }))
        .configure({ 'app.grace': '50 ms' }),
    );
    return [app.get(RunningRegistry).store, app.addresses[0] ?? ''];
  };
  const caller = (place: string): Promise<App> =>
    startApp(mesh().over(tcp()).in(registry(place)).configure({ 'discovery.balance': 'round-robin' }));
  const join = (count: number, place: string, env: NodeJS.ProcessEnv = {}): Promise<readonly Program[]> =>
    Promise.all(Array.from({ length: count }, () => start('registered', [place], env)));
  const all = (store: RegistryStore): readonly string[] =>
    [...store.entries].map(({ instance: { id }, suspect }) => `${id}${suspect ? '?' : ''}`).sort();
  const when = (store: RegistryStore, wanted: () => boolean): Promise<unknown> =>
    firstValueFrom(
      store.changes.pipe(
        startWith(undefined),
        filter(() => wanted()),
      ),
    );

  it('lose one to SIGKILL, and no call of others', async () => {
    const [store, place] = await own();
    const programs = await join(3, place);
    const [victim] = programs;
    await when(store, () => store.size === 3);
    const client = (await caller(place)).client(Who);
    const answered = new Set<number>();
    while (answered.size < 3) answered.add(await firstValueFrom(client.answers(undefined)));
    const failures: unknown[] = [];
    let calling = true;
    let calls = 0;
    const load = Array.from({ length: 8 }, async () => {
      while (calling) {
        await firstValueFrom(client.answers(undefined)).catch((error: unknown) => failures.push(error));
        calls += 1;
      }
    });
    const gone = when(store, () => all(store).some((each) => each.endsWith('?')));
    victim?.kill('SIGKILL');
    await gone;
    const seen = calls;
    while (calls < seen + 500) await firstValueFrom(client.answers(undefined));
    calling = false;
    await Promise.all(load);
    expect(failures).to.deep.equal([]);
    const after = await Promise.all(Array.from({ length: 20 }, () => firstValueFrom(client.answers(undefined))));
    expect(after).to.not.include(victim?.pid);
  });

  it('are all there when the registry wakes up that was stopped for several of their leases', async () => {
    const child = startChild('services/registry/main.js', ['--http', '0', '--rsocket', '0']);
    begun.push(child);
    const [, http = '', rsocket = ''] = await child.line(/^registry ready http=(\S+) rsocket=(\S+)$/);
    const place = `tcp://${rsocket}`;
    await join(4, place, BRISK);
    const known = async (): Promise<readonly string[]> => {
      const answer = await fetch(`http://${http}/eureka/apps`, { headers: { accept: 'application/json' } });
      const { applications: found } = (await answer.json()) as {
        readonly applications: {
          readonly application: readonly { readonly instance: readonly { instanceId: string; status: string }[] }[];
        };
      };
      return found.application.flatMap(({ instance }) => instance.map((each) => `${each.instanceId} ${each.status}`));
    };
    while ((await known()).length < 4) await new Promise((done) => setTimeout(done, 20));
    const before = (await known()).toSorted();
    const client = (await caller(place)).client(Who);
    await firstValueFrom(client.answers(undefined));
    const lost: string[] = [];
    child.kill('SIGSTOP');
    const calls: Promise<number>[] = [];
    const until = performance.now() + 4 * 500;
    while (performance.now() < until) {
      calls.push(firstValueFrom(client.answers(undefined)));
      await calls.at(-1);
    }
    child.kill('SIGCONT');
    for (let looks = 0; looks < 200; looks++) {
      const now = (await known()).toSorted();
      if (now.join() !== before.join()) lost.push(now.join());
    }
    expect(lost).to.deep.equal([]);
    expect(await Promise.all(calls)).to.have.length(calls.length);
  });

  it('stay in rotation when all their connections are cut at once, and are registered again', async () => {
    const [store, place] = await own();
    const proxy = await faultProxy({ to: { port: Number(new URL(place).port) } });
    try {
      const through = `tcp://127.0.0.1:${proxy.port}`;
      const plan = (at: number) =>
        mesh()
          .serve(Who, { answers: () => [at] })
          .over(tcp({ port: 0 }))
          .in(registry(through))
          .configure({ 'discovery.id': `i${at}`, 'app.grace': '50 ms' });
      for (let at = 0; at < 20; at++) await startApp(plan(at));
      await when(store, () => store.size === 20);
      const changes: string[] = [];
      const watching = store.changes.subscribe(({ key, action }) => changes.push(`${key} ${action}`));
      const back = firstValueFrom(
        registered.pipe(
          scan((seen, id) => seen.add(id), new Set<string>()),
          filter(({ size }) => size === 20),
        ),
      );
      await proxy.down();
      await proxy.up();
      await back;
      watching.unsubscribe();
      expect(all(store)).to.deep.equal(Array.from({ length: 20 }, (_, at) => `i${at}`).sort());
      expect(changes.filter((change) => change.endsWith('DELETED'))).to.deep.equal([]);
    } finally {
      await proxy.close();
    }
  });
});
