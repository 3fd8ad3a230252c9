import { expect } from 'chai';
import { seeded, virtualClock } from 'millrace/testing';
import { mergedOf, type Known, type Replica } from '../../services/registry/replica.js';
import { NEVER, type Stamp } from '../../services/registry/stamps.js';
import { instance, type Kept, kept } from './instances.js';

const KEY = 'SHOP/a';
const replicaOf = ({ store }: Kept): Replica => {
  const { replica } = store.replicas.account(KEY);
  if (replica === undefined) throw new Error('it is not known');
  return replica;
};

describe('what registries tell each other of an instance', () => {
  let one: Kept;
  let other: Kept;
  const tell = (from: Kept, to: Kept): void => {
    const { replica, gone } = from.store.replicas.account(KEY);
    if (replica !== undefined) to.store.replicas.merge(replica);
    if (gone !== undefined) to.store.replicas.bury(gone);
  };
  /** Both tell each other. */
  const swap = (): void => {
    tell(one, other);
    tell(other, one);
  };
  const alike = (): void => {
    expect(other.store.hashText).to.equal(one.store.hashText);
  };
  beforeEach(() => {
    one = kept();
    other = kept({}, virtualClock(7));
  });
  afterEach(() => {
    one.store.close();
    other.store.close();
  });

  it('becomes the same in whatever order three accounts are joined', () => {
    const chance = seeded(5);
    const stamp = (): Stamp =>
      chance() < 0.2 ? NEVER : { at: Math.floor(chance() * 3), by: chance() < 0.5 ? 'x' : 'y' };
    const statuses = ['UP', 'DOWN', 'STARTING'] as const;
    // Two that say the same at the same time say the same thing.
    const account = (): Known => {
      const [said, override] = [stamp(), stamp()];
      const dirty = Math.floor(chance() * 3);
      const word = `${dirty} ${said.at} ${said.by}`;
      return {
        instance: instance('a', {
          dirty,
          metadata: { word },
          override: override.at === 0 ? 'UNKNOWN' : (statuses[override.at + (override.by === 'x' ? 0 : 1) - 1] ?? 'UP'),
        }),
        marks: { said, born: stamp(), renewed: stamp(), broken: stamp(), override },
      };
    };
    for (let round = 0; round < 2000; round++) {
      const [a, b, c] = [account(), account(), account()];
      const joined = mergedOf(mergedOf(a, b), c);
      expect(mergedOf(a, mergedOf(b, c))).to.deep.equal(joined);
      expect(mergedOf(c, mergedOf(b, a)).marks).to.deep.equal(joined.marks);
      expect(mergedOf(joined, b)).to.deep.equal(joined);
    }
  });

  it('goes by the time of what the instance says, and not by that of who heard it', () => {
    one.store.register(instance('a', { dirty: 7, metadata: { version: 'new' } }));
    other.store.register(instance('a', { dirty: 6, metadata: { version: 'old' } }));
    swap();
    expect(other.store.entry(KEY)?.instance.metadata).to.deep.equal({ version: 'new' });
    alike();
  });

  it('says what is known better, and nothing where there is nothing', async () => {
    one.store.register(instance('a', { dirty: 7 }));
    const old = replicaOf(one);
    expect(other.store.replicas.merge(old)).to.deep.equal({});
    one.store.register(instance('a', { dirty: 8 }));
    expect(one.store.replicas.merge(old)).to.have.nested.property('replica.instance.dirty', 8);
    one.store.cancel(KEY);
    expect(one.store.replicas.merge(old)).to.have.nested.property('gone.cancelled');
  });

  it('lets the later word of an operator hold, and what was added to metadata', async () => {
    one.store.register(instance('a'));
    swap();
    await one.clock.advance(10);
    await other.clock.advance(20);
    one.store.override(KEY, 'OUT_OF_SERVICE');
    other.store.override(KEY, 'DOWN');
    one.store.annotate(KEY, { canary: 'yes' });
    swap();
    expect(one.store.entry(KEY)?.instance).to.deep.include({ override: 'DOWN', metadata: { canary: 'yes' } });
    alike();
    one.store.override(KEY, 'UNKNOWN');
    swap();
    expect(other.store.entry(KEY)?.instance.override).to.equal('UNKNOWN');
  });

  it('brings nobody back who was cancelled, but for who registers again', () => {
    one.store.register(instance('a'));
    swap();
    const old = replicaOf(other);
    one.store.cancel(KEY);
    one.store.replicas.merge(old);
    expect(one.store.size).to.equal(0);
    swap();
    expect(other.store.size).to.equal(0);
    other.store.register(instance('a'));
    swap();
    expect(one.store.size).to.equal(1);
    one.store.replicas.merge(old);
    alike();
  });

  it('takes an instance that registers again after a cancellation that was not heard of', async () => {
    one.store.register(instance('a'));
    swap();
    one.store.cancel(KEY);
    await other.clock.advance(5);
    other.store.register(instance('a', { dirty: 2 }));
    swap();
    expect([one.store.size, other.store.size]).to.deep.equal([1, 1]);
  });

  it('brings nobody back whose lease ended, but for who has given a sign of life since', async () => {
    for (const id of ['a', 'b', 'c']) one.store.register(instance(id));
    tell(one, other);
    await one.live(40, ['a']);
    expect(one.store.entry(KEY)).to.equal(undefined);
    tell(other, one);
    expect(one.store.entry(KEY)).to.equal(undefined);
    await other.live(40, ['b', 'c']);
    other.store.renew(KEY);
    tell(other, one);
    expect(one.store.entry(KEY)?.suspect).to.equal(false);
  });

  it('makes one evict what another evicted, once the lease has ended there too', async () => {
    for (const id of ['a', 'b', 'c']) {
      one.store.register(instance(id));
      other.store.register(instance(id));
    }
    tell(other, one);
    await one.live(45, ['a']);
    await other.live(10);
    tell(one, other);
    expect(other.store.entry(KEY)?.suspect).to.equal(false);
    await other.live(31, ['a', 'b', 'c']);
    expect(other.store.isPreserving).to.equal(true);
    one.store.register(instance('a'));
    one.store.cancel(KEY);
    tell(one, other);
    expect(other.store.entry(KEY)).to.equal(undefined);
  });

  it('says how long ago a sign of life was, whatever the clocks say', async () => {
    one.store.register(instance('a'));
    await one.clock.advance(12_000);
    await other.clock.advance(3000);
    tell(one, other);
    await other.live(9, ['a']);
    expect(other.store.entry(KEY)?.suspect).to.equal(true);
  });

  it('counts a broken channel only where the instance was last heard of', async () => {
    one.store.register(instance('a'));
    swap();
    other.store.cut(KEY);
    await other.clock.advance(2000);
    expect(other.store.entry(KEY)?.suspect).to.equal(false);
    await one.clock.advance(10);
    one.store.cut(KEY);
    swap();
    await other.clock.advance(100);
    expect(other.store.entry(KEY)?.suspect).to.equal(true);
    other.store.register(instance('a'));
    swap();
    await one.clock.advance(2000);
    expect([one, other].map(({ store }) => store.entry(KEY)?.suspect)).to.deep.equal([false, false]);
  });

  it('asks for the whole of what it does not know as the other does', () => {
    one.store.register(instance('a'));
    const first = one.store.replicas.sign(KEY).renewal;
    if (first === undefined) throw new Error('no sign');
    expect(other.store.replicas.renewed(first)).to.equal(false);
    tell(one, other);
    expect(other.store.replicas.renewed(first)).to.equal(true);
    one.store.annotate(KEY, { a: 'b' });
    const second = one.store.replicas.sign(KEY).renewal;
    if (second === undefined) throw new Error('no sign');
    expect(other.store.replicas.renewed(second)).to.equal(false);
  });

  it('is refused where it was said in a future too far away', async () => {
    await one.clock.advance(61_000);
    one.store.register(instance('a'));
    expect(() => other.store.replicas.merge(replicaOf(one)))
      .to.throw(/61000 ms ahead of this one's, of 60000 ms that it may be/)
      .that.includes({ tag: 'Invalid', code: 'MILLRACE_REGISTRY_CLOCK' });
    expect(other.store.size).to.equal(0);
    await other.clock.advance(2000);
    other.store.replicas.merge(replicaOf(one));
    await other.clock.advance(10);
    other.store.cancel(KEY);
    expect(one.store.replicas.bury(other.store.replicas.account(KEY).gone ?? { key: '' })).to.deep.equal({});
    expect(one.store.size).to.equal(0);
  });

  it('keeps what an operator said of one whose lease ended, for a while', async () => {
    for (const id of ['a', 'b', 'c']) one.store.register(instance(id));
    one.store.override(KEY, 'OUT_OF_SERVICE');
    await one.live(45, ['a']);
    expect(one.store.entry(KEY)).to.equal(undefined);
    one.store.register(instance('a', { dirty: 9 }));
    expect(one.store.entry(KEY)?.instance.override).to.equal('OUT_OF_SERVICE');
  });

  it('compares by sums of its parts, which differ where anything does', () => {
    for (let n = 0; n < 50; n++) one.store.register(instance(`i${n}`));
    for (const { replica } of one.store.replicas.accounts())
      if (replica !== undefined) other.store.replicas.merge(replica);
    expect(other.store.replicas.buckets).to.deep.equal(one.store.replicas.buckets);
    one.store.annotate('SHOP/i7', { a: 'b' });
    const mine = one.store.replicas.buckets;
    const different = other.store.replicas.buckets.flatMap((sum, at) => (sum === mine[at] ? [] : [at]));
    expect(different).to.have.length(1);
    const keys = [...one.store.replicas.accounts(new Set(different))].map(({ replica }) => replica?.instance.id);
    expect(keys).to.include('i7');
    expect(keys.length).to.be.lessThan(10);
  });
});
