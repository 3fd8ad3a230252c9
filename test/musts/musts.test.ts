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
});
