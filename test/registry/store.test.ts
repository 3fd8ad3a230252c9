import { expect } from 'chai';
import { hashOf, type Instance, MeshError } from 'millrace';
import { virtualClock } from 'millrace/testing';
import { instance, type Kept, kept, stalled } from './instances.js';

const ids = ({ store }: Kept): string[] => [...store.entries].map(({ instance: { id } }) => id);
const suspects = ({ store }: Kept): string[] =>
  [...store.entries].filter(({ suspect }) => suspect).map(({ instance: { id } }) => id);

describe('a registry', () => {
  let of: Kept;
  const register = (count: number): void => {
    for (let at = 0; at < count; at++) of.store.register(instance(`i${at}`));
  };
  beforeEach(() => (of = kept()));
  afterEach(() => of.store.close());

  it('keeps who renews', async () => {
    register(3);
    await of.live(300);
    expect(ids(of)).to.deep.equal(['i0', 'i1', 'i2']);
    expect(suspects(of)).to.deep.equal([]);
  });

  it('suspects who has not renewed for twice its interval, and evicts when the lease has ended', async () => {
    register(3);
    await of.live(20, ['i1']);
    expect(suspects(of)).to.deep.equal([]);
    await of.live(2, ['i1']);
    expect(suspects(of)).to.deep.equal(['i1']);
    await of.live(7, ['i1']);
    expect(ids(of)).to.include('i1');
    await of.live(7, ['i1']);
    expect(ids(of)).to.deep.equal(['i0', 'i2']);
    expect(of.news.map(({ kind }) => kind)).to.deep.equal(['evicted']);
  });

  for (const [all, dead, left] of [
    [1, 1, 0],
    [2, 1, 1],
    [3, 2, 3],
    [20, 3, 17],
    [20, 4, 20],
  ] as const) {
    it(`of ${all}, of which ${dead} fall silent, knows ${left} two minutes later`, async () => {
      register(all);
      await of.live(
        120,
        Array.from({ length: dead }, (_, at) => `i${at}`),
      );
      expect(ids(of)).to.have.length(left);
    });
  }

  it('evicts no more than fifteen in a hundred within a minute, however often it looks', async () => {
    of = kept({ 'registry.self-preservation': false });
    register(20);
    await of.clock.advance(30_000);
    const counts: number[] = [];
    for (let look = 0; look < 4; look++) {
      await of.clock.advance(20_000);
      counts.push(of.store.size);
    }
    expect(counts).to.deep.equal([17, 17, 17, 15]);
  });

  it('counts the time in which it stood still itself against nobody', async () => {
    const { clock, still } = stalled();
    of = kept({}, clock);
    register(3);
    await clock.advance(5000);
    still(120_000);
    await clock.advance(14_000);
    expect([ids(of), suspects(of)]).to.deep.equal([['i0', 'i1', 'i2'], []]);
  });

  it('lets nobody who renewed while it was about to look again live longer for that', async () => {
    const { clock, still } = stalled();
    of = kept({}, clock);
    register(3);
    await clock.advance(5000);
    still(120_000);
    for (const id of ['i0', 'i1', 'i2']) of.store.renew(`SHOP/${id}`);
    await clock.advance(1000);
    await of.live(40, ['i1']);
    expect(ids(of)).to.deep.equal(['i0', 'i2']);
  });

  it('remembers of those who were taken out the latest only, and not for ever', async () => {
    of = kept({ 'registry.tombstones-most': 2, 'registry.tombstone-time': '1 min' });
    register(3);
    for (const id of ['i0', 'i1', 'i2']) of.store.cancel(`SHOP/${id}`);
    expect(['i0', 'i1', 'i2'].map((id) => of.store.isBuried(`SHOP/${id}`, 1))).to.deep.equal([false, true, true]);
    await of.clock.advance(62_000);
    expect(of.store.isBuried('SHOP/i2', 1)).to.equal(false);
  });

  it("adds to metadata, and takes the instance's own word that came before by its clock all the same", () => {
    of.store.register(instance('a', { dirty: 5, metadata: { version: '1' } }));
    of.store.annotate('SHOP/a', { canary: 'yes' });
    expect(of.store.entry('SHOP/a')?.instance).to.deep.include({
      dirty: 5,
      metadata: { version: '1', canary: 'yes' },
    });
    of.store.register(instance('a', { dirty: 6, metadata: { version: '2' } }));
    expect(of.store.entry('SHOP/a')?.instance.metadata).to.deep.equal({ version: '2' });
  });

  it('takes the later of two versions of an instance', () => {
    of.store.register(instance('a', { dirty: 5, metadata: { version: 'new' } }));
    of.store.register(instance('a', { dirty: 4, metadata: { version: 'old' } }));
    expect(of.store.entry('SHOP/a')?.instance.metadata).to.deep.equal({ version: 'new' });
    of.store.register(instance('a', { dirty: 6, metadata: { version: 'newer' } }));
    expect(of.store.entry('SHOP/a')?.instance.metadata).to.deep.equal({ version: 'newer' });
  });

  it('takes back nobody who was taken out since a replica heard of it, and anybody who comes himself', () => {
    of.store.register(instance('a', { dirty: 5 }));
    of.store.cancel('SHOP/a');
    expect(() => of.store.register(instance('a', { dirty: 5 }), true)).to.throw(/has been taken out since/);
    of.store.register(instance('a', { dirty: 5 }));
    expect(of.store.size).to.equal(1);
  });

  it('keeps what an operator said over a new registration, until it is taken back', () => {
    of.store.register(instance('a'));
    of.store.override('SHOP/a', 'OUT_OF_SERVICE');
    of.store.register(instance('a', { dirty: 9 }));
    expect(of.store.entry('SHOP/a')?.instance.override).to.equal('OUT_OF_SERVICE');
    of.store.override('SHOP/a', 'UNKNOWN');
    expect(of.store.entry('SHOP/a')?.instance.override).to.equal('UNKNOWN');
  });

  it('tells what is new since a version, each instance once', () => {
    register(3);
    const { version } = of.store;
    of.store.override('SHOP/i1', 'DOWN');
    of.store.annotate('SHOP/i1', { a: 'b' });
    of.store.cancel('SHOP/i2');
    expect([...(of.store.since(version)?.keys() ?? [])]).to.deep.equal(['SHOP/i1', 'SHOP/i2']);
    expect(of.store.since(of.store.version)?.size).to.equal(0);
    expect(of.store.since(version + 99)).to.equal(undefined);
  });

  it('forgets changes of more than three minutes ago, and says so', async () => {
    register(1);
    await of.live(200);
    of.store.annotate('SHOP/i0', { a: 'b' });
    expect(of.store.since(0)).to.equal(undefined);
    expect(of.store.recent.map(({ action }) => action)).to.deep.equal(['MODIFIED']);
  });

  it('has the hash of what it knows, however it came to', () => {
    register(5);
    of.store.override('SHOP/i1', 'DOWN');
    of.store.cancel('SHOP/i2');
    expect(of.store.hashText).to.equal(hashOf(of.store.entries));
    const other = kept();
    for (const id of ['i4', 'i3', 'i1', 'i0']) other.store.register(instance(id));
    expect(other.store.hashText).to.not.equal(of.store.hashText);
    other.store.override('SHOP/i1', 'DOWN');
    expect(other.store.hashText).to.equal(of.store.hashText);
    other.store.close();
  });

  it('refuses more instances than it may know', () => {
    of = kept({ 'registry.instances-most': 2 });
    register(2);
    expect(() => of.store.register(instance('i9'))).to.throw(/the registry is full/);
    of.store.register(instance('i1'));
  });

  describe('with a hook before registrations', () => {
    const admitting = (admit: (given: Instance) => Instance): Kept => kept({}, virtualClock(6), admit);

    it('takes what the hook gives back', () => {
      of = admitting((given) => ({ ...given, zone: 'z1' }));
      register(1);
      expect(of.store.entry('SHOP/i0')?.instance.zone).to.equal('z1');
    });

    it('says to whom it refuses, and why, whatever the hook throws', () => {
      of = admitting(() => {
        throw new Error('no zone');
      });
      expect(() => of.store.register(instance('a')))
        .to.throw('SHOP/a may not register: no zone')
        .that.includes({ tag: 'Denied', code: 'MILLRACE_REGISTRY_DENIED' });
      of = admitting(() => {
        throw new MeshError('Quota', 'enough of you');
      });
      expect(() => of.store.register(instance('a')))
        .to.throw('enough of you')
        .that.includes({ tag: 'Quota' });
    });

    it('lets it make no other instance of one', () => {
      of = admitting((given) => ({ ...given, id: 'b' }));
      expect(() => of.store.register(instance('a'))).to.throw(/SHOP\/a became SHOP\/b/);
      expect(of.store.size).to.equal(0);
    });
  });
});
