import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { root } from '../docs/page.js';
import { idOf, mutated, mutationsOf } from './must.js';
import { musts } from './musts.js';
import { titlesById } from './titles.js';

describe('the table of MUST lines', () => {
  it('has the 97 of the specification, in its order', () => {
    expect(musts.map(({ nr }) => nr)).to.deep.equal(Array.from({ length: 97 }, (_, at) => at + 1));
  });

  it('has a test for each, and no test is for another', () => {
    expect([...titlesById().keys()].sort()).to.deep.equal(musts.map(idOf));
  });

  it('has faults whose places are in the code, each once; after a change there, put the row right', () => {
    const faults = musts.flatMap((must) =>
      mutationsOf(must).flatMap((mutation) => {
        try {
          mutated(readFileSync(`${root}transports/rsocket/${mutation.file}`, 'utf8'), mutation);
          return [];
        } catch (error) {
          return [`${idOf(must)}: ${error instanceof Error ? error.message : String(error)}`];
        }
      }),
    );
    expect(faults).to.deep.equal([]);
  });

  it('makes a fault only where its text is once, or first behind another', () => {
    const source = 'a; b; a; c; b;';
    expect(mutated(source, { file: 'x.ts', find: 'c', put: 'd' })).to.equal('a; b; a; d; b;');
    expect(mutated(source, { file: 'x.ts', after: 'c', find: 'b', put: '' })).to.equal('a; b; a; c; ;');
    expect(() => mutated(source, { file: 'x.ts', find: 'a', put: '' })).to.throw(/x\.ts has more than one 'a'/);
    expect(() => mutated(source, { file: 'x.ts', find: 'z', put: '' })).to.throw(/x\.ts has no 'z'/);
    expect(() => mutated(source, { file: 'x.ts', after: 'c', find: 'a', put: '' })).to.throw(/no 'a' behind 'c'/);
  });
});
