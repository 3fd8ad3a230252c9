import { expect } from 'chai';
import { type App, askedOf, consistentHash, type Discovery, instanceOf, mesh, MeshError, split } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { BehaviorSubject, firstValueFrom, map, NEVER, type Observable, of, throwError, timer } from 'rxjs';
import { applications, failure } from './applications.js';
import { Ratings } from './contracts.js';
import { type Peer, peer } from './peers.js';

describe('the instances of a service', () => {
  const start = applications();
  const ask = (app: App, id = 'tt1', baggage: Record<string, string> = {}): Promise<number> =>
    firstValueFrom(app.client(Ratings).with({ baggage }).of(id));
  const sum = (peers: readonly Peer[]): number[] => peers.map(({ asked }) => asked.length);
  const forget = (peers: readonly Peer[]): void => {
    for (const { asked } of peers) asked.length = 0;
  };

  /** A discovery that says of each peer what a registry would. */
  const told = (peers: readonly Peer[], about: object[] = []): Discovery => {
    const instances = peers.map(({ address }, at) =>
      instanceOf({ app: 'RATINGS', id: `r-${at}`, addresses: [address], services: ['ratings'], ...about[at] }),
    );
    return { name: 'told', wires: [], instances: () => of(instances) };
  };
  const group = (answers: readonly ((id: string) => Observable<number>)[]): Promise<Peer[]> =>
    Promise.all(answers.map((answer) => peer(start, answer)));
  const well = (): Observable<number> => of(1);
  const all = async (app: App, peers: readonly Peer[]): Promise<void> => {
    while (sum(peers).includes(0)) await ask(app).catch(() => undefined);
    forget(peers);
  };

  it('are not dialled before a service of theirs is wanted', async () => {
    const [one] = await group([well]);
    const caller = await start(
      mesh()
        .over(tcp())
        .in(told([one as Peer])),
    );
    expect(one?.app.describe().addresses).to.have.length(1);
    const before = await ask(caller);
    expect(before).to.equal(1);
  });

  it('that fail five times in a row get no more calls but a trial, and come back by one that succeeds', async () => {
    let broken = true;
    const sick = (): Observable<number> => (broken ? throwError(() => new Error('a bug')) : of(2));
    const peers = await group([well, sick, well]);
    const caller = await start(
      mesh()
        .over(tcp())
        .in(told(peers))
        .configure({ 'discovery.balance': 'round-robin', 'discovery.eject-time': '1 ms' }),
    );
    let failed = 0;
    for (let count = 0; count < 60; count++) await ask(caller).catch(() => (failed += 1));
    expect(failed).to.equal(5);
    // A trial is one call in a hundred at most.
    for (let count = 0; count < 200; count++) await ask(caller).catch(() => (failed += 1));
    expect(failed).to.be.within(6, 7);
    broken = false;
    forget(peers);
    while ((await ask(caller)) !== 2);
    forget(peers);
    for (let count = 0; count < 30; count++) await ask(caller);
    expect(sum(peers)).to.deep.equal([10, 10, 10]);
  });

  it('are not all ejected where all fail', async () => {
    const sick = (): Observable<number> => throwError(() => new Error('a bug'));
    const peers = await group([sick, sick, sick]);
    const caller = await start(mesh().over(tcp()).in(told(peers)).configure({ 'discovery.balance': 'round-robin' }));
    for (let count = 0; count < 60; count++) await failure(ask(caller));
    expect(sum(peers).filter((count) => count > 5)).to.have.length(2);
  });

  it('that are slow get hardly any calls', async () => {
    const slow = (): Observable<number> => timer(30).pipe(map(() => 2));
    const peers = await group([well, slow, well, well]);
    const caller = await start(mesh().over(tcp()).in(told(peers)));
    await all(caller, peers);
    for (let count = 0; count < 100; count++) await ask(caller);
    expect(peers[1]?.asked.length).to.be.lessThan(5);
  });

  it('that a registry has not heard of are not called, but where hardly any are left', async () => {
    const peers = await group([well, well, well]);
    const about = new BehaviorSubject(['UP', 'UNKNOWN', 'UP']);
    const discovery: Discovery = {
      name: 'told',
      wires: [],
      instances: () =>
        about.pipe(
          map((statuses) =>
            peers.map(({ address }, at) =>
              instanceOf({
                app: 'RATINGS',
                id: `r-${at}`,
                addresses: [address],
                services: ['ratings'],
                status: statuses[at] as 'UP' | 'UNKNOWN',
              }),
            ),
          ),
        ),
    };
    const caller = await start(mesh().over(tcp()).in(discovery).configure({ 'discovery.balance': 'round-robin' }));
    while ((peers[0]?.asked.length ?? 0) === 0 || (peers[2]?.asked.length ?? 0) === 0) await ask(caller);
    for (let count = 0; count < 20; count++) await ask(caller);
    expect(peers[1]?.asked.length).to.equal(0);
    about.next(['UP', 'UNKNOWN', 'UNKNOWN']);
    forget(peers);
    for (let count = 0; count < 30; count++) await ask(caller);
    expect(sum(peers)).to.deep.equal([10, 10, 10]);
  });

  it('are chosen by what a call asks, where the program says so', async () => {
    const peers = await group([well, well, well]);
    const caller = await start(
      mesh()
        .over(tcp())
        .in(told(peers))
        .balance(Ratings, consistentHash({ key: (call) => String(askedOf(call)) })),
    );
    while (sum(peers).includes(0)) for (let at = 0; at < 50; at++) await ask(caller, `tt${at}`);
    forget(peers);
    for (let at = 0; at < 90; at++) await ask(caller, `tt${at % 9}`);
    for (const { asked } of peers)
      for (const id of asked) expect(asked.filter((each) => each === id)).to.have.length(10);
  });

  it('are those that the baggage of a call wants, and no others', async () => {
    const peers = await group([well, well]);
    const caller = await start(
      mesh()
        .over(tcp())
        .in(told(peers, [{ metadata: { version: '1' } }, { metadata: { version: '2' } }]))
        .configure({ 'discovery.patience': '50 ms' }),
    );
    await all(caller, peers);
    for (let count = 0; count < 10; count++) await ask(caller, 'tt1', { route: 'ratings: version=2' });
    expect(sum(peers)).to.deep.equal([0, 10]);
    const nobody = await failure(ask(caller, 'tt1', { route: 'ratings: version=3' }));
    expect(nobody).to.include({ tag: 'Unavailable', code: 'MILLRACE_ROUTE' });
    expect(nobody.message).to.equal('no instance of ratings is as the call\'s route wants it: {"version":"3"}');
    const wrong = await failure(ask(caller, 'tt1', { route: 'ratings' }));
    expect(wrong).to.include({ tag: 'Invalid', code: 'MILLRACE_ROUTE' });
  });

  it('get shares that change while calls are made', async () => {
    const peers = await group([well, well]);
    let shares = [
      { where: { version: '1' }, weight: 1 },
      { where: { version: '2' }, weight: 1 },
    ];
    const caller = await start(
      mesh()
        .over(tcp())
        .in(told(peers, [{ metadata: { version: '1' } }, { metadata: { version: '2' } }]))
        .balance(
          Ratings,
          split({ name: 'first', over: (some) => () => some[0] }, () => shares),
        ),
    );
    await all(caller, peers);
    shares = [{ where: { version: '2' }, weight: 1 }];
    for (let count = 0; count < 10; count++) await ask(caller);
    expect(sum(peers)).to.deep.equal([0, 10]);
  });

  it('that hang are left by whoever leaves, and their trials are made again', async () => {
    let how: () => Observable<number> = () => throwError(() => new MeshError('Slow', 'too slow'));
    const peers = await group([well, () => how()]);
    const caller = await start(
      mesh()
        .over(tcp())
        .in(told(peers))
        .configure({ 'discovery.balance': 'round-robin', 'discovery.eject-time': '1 ms' }),
    );
    for (let count = 0; count < 20; count++) await ask(caller).catch(() => undefined);
    how = () => NEVER;
    forget(peers);
    const impatient = caller.client(Ratings).with({ deadline: '20 ms' });
    while ((peers[1]?.asked.length ?? 0) === 0) await firstValueFrom(impatient.of('tt1')).catch(() => undefined);
    how = () => of(2);
    while ((await ask(caller)) !== 2);
  });
});
