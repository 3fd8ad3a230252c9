import { expect } from 'chai';
import { type Changes, hashOf, type Instance, instanceOf, type Sighting } from 'millrace';
import { KnownInstances } from '../../../framework/discovery/known-instances.js';

describe('what an application knows of a registry', () => {
  const sighting = (id: string, suspect = false): Sighting => ({
    instance: instanceOf({ app: 'SHOP', id, dirty: 1 }),
    suspect,
  });
  const message = (parts: Partial<Changes>, all: readonly Sighting[]): Changes => ({
    epoch: 'one',
    from: 0,
    version: 1,
    hash: hashOf(all),
    put: [],
    gone: [],
    ...parts,
  });
  const ids = (known: KnownInstances): string =>
    known.instances
      .map(({ id, status }) => (status === 'UP' ? id : `${id}?`))
      .sort()
      .join(' ');
  const [a, b, c] = [sighting('a'), sighting('b'), sighting('c', true)];
  let known: KnownInstances;
  beforeEach(() => {
    known = new KnownInstances(() => 30_000);
  });

  it('is everything at first, and then what changes', () => {
    expect(known.apply(message({ put: [a, b] }, [a, b]), 0)).to.equal('whole');
    expect(known.apply(message({ from: 1, version: 2, put: [c], gone: ['SHOP/a'] }, [b, c]), 0)).to.equal('whole');
    expect(ids(known)).to.equal('b c?');
    expect(known.since).to.deep.equal({ epoch: 'one', version: 2 });
  });

  it('is put together of parts', () => {
    expect(known.apply(message({ put: [a], more: true }, [a, b, c]), 0)).to.equal('part');
    expect(ids(known)).to.equal('');
    expect(known.apply(message({ put: [b], more: true }, [a, b, c]), 0)).to.equal('part');
    expect(known.apply(message({ put: [c] }, [a, b, c]), 0)).to.equal('whole');
    expect(ids(known)).to.equal('a b c?');
  });

  it('does not join parts of different answers', () => {
    known.apply(message({ put: [a], more: true }, [a, b]), 0);
    expect(known.apply(message({ version: 2, put: [b] }, [a, b]), 0)).to.equal('wrong');
    known.apply(message({ put: [a], more: true }, [a, b]), 0);
    known.interrupted();
    expect(known.apply(message({ put: [a, b] }, [a, b]), 0)).to.equal('whole');
  });

  it('is doubted where a version was missed or the hash differs, and kept until all is told anew', () => {
    known.apply(message({ put: [a, b] }, [a, b]), 0);
    expect(known.apply(message({ from: 2, version: 3, put: [c] }, [a, b, c]), 0)).to.equal('wrong');
    expect(known.since).to.equal(undefined);
    expect(ids(known)).to.equal('a b');
    expect(known.apply(message({ version: 3, put: [a, c] }, [a, b, c]), 0)).to.equal('wrong');
    expect(known.apply(message({ version: 3, put: [a, b, c] }, [a, b, c]), 0)).to.equal('whole');
    expect(ids(known)).to.equal('a b c?');
  });

  it('keeps for a while those of whom a registry has not heard that began anew', () => {
    known.apply(message({ put: [a, b, c] }, [a, b, c]), 0);
    known.apply(message({ epoch: 'two', put: [b] }, [b]), 1000);
    expect(ids(known)).to.equal('a b c?');
    const d: Sighting = { ...c, suspect: false };
    known.apply(message({ epoch: 'two', from: 1, version: 2, put: [d] }, [b, d]), 2000);
    expect(ids(known)).to.equal('a b c');
    expect(known.due).to.equal(31_000);
    known.expire(30_999);
    expect(ids(known)).to.equal('a b c');
    known.expire(31_000);
    expect(ids(known)).to.equal('b c');
    expect(known.due).to.equal(undefined);
  });

  it('forgets at once those that the same registry says are gone', () => {
    known.apply(message({ put: [a, b] }, [a, b]), 0);
    known.apply(message({ version: 5, put: [b] }, [b]), 0);
    expect(ids(known)).to.equal('b');
  });

  it('begins with what was known when the program last ran', () => {
    known.restore([a.instance, b.instance] satisfies Instance[], 0);
    expect(ids(known)).to.equal('a b');
    known.apply(message({ put: [b] }, [b]), 10);
    expect(ids(known)).to.equal('a b');
    known.expire(30_000);
    expect(ids(known)).to.equal('b');
  });
});
