import { expect } from 'chai';
import { check } from 'millrace/testing';
import { type Plant, runPeers } from './three-peers.js';

describe('three registries of which two are killed and started again', function () {
  this.timeout(120_000);

  it('know the same in the end: nobody is lost, and nobody who was cancelled is back', async () => {
    const sums = { kills: 0, caughtUp: 0, cancelled: 0 };
    await check(
      Array.from({ length: 100 }, (_, at) => at + 1),
      async (seed) => {
        const { broken, kills, caughtUp, cancelled } = await runPeers(seed);
        expect(broken).to.deep.equal([]);
        sums.kills += kills;
        sums.caughtUp += caughtUp;
        sums.cancelled += cancelled;
      },
    );
    expect(Math.min(sums.kills, sums.caughtUp, sums.cancelled)).to.be.greaterThan(100);
  });

  it('find out what they missed, however it was lost', async () => {
    await check(
      Array.from({ length: 20 }, (_, at) => at + 1),
      async (seed) => {
        expect((await runPeers(seed, 'news is lost')).broken).to.deep.equal([]);
      },
    );
  });

  const plants: readonly Plant[] = [
    'those who were taken out are forgotten',
    'news is lost, and nothing compared',
    'only news is told',
    'serves at once',
  ];
  for (const plant of plants) {
    it(`show it where ${plant}`, async () => {
      for (let seed = 1; seed <= 20; seed++) if ((await runPeers(seed, plant)).broken.length > 0) return;
      expect.fail('nobody saw it');
    });
  }
});
