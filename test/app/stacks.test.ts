import { expect } from 'chai';
import {
  addresses,
  type App,
  contract,
  mesh,
  meshError,
  type Mesh,
  notify,
  response,
  stream,
  unchecked,
} from 'millrace';
import { connect, tcp } from 'millrace/rsocket';
import { faultProxy } from 'millrace/testing';
import {
  concat,
  filter,
  firstValueFrom,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  take,
  throwError,
} from 'rxjs';
import { applications, failure } from './applications.js';

const Films = contract('films', {
  title: response(unchecked<string>(), unchecked<string>(), { idempotent: true }),
  rent: response(unchecked<string>(), unchecked<string>()),
  all: stream(unchecked<string>(), unchecked<string>()),
  seen: notify(unchecked<string>()),
});

describe('the stacks of an application', () => {
  const start = applications();
  let calls: string[];
  beforeEach(() => (calls = []));

  const films = (answer: (id: string) => Observable<string>, values: Readonly<Record<string, unknown>> = {}): Mesh => {
    const answered = (name: string) => (id: string) => {
      calls.push(`${name} ${id}`);
      return answer(id);
    };
    return mesh()
      .serve(Films, { title: answered('title'), rent: answered('rent'), all: answered('all'), seen: () => undefined })
      .over(tcp({ port: 0 }))
      .configure({ 'app.grace': '50 ms', ...values });
  };
  const caller = (places: readonly string[], values: Readonly<Record<string, unknown>> = {}): Promise<App> =>
    start(
      mesh()
        .over(tcp())
        .in(addresses(...places))
        .configure({ 'app.grace': '50 ms', 'discovery.balance': 'round-robin', ...values }),
    );
  const placeOf = (app: App): string => app.addresses[0] ?? '';

  it('say in order what stands where', async () => {
    expect((await start(films(of))).describe().stacks).to.deep.equal({
      all: ['trace', 'meter', 'limit', 'deadline', 'codec'],
      calls: ['trace', 'meter', 'retry', 'deadline', 'codec', 'balance'],
      'calls of an instance': ['breaker'],
    });
    const bare = films(of, {
      'limit.algorithm': 'none',
      'retry.attempts': 1,
      'metrics.calls': false,
    });
    const watched = films(of, { 'health.port': 0 });
    expect((await start(watched)).describe().stacks['calls']).to.include('command');
    expect((await start(bare)).describe().stacks).to.deep.include({
      all: ['trace', 'deadline', 'codec'],
      calls: ['trace', 'deadline', 'codec', 'balance'],
    });
  });

  it('break off from a method of an instance that fails too often, and from no other', async () => {
    const bad = await start(films(() => throwError(() => meshError('Overrun', 'no')), { 'limit.algorithm': 'none' }));
    const app = await caller([placeOf(bad)], { 'discovery.eject-after': 1000 });
    const client = app.client(Films);
    for (let at = 0; at < 20; at++) await failure(firstValueFrom(client.title('a')));
    expect(await failure(firstValueFrom(client.title('a')))).to.include({ tag: 'Rejected', code: 'MILLRACE_BREAKER' });
    expect(await failure(firstValueFrom(client.rent('a')))).to.include({ tag: 'Overrun' });
    expect(calls.filter((call) => call === 'title a')).to.have.length(20);
    app.config.set('breaker.mode', 'forced-closed');
    expect(await failure(firstValueFrom(client.title('a')))).to.include({ tag: 'Overrun' });
  });

  it('pass over all the instances whose breakers are open', async () => {
    let broken = true;
    const sick = (): Observable<string> => (broken ? throwError(() => meshError('Overrun', 'no')) : of('well again'));
    const apps = [await start(films(sick)), await start(films(sick)), await start(films(sick)), await start(films(of))];
    const values = { 'discovery.eject-after': 1000, 'breaker.minimum-calls': 4 };
    const client = (await caller(apps.map(placeOf), values)).client(Films);
    for (let at = 0; at < 16; at++) await firstValueFrom(client.title('a')).catch(() => undefined);
    broken = false;
    for (let at = 0; at < 20; at++) expect(await firstValueFrom(client.title('b'))).to.equal('b');
  });

  it('say in the log that a breaker opened', async () => {
    const lines = new ReplaySubject<string>();
    const bad = await start(films(() => throwError(() => meshError('Overrun', 'no'))));
    const plan = mesh()
      .over(tcp())
      .in(addresses(placeOf(bad)))
      .configure({ 'breaker.minimum-calls': 3, 'discovery.eject-after': 1000 });
    const app = await start(plan.log({ to: { write: (line: string) => lines.next(line) } }));
    for (let at = 0; at < 3; at++) await failure(firstValueFrom(app.client(Films).rent('a')));
    const line = await firstValueFrom(lines.pipe(filter((each) => each.includes('breaker is open'))));
    expect(JSON.parse(line)).to.include({ method: 'films.rent', breaker: 'open' });
  });

  it('try what can be repeated at another instance when one dies, and nothing else', async () => {
    const asked = new Subject<string>();
    const hangs = await start(
      films((id) => {
        asked.next(id);
        return NEVER;
      }),
    );
    const proxy = await faultProxy({ to: { port: Number(new URL(placeOf(hangs)).port) } });
    const well = await start(films((id) => of(`${id} of another`)));
    const places = [`tcp://127.0.0.1:${proxy.port}`, placeOf(well)];
    const client = (await caller(places, { 'discovery.reconnect': '1 min' })).client(Films);
    const answers: Record<string, Promise<string>[]> = { title: [], rent: [] };
    for (const method of ['title', 'rent'] as const) {
      let hung = false;
      asked.pipe(take(1)).subscribe(() => (hung = true));
      // One of two goes to the one that hangs, once it is known.
      while (!hung) {
        const answer = firstValueFrom(client[method]('a')).catch((error: { tag: string }) => error.tag);
        answers[method]?.push(answer);
        await Promise.race([answer, firstValueFrom(asked)]);
      }
    }
    await proxy.close();
    expect(new Set(await Promise.all(answers['title'] ?? []))).to.deep.equal(new Set(['a of another']));
    const rented = await Promise.all(answers['rent'] ?? []);
    expect(rented.filter((answer) => answer !== 'a of another')).to.deep.equal(['Broken']);
  });

  it('refuse what is more than the limit, bulk first, and count a stream until it has begun', async () => {
    const hold = new Subject<string>();
    const values = { 'limit.algorithm': 'aimd', 'limit.initial': 10, 'limit.min': 10, 'limit.max': 10 };
    const app = await start(films(() => concat(of('first'), hold), { ...values }));
    const stuck = await start(films(() => hold, { ...values }));
    const streams = (await caller([placeOf(app)])).client(Films);
    for (let at = 0; at < 30; at++) expect(await firstValueFrom(concat(streams.all('a'), NEVER))).to.equal('first');
    const client = (await caller([placeOf(stuck)])).client(Films);
    const bulk = client.with({ priority: 'bulk' });
    const open = Array.from({ length: 6 }, () => bulk.rent('a').subscribe({ error: () => undefined }));
    expect(await failure(firstValueFrom(bulk.rent('b')))).to.include({ tag: 'Rejected', code: 'MILLRACE_LIMIT' });
    open.push(client.rent('c').subscribe({ error: () => undefined }));
    hold.complete();
    for (const each of open) each.unsubscribe();
    expect(calls.filter((call) => call.startsWith('rent'))).to.not.include('rent b');
  });

  it('grant leases to those who ask for them, where the application says so', async () => {
    const granting = await start(films(of, { 'limit.leases': true }));
    const connection = await connect(tcp(hostOf(granting)), { lease: true });
    await firstValueFrom(connection.availability.pipe(filter((level) => level > 0)));
    await firstValueFrom(connection.close(), { defaultValue: undefined });
    const not = await start(films(of));
    const refused = await connect(tcp(hostOf(not)), { lease: true });
    const closed = failure(firstValueFrom(refused.closed, { defaultValue: undefined }));
    expect((await closed).message).to.include('lease is not supported');
  });

  function hostOf(app: App): { readonly host: string; readonly port: number } {
    const { hostname: host, port } = new URL(placeOf(app));
    return { host, port: Number(port) };
  }
});
