import { expect } from 'chai';
import { type ChainFigures, described, runChain } from './chain.js';
import { chainCases, chainSizes, faultsOf } from './chain-cases.js';

/** Of reading; `npm run soak` reads longer. */
const seconds = Number(process.env['MILLRACE_HOPS_SECONDS'] ?? 4);

describe('three hops between four processes keep a source of ten million items at the pace of a slow reader', () => {
  for (const size of chainSizes) {
    describe(`of ${size}`, () => {
      const cases = chainCases(size, seconds);
      let figures: readonly ChainFigures[] = [];

      before(async function () {
        this.timeout(seconds * 1000 + 60_000);
        figures = await Promise.all(cases.map(({ options }) => runChain(options)));
      });

      for (const [at, chain] of cases.entries()) {
        it(`by ${chain.name}`, () => {
          const found = figures[at];
          if (found === undefined) return expect.fail('the chain has not run');
          console.log(`    ${described(chain.options, found)}`);
          expect(faultsOf(chain, found)).to.deep.equal([]);
        });
      }
    });
  }
});
