import { expect } from 'chai';
import { instance, type Kept, kept } from './instances.js';

const suspects = ({ store }: Kept): string =>
  [...store.entries]
    .filter(({ suspect }) => suspect)
    .map(({ instance: { id } }) => id)
    .join(' ');

describe('a registry whose instances lose their channels', () => {
  let of: Kept;
  /** Whoever was a suspect at any time, in the order in which they became one. */
  let ever: string[];
  const register = (count: number): void => {
    for (let at = 0; at < count; at++) of.store.register(instance(`i${at}`));
    of.store.changes.subscribe(({ instance: { id } }) => {
      if (of.store.entry(`SHOP/${id}`)?.suspect === true) ever.push(id);
    });
  };
  const cut = (...ids: readonly string[]): void => ids.forEach((id) => of.store.cut(`SHOP/${id}`));
  const some = (count: number, from = 0): string[] => Array.from({ length: count }, (_, at) => `i${from + at}`);
  beforeEach(() => {
    of = kept();
    ever = [];
  });
  afterEach(() => of.store.close());

  it('suspects at once whose channel has broken, and not any more when it is back', async () => {
    register(10);
    cut('i4');
    expect(suspects(of)).to.equal('');
    await of.clock.advance(100);
    expect(suspects(of)).to.equal('i4');
    of.store.register(instance('i4'));
    expect(suspects(of)).to.equal('');
  });

  it('keeps a suspect when a second one dies, and suspects that too', async () => {
    register(10);
    cut('i4');
    await of.live(3, ['i4']);
    cut('i7');
    await of.clock.advance(100);
    expect(suspects(of)).to.equal('i4 i7');
    await of.live(300, ['i4', 'i7']);
    expect(suspects(of)).to.equal('i4 i7');
    expect(of.store.isPreserving).to.equal(true);
  });

  it('keeps whom it suspected when the network goes, and suspects nobody else for that', async () => {
    register(20);
    cut('i19');
    await of.live(3, ['i19']);
    cut(...some(10));
    await of.live(2, ['i19', ...some(10)]);
    expect(suspects(of)).to.equal('i19');
  });

  it('believes nobody dead when many channels break together, evicts none, and takes none out of rotation before its lease ends', async () => {
    register(20);
    cut(...some(10));
    await of.live(30, some(10));
    expect(ever).to.deep.equal([]);
    await of.live(90, some(10));
    expect(suspects(of).split(' ')).to.have.length(10);
    expect(of.store.size).to.equal(20);
    expect(of.news).to.deep.equal([{ kind: 'preserving', on: true, known: 20 }]);
    for (const id of some(10)) of.store.register(instance(id));
    expect(suspects(of)).to.equal('');
    await of.live(10);
    expect(of.news.at(-1)).to.deep.equal({ kind: 'preserving', on: false, known: 20 });
  });

  for (const gap of [0.5, 7, 45, 90]) {
    it(`takes nobody out of rotation for a cut of all channels, ${gap} ms one after the other, whenever it looks`, async () => {
      register(40);
      await of.clock.advance(1000 - gap * 3);
      for (const id of some(40)) {
        cut(id);
        await of.clock.advance(gap);
      }
      await of.clock.advance(2000);
      for (const id of some(40)) of.store.register(instance(id));
      await of.live(5);
      expect(ever).to.deep.equal([]);
    });
  }

  it('finds the one that is dead among many whose channels broke, once the others are back', async () => {
    register(20);
    cut(...some(10));
    await of.live(1, some(10));
    for (const id of some(9)) of.store.register(instance(id));
    await of.live(1, ['i9']);
    expect(suspects(of)).to.equal('i9');
  });

  it('suspects nobody when all fall silent, for it may be deaf itself', async () => {
    register(20);
    await of.live(120, some(20));
    expect([ever, of.store.size]).to.deep.equal([[], 20]);
  });

  it('suspects of several that fall silent those whose leases have ended', async () => {
    register(10);
    await of.live(29, ['i1', 'i2', 'i3']);
    expect(suspects(of)).to.equal('');
    await of.live(3, ['i1', 'i2', 'i3']);
    expect(suspects(of)).to.equal('i1 i2 i3');
  });
});
