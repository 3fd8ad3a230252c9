import { expect } from 'chai';
import { type Crowd, crowd } from './crowd.js';

/** Of the seconds from one up to another. */
function load(attempts: readonly number[], from: number, to: number): { most: number; average: number } {
  const some = attempts.slice(from, to);
  return { most: Math.max(...some), average: some.reduce((sum, each) => sum + each, 0) / some.length };
}

describe('10,000 clients of a server that is gone for half an hour', function () {
  this.timeout(60_000);
  const gone = 1800;
  const clients = 10_000;
  let figures: Crowd;
  before(async () => (figures = await crowd({ clients, gone, seed: 5 })));

  it('try first after a second, give or take a fifth, and each one at a time', () => {
    const [first = 0, second = 0] = figures.attempts;
    expect(first + second).to.equal(clients);
    expect(first).to.be.within(0.4 * clients, 0.6 * clients);
    expect(figures.atOnce).to.equal(1);
  });

  it('try ever more seldom, until each does so once in two minutes', () => {
    const minutes = Array.from({ length: 6 }, (_, at) => load(figures.attempts, at * 300, at * 300 + 300).average);
    expect(minutes[0]).to.be.greaterThan((2 * clients) / 120);
    for (const each of minutes.slice(1)) expect(each).to.be.within((0.9 * clients) / 120, (1.1 * clients) / 120);
  });

  it('come in waves that flatten: in no second twice the average, once ten minutes have passed', () => {
    for (const [from, to] of [
      [600, 1200],
      [1200, 1800],
    ] as const) {
      const { most, average } = load(figures.attempts, from, to);
      expect(most).to.be.lessThan(2 * average);
    }
  });

  it('are all there again within the longest pause, and not all at once', () => {
    expect(figures.whole).to.be.within(100, 145);
    expect(Math.max(...figures.back)).to.be.lessThan((2 * clients) / figures.whole);
  });
});

describe('1,000 clients of a server that is gone, which call it all the time', () => {
  it('try again about once a second each, and are there at once when it is', async function () {
    this.timeout(30_000);
    const { attempts, whole, atOnce } = await crowd({ clients: 1000, gone: 20, seed: 5, calling: true });
    const { most, average } = load(attempts, 1, 20);
    expect(average).to.be.within(700, 1250);
    expect(most).to.be.lessThan(2 * average);
    expect(atOnce).to.equal(1);
    expect(whole).to.be.at.most(2);
  });
});
