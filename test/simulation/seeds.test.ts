import { expect } from 'chai';
import { check } from 'millrace/testing';
import { type Plant, runSeed } from './five.js';

describe('five services in a simulated network', function () {
  this.timeout(120_000);
  const seeds = Array.from({ length: 25 }, (_, at) => at + 1);

  it('keep what calls are promised, whatever the network does', async () => {
    await check(seeds, async (seed) => {
      const { broken, timers } = await runSeed(seed);
      expect(broken).to.deep.equal([]);
      expect(timers).to.equal(0);
    });
  });

  it('are the same again for the same seed, to the byte', async () => {
    const [first, again, other] = [await runSeed(7), await runSeed(7), await runSeed(8)];
    expect(again.fingerprint).to.equal(first.fingerprint);
    expect(other.fingerprint).not.to.equal(first.fingerprint);
  });

  const plants: readonly Plant[] = [
    'swallowed error',
    'doubled item',
    'lost item',
    'swapped items',
    'told twice',
    'hoarded items',
  ];
  for (const plant of plants) {
    it(`show a ${plant} that was planted`, async () => {
      for (const seed of seeds) if ((await runSeed(seed, plant)).broken.length > 0) return;
      expect.fail('nobody saw it');
    });
  }
});
