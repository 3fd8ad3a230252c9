import { expect } from 'chai';
import { meshError, type Param } from 'millrace';
import { type VirtualClock, virtualClock } from 'millrace/testing';
import { from, NEVER, type Observable, throwError } from 'rxjs';
import type { PeerLink, PeerNews } from '../../services/registry/peer-link.js';
import type { Batch } from '../../services/registry/peer-messages.js';
import { Replication } from '../../services/registry/replication.js';
import { RegistryStore } from '../../services/registry/store.js';
import { instance } from './instances.js';

/** One registry, and all that it is told and says. */
interface Side {
  readonly store: RegistryStore;
  readonly replication: Replication;
  readonly news: PeerNews[];
  /** What it was told by others. */
  readonly heard: Batch[];
}

describe('a registry with others', () => {
  let clock: VirtualClock;
  let sides: Map<string, Side>;
  let values: Record<string, unknown>;
  /** Those that can't be reached, and how. */
  let away: Map<string, 'refuses' | 'hangs'>;
  const settings = <T>(param: Param<T>): T => param.parse(values[param.name] ?? param.initial);
  beforeEach(() => {
    clock = virtualClock(3);
    sides = new Map();
    away = new Map();
    values = {};
  });
  afterEach(() => {
    for (const { replication, store } of sides.values()) {
      replication.stop();
      store.close();
    }
  });

  const side = (name: string): Side => {
    const found = sides.get(name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  function link(name: string): PeerLink {
    const ask = <T>(work: (there: Side) => Observable<T>): Observable<T> => {
      const how = away.get(name) ?? (sides.has(name) ? undefined : 'refuses');
      if (how === 'hangs') return NEVER;
      if (how === 'refuses') return throwError(() => meshError('Unavailable', `${name} is down`));
      return work(side(name));
    };
    return {
      name,
      push: (batch) =>
        ask(({ replication, heard }) => {
          heard.push(batch);
          return from(replication.service.push(batch));
        }),
      sums: () => ask(({ replication }) => from(replication.service.sums())),
      pull: (wanted) => ask(({ replication }) => from(replication.service.pull(wanted))),
      close: () => undefined,
    };
  }
  function start(name: string, ...others: readonly string[]): Side {
    const store = new RegistryStore({ clock, settings });
    const news: PeerNews[] = [];
    const links = others.map(link);
    const replication = new Replication({ store, links, name, clock, settings, tell: (each) => void news.push(each) });
    const made = { store, replication, news, heard: [] };
    sides.set(name, made);
    return made;
  }
  const ids = (name: string): string =>
    [...side(name).store.entries]
      .map(({ instance: { id } }) => id)
      .sort()
      .join(' ');
  const kinds = (name: string): string =>
    side(name)
      .news.map(({ kind }) => kind)
      .join(' ');

  it('is ready at once where there are no others, or only itself', async () => {
    const alone = start('alone');
    expect(alone.store.isReady).to.equal(true);
    const only = start('only', 'only');
    await clock.advance(1100);
    expect(only.store.isReady).to.equal(true);
    only.store.register(instance('a'));
    await clock.advance(60_000);
    expect(only.heard).to.deep.equal([]);
  });

  it('is ready at once where all others have just started too', async () => {
    start('a', 'a', 'b');
    start('b', 'a', 'b');
    await clock.advance(1100);
    expect([side('a').store.isReady, side('b').store.isReady]).to.deep.equal([true, true]);
  });

  it('takes over all that another knows before it is', async () => {
    start('a').store.register(instance('x'));
    side('a').store.register(instance('y'));
    side('a').store.cancel('SHOP/y');
    start('b', 'a');
    expect(() => side('b').store.requireReady()).to.throw(/not ready/);
    await clock.until(side('b').replication.ready);
    expect(ids('b')).to.equal('x');
    expect(side('b').news.at(-1)).to.deep.equal({ kind: 'ready', peer: 'a', known: 1 });
  });

  for (const how of ['refuses', 'hangs'] as const) {
    it(`waits ten seconds, and no longer, for another that ${how}`, async () => {
      away.set('a', how);
      start('b', 'a');
      await clock.advance(9000);
      expect(side('b').store.isReady).to.equal(false);
      side('b').store.register(instance('x'));
      await clock.advance(7000);
      expect(side('b').store.isReady).to.equal(true);
      expect(side('b').news).to.deep.include({ kind: 'ready', peer: undefined, known: 1 });
    });
  }

  it('tells others of what it hears, within a tick, and does not tell on what they told', async () => {
    start('a', 'b', 'c');
    start('b', 'a', 'c');
    start('c', 'a', 'b');
    await clock.advance(2000);
    side('a').store.register(instance('x'));
    await clock.advance(11);
    expect([ids('b'), ids('c')]).to.deep.equal(['x', 'x']);
    await clock.advance(5000);
    expect([side('b').heard.length, side('c').heard.length, side('a').heard.length]).to.deep.equal([1, 1, 0]);
  });

  it('gathers signs of life, and tells each instance once', async () => {
    start('a', 'b');
    start('b', 'a');
    await clock.advance(2000);
    for (let n = 0; n < 20; n++) side('a').store.register(instance(`i${n}`));
    await clock.advance(1000);
    side('b').heard.length = 0;
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 20; n++) side('a').store.renew(`SHOP/i${n}`);
      await clock.advance(100);
    }
    await clock.advance(200);
    expect(side('b').heard.map(({ renewals }) => renewals.length)).to.deep.equal([20]);
  });

  it('keeps alive elsewhere whom it hears', async () => {
    start('a', 'b');
    start('b', 'a');
    await clock.advance(2000);
    for (let n = 0; n < 5; n++) side('a').store.register(instance(`i${n}`));
    for (let second = 0; second < 120; second++) {
      if (second % 10 === 0) for (let n = 0; n < 4; n++) side('a').store.renew(`SHOP/i${n}`);
      await clock.advance(1000);
    }
    expect([ids('a'), ids('b')]).to.deep.equal(['i0 i1 i2 i3', 'i0 i1 i2 i3']);
  });

  it('waits longer each time for one that is lost, holds no more than its bound, and tells all when it is back', async () => {
    values['registry.peer-queue'] = 10;
    values['registry.peer-batch'] = 4;
    values['registry.peer-compare'] = '1 h';
    start('a', 'b');
    start('b', 'a');
    await clock.advance(2000);
    side('a').store.register(instance('gone'));
    await clock.advance(100);
    away.set('b', 'refuses');
    for (let n = 0; n < 25; n++) side('a').store.register(instance(`i${n}`));
    side('a').store.cancel('SHOP/gone');
    await clock.advance(30_000);
    expect(kinds('a')).to.match(/^peer-up ready (peer-behind )+peer-down/);
    expect(ids('b')).to.equal('gone');
    away.delete('b');
    side('b').heard.length = 0;
    await clock.advance(12_000);
    expect(ids('b')).to.equal(ids('a'));
    expect(Math.max(...side('b').heard.map((each) => each.replicas.length + each.renewals.length))).to.be.at.most(4);
    expect(kinds('a')).to.match(/peer-up$/);
  });

  it('tells one that takes no large message in smaller ones', async () => {
    start('a', 'b');
    start('b', 'a');
    await clock.advance(2000);
    const { replication } = side('b');
    const push = replication.service.push.bind(replication.service);
    replication.service.push = (batch) => {
      if (batch.replicas.length > 30) return Promise.reject(meshError('Invalid', 'a message too long'));
      return push(batch);
    };
    for (let n = 0; n < 200; n++) side('a').store.register(instance(`i${n}`));
    await clock.advance(20_000);
    expect(side('b').store.size).to.equal(200);
  });

  it('tells what it still has to before it ends, but not to one that is lost', async () => {
    start('a', 'b', 'c');
    start('b', 'a');
    start('c', 'a');
    await clock.advance(2000);
    away.set('c', 'refuses');
    side('a').store.register(instance('x'));
    side('a').store.renew('SHOP/x');
    const { replication } = side('a');
    await clock.until(replication.told(), 5);
    replication.stop();
    expect([ids('b'), ids('c')]).to.deep.equal(['x', '']);
  });

  it('hears of a broken channel at once, but not of all those of a registry that ends', async () => {
    start('a', 'b');
    start('b', 'a');
    await clock.advance(2000);
    for (let n = 0; n < 40; n++) side(n < 3 ? 'a' : 'b').store.register(instance(`i${n}`));
    await clock.advance(1000);
    const suspects = (): string =>
      [...side('b').store.entries]
        .filter(({ suspect }) => suspect)
        .map((each) => each.instance.id)
        .join(' ');
    side('a').store.cut('SHOP/i1');
    await clock.advance(300);
    expect(suspects()).to.equal('i1');
    side('a').store.register(instance('i1'));
    await clock.advance(300);
    expect(suspects()).to.equal('');
    for (const id of ['i0', 'i1', 'i2']) side('a').store.cut(`SHOP/${id}`);
    await clock.advance(2000);
    expect(suspects()).to.equal('');
  });

  it('does not suspect those that a lost one was the last to hear of, for a while', async () => {
    values['registry.partition-time'] = '2 min';
    start('a', 'b');
    start('b', 'a');
    await clock.advance(2000);
    for (let n = 0; n < 6; n++) side(n < 3 ? 'a' : 'b').store.register(instance(`i${n}`));
    await clock.advance(1000);
    away.set('b', 'refuses');
    away.set('a', 'refuses');
    const live = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 5) {
        for (let n = 0; n < 6; n++) side(n < 3 ? 'a' : 'b').store.renew(`SHOP/i${n}`);
        await clock.advance(5000);
      }
    };
    const suspects = (): number => [...side('a').store.entries].filter(({ suspect }) => suspect).length;
    await live(90);
    expect([suspects(), side('a').store.size]).to.deep.equal([0, 6]);
    await live(90);
    expect([suspects(), side('a').store.size]).to.deep.equal([3, 6]);
    away.clear();
    await live(20);
    expect([suspects(), side('a').store.hashText]).to.deep.equal([0, side('b').store.hashText]);
  });
});
