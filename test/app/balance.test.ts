import { expect } from 'chai';
import { type App, type ErrorTag, Health, iterate, MeshError } from 'millrace';
import {
  concat,
  firstValueFrom,
  forkJoin,
  lastValueFrom,
  type Observable,
  of,
  Subject,
  throwError,
  toArray,
} from 'rxjs';
import { applications, failure } from './applications.js';
import { Ratings } from './contracts.js';
import { callerOf as callerOfAny, emptyPlace, type Peer, peer } from './peers.js';

describe('of several peers', () => {
  const start = applications();
  /** Without chance, so that a test can say who is next. */
  const callerOf = (...[begin, places, values]: Parameters<typeof callerOfAny>): Promise<App> =>
    callerOfAny(begin, places, { 'discovery.balance': 'least-pending', ...values });
  const ask = (app: App, id: string): Promise<number> => firstValueFrom(app.client(Ratings).of(id));
  const refuse = (tag: ErrorTag) => () => throwError(() => new MeshError(tag, 'not now'));

  /** Asks until each has been, so that the caller knows them all. */
  const acquainted = async (app: App, peers: readonly Peer[]): Promise<void> => {
    while (peers.some(({ asked }) => asked.length === 0)) await ask(app, 'hello').catch(() => undefined);
    for (const { asked } of peers) asked.length = 0;
  };
  const asks = (peers: readonly Peer[]): number[] => peers.map(({ asked }) => asked.length);
  const group = async (count: number, answer?: (id: string) => Observable<number>): Promise<Peer[]> => {
    const peers: Peer[] = [];
    for (let at = 0; at < count; at++) peers.push(await peer(start, answer));
    return peers;
  };
  const places = (peers: readonly Peer[]): string[] => peers.map(({ address }) => address);

  it('each is asked in turn while none is busy', async () => {
    const peers = await group(3);
    const caller = await callerOf(start, places(peers));
    await acquainted(caller, peers);
    for (let count = 0; count < 9; count++) await ask(caller, 'tt1');
    expect(asks(peers)).to.deep.equal([3, 3, 3]);
  });

  it('the one with the fewest open calls is asked', async () => {
    const slow = new Subject<number>();
    const peers = await group(2, (id) => (id === 'slow' ? slow : of(1)));
    const caller = await callerOf(start, places(peers));
    await acquainted(caller, peers);
    const open = Array.from({ length: 5 }, () => ask(caller, 'slow'));
    const busy = (): Peer[] => peers.filter(({ app }) => (app.open[0]?.[1] ?? 0) > 0);
    await ask(caller, 'tt1');
    expect(busy()).to.have.length(2);
    const counts = peers.map(({ app }) => app.open[0]?.[1] ?? 0).sort();
    expect(counts).to.deep.equal([2, 3]);
    const [free] = peers.filter(({ app }) => app.open[0]?.[1] === 2);
    for (const { asked } of peers) asked.length = 0;
    for (let count = 0; count < 4; count++) await ask(caller, 'tt1');
    expect(free?.asked).to.have.length(4);
    slow.next(1);
    await Promise.all(open);
  });

  it('the open calls of those who left count no more', async () => {
    const slow = new Subject<number>();
    const peers = await group(2, (id) => (id === 'slow' ? slow : of(1)));
    const caller = await callerOf(start, places(peers));
    await acquainted(caller, peers);
    const leaving = Array.from({ length: 6 }, () => caller.client(Ratings).of('slow').subscribe());
    for (const each of leaving) each.unsubscribe();
    for (const { asked } of peers) asked.length = 0;
    for (let count = 0; count < 4; count++) await ask(caller, 'tt1');
    expect(peers.map(({ asked }) => asked.filter((id) => id === 'tt1').length)).to.deep.equal([2, 2]);
  });

  for (const tag of ['Rejected', 'Unavailable'] as const) {
    it(`another is asked once, when one says ${tag} before it has begun`, async () => {
      const [no, yes] = [await peer(start, refuse(tag)), await peer(start)];
      const caller = await callerOf(start, [no.address, yes.address]);
      await acquainted(caller, [no, yes]);
      for (let count = 0; count < 6; count++) expect(await ask(caller, 'tt1')).to.equal(1);
      expect(yes.asked).to.have.length(6);
      expect(no.asked.length).to.be.within(1, 6);
    });

    it(`nobody else is asked when a second says ${tag} too`, async () => {
      const peers = [await peer(start, refuse(tag)), await peer(start, refuse(tag)), await peer(start, refuse(tag))];
      const caller = await callerOf(start, places(peers));
      await acquainted(caller, peers);
      const error = await failure(ask(caller, 'tt1'));
      expect(error).to.include({ tag, message: 'not now' });
      expect(asks(peers).toSorted()).to.deep.equal([0, 1, 1]);
    });
  }

  it('the only one has the last word', async () => {
    const no = await peer(start, refuse('Rejected'));
    const caller = await callerOf(start, [no.address]);
    await acquainted(caller, [no]);
    expect(await failure(ask(caller, 'tt1'))).to.include({ tag: 'Rejected', message: 'not now' });
    expect(no.asked).to.have.length(1);
  });

  const final: readonly ErrorTag[] = ['Quota', 'Broken', 'Slow', 'Late', 'Canceled', 'Invalid', 'Unknown', 'Denied'];
  for (const tag of [...final, 'Unauthenticated', 'Overrun', 'Failed', 'Defect'] as const) {
    it(`nobody else is asked when one says ${tag}`, async () => {
      const peers = [await peer(start, refuse(tag)), await peer(start, refuse(tag))];
      const caller = await callerOf(start, places(peers));
      await acquainted(caller, peers);
      expect((await failure(ask(caller, 'tt1'))).tag).to.equal(tag);
      expect(asks(peers).toSorted()).to.deep.equal([0, 1]);
    });
  }

  it('nobody else is asked when one rejects and says that it is not to be tried elsewhere', async () => {
    const answer = () => throwError(() => new MeshError('Rejected', 'for good', { retry: 'never' }));
    const peers = [await peer(start, answer), await peer(start, answer)];
    const caller = await callerOf(start, places(peers));
    await acquainted(caller, peers);
    expect(await failure(ask(caller, 'tt1'))).to.include({ tag: 'Rejected', retry: 'never' });
    expect(asks(peers).toSorted()).to.deep.equal([0, 1]);
  });

  it('nobody else is asked when one rejects after its first item', async () => {
    let asked = 0;
    const all = () => {
      asked += 1;
      return concat(
        of(7),
        throwError(() => new MeshError('Rejected', 'no more')),
      );
    };
    const peers = [await peer(start, undefined, 0, { all }), await peer(start, undefined, 0, { all })];
    const caller = await callerOf(start, places(peers));
    await acquainted(caller, peers);
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const item of iterate(caller.client(Ratings).all())) seen.push(item);
    };
    expect((await failure(read())).tag).to.equal('Rejected');
    expect([seen, asked]).to.deep.equal([[7], 1]);
  });

  it('the one at whose place nobody listens is passed over', async () => {
    const [there, place] = [await peer(start), await emptyPlace()];
    const caller = await callerOf(start, [place.address, there.address]);
    expect(await Promise.all(Array.from({ length: 20 }, () => ask(caller, 'tt1')))).to.deep.equal(Array(20).fill(1));
  });

  it('the one that is not ready is passed over until it is', async () => {
    const peers = await group(2);
    const [first] = peers as [Peer];
    const caller = await callerOf(start, places(peers));
    await acquainted(caller, peers);
    first.app.get(Health).report('disk', false, 'full');
    do {
      first.asked.length = 0;
      for (let count = 0; count < 2; count++) await ask(caller, 'tt1');
    } while (first.asked.length > 0);
    for (let count = 0; count < 6; count++) await ask(caller, 'tt1');
    expect(first.asked).to.deep.equal([]);
    first.app.get(Health).report('disk', true);
    while (first.asked.length === 0) await ask(caller, 'tt1');
  });

  it('the one that stops is left without a call that fails', async () => {
    const peers = await group(2);
    const [first] = peers as [Peer];
    const caller = await callerOf(start, places(peers));
    await acquainted(caller, peers);
    const before = Array.from({ length: 50 }, () => ask(caller, 'tt1'));
    const stopping = first.app.stop();
    const during = Array.from({ length: 50 }, () => ask(caller, 'tt1'));
    await stopping;
    const after = Array.from({ length: 50 }, () => ask(caller, 'tt1'));
    expect(await Promise.all([...before, ...during, ...after])).to.deep.equal(Array(150).fill(1));
  });

  it('each gets the calls of a pipe', async () => {
    const peers = await group(2);
    const caller = await callerOf(start, places(peers));
    await acquainted(caller, peers);
    const { of: rating, all } = caller.client(Ratings);
    expect(await lastValueFrom(forkJoin([rating('a'), rating('b'), all()]).pipe(toArray()))).to.deep.equal([[1, 1, 1]]);
  });
});
