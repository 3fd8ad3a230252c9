import { expect } from 'chai';
import { aimd, gradient2, type LimitAlgorithm, type LimitSample, vegas } from 'millrace';

/** Latency, calls in flight, whether dropped, and the limit wanted after it. */
type Row = readonly [latency: number, inFlight: number, dropped: boolean, limit: number];

function follow<State>(algorithm: LimitAlgorithm<State>, rows: readonly Row[], chance = 0.5): State {
  return rows.reduce((state, [latency, inFlight, dropped, limit]) => {
    const next = algorithm.sampled(state, { latency, inFlight, dropped }, chance);
    expect(algorithm.limit(next)).to.equal(limit);
    return next;
  }, algorithm.initial);
}

describe('gradient2', () => {
  it('grows by a fifth of its queue a sample, shrinks by half a fifth at most, and never below its least', () => {
    // 20·0.8 + (20·1 + 4)·0.2 = 20.8; then 21.6; a mean of (10 + 10 + 100) ÷ 3 = 40, gradient 1.5·40÷100 = 0.6:
    // 21.6·0.8 + (21.6·0.6 + 4)·0.2 = 20.672; and with a mean of 55, gradient 0.825: 20.7488.
    const state = follow(gradient2(), [
      [10, 10, false, 20],
      [10, 11, false, 21],
      [100, 11, false, 20],
      [100, 11, false, 20],
    ]);
    expect(state.estimate).to.be.closeTo(20.672 * 0.8 + (20.672 * 0.825 + 4) * 0.2, 1e-9);
  });

  it('stays where it is while less than half of it is used', () => {
    expect(follow(gradient2(), [[10, 9, false, 20]]).estimate).to.equal(20);
  });

  it('keeps a plain mean of ten samples, then one that weighs a new sample by 2 ÷ 601', () => {
    const ten = Array.from({ length: 10 }, (): Row => [10, 1, false, 20]);
    expect(follow(gradient2(), ten).long.value).to.equal(10);
    expect(follow(gradient2(), [...ten, [311, 1, false, 20]]).long.value).to.be.closeTo(10 + (301 * 2) / 601, 1e-9);
  });

  it('forgets a bad time faster: a mean over twice the latency loses a twentieth', () => {
    expect(
      follow(gradient2(), [
        [100, 1, false, 20],
        [10, 1, false, 20],
      ]).long.value,
    ).to.be.closeTo(55 * 0.95, 1e-9);
  });

  it('refuses options that mean nothing', () => {
    expect(() => gradient2({ smoothing: 0 })).to.throw('smoothing above 0');
    expect(() => gradient2({ min: 300 })).to.throw('min up to max');
  });
});

describe('vegas', () => {
  it('follows its source: six times the log up, one up, none, one down', () => {
    // The first sample is the least latency. Queue = ceil(limit·(1 - least ÷ latency)); log10 of 20 … 99 is 1.
    follow(vegas(), [
      [10, 10, false, 20],
      [10, 10, false, 26],
      // 26·(1 - 10÷10.8) = 1.93, up: 2 < 3.
      [10.8, 13, false, 27],
      // 27·(1 - 10÷12) = 4.5: 5 is from 3 up to 6.
      [12, 14, false, 27],
      // 27·(1 - 10÷14) = 7.7: 8 is over 6.
      [14, 14, false, 26],
      // Less than half used, but lost.
      [11, 1, true, 25],
      [11, 1, false, 25],
      // A new least changes only that.
      [9, 25, false, 25],
    ]);
  });

  it('measures the least latency anew after 0.75 · 30 · 20 samples, and then by chance', () => {
    const rows = Array.from({ length: 449 }, (): Row => [10, 1, false, 20]);
    const before = follow(vegas(), rows, 0.5);
    expect(before).to.deep.equal({ estimate: 20, least: 10, sinceProbe: 449, jitter: 0.75 });
    const after = vegas().sampled(before, { latency: 30, inFlight: 1, dropped: false }, 0.2);
    expect(after).to.deep.equal({ estimate: 20, least: 30, sinceProbe: 0, jitter: 0.6 });
  });
});

describe('aimd', () => {
  it('goes up by one where half of it is used, down by a tenth at a loss', () => {
    follow(aimd({ timeout: '1 s', min: 10 }), [
      [10, 10, false, 21],
      [10, 10, false, 21],
      [10, 11, false, 22],
      [1001, 1, false, 19],
      [10, 1, true, 17],
    ]);
  });

  it('keeps between its least and its most', () => {
    follow(aimd({ initial: 199 }), [
      [10, 199, false, 200],
      [10, 200, false, 200],
    ]);
    follow(aimd(), [[10, 20, true, 20]]);
  });
});

/** A server of `workers` that takes `work` ms a call; the rest wait. Callers are always as many as the limit lets in. */
function latencyAt(inFlight: number, workers: number, work: number): number {
  return work * Math.max(1, inFlight / workers);
}

function settle<State>(
  algorithm: LimitAlgorithm<State>,
  from: State,
  samples: number,
  workers: number,
  work: number,
): State {
  let state = from;
  for (let i = 0; i < samples; i++) {
    const inFlight = algorithm.limit(state);
    const sample: LimitSample = { latency: latencyAt(inFlight, workers, work), inFlight, dropped: false };
    state = algorithm.sampled(state, sample, 0.5);
  }
  return state;
}

describe('a limit under load', () => {
  it('of vegas finds the knee from below, and again after the server became slower and smaller', () => {
    const algorithm = vegas();
    const found = settle(algorithm, algorithm.initial, 2_000, 60, 10);
    expect(algorithm.limit(found)).to.be.within(60, 70);
    const slower = settle(algorithm, found, 4_000, 40, 30);
    expect(algorithm.limit(slower)).to.be.within(40, 75);
  });

  it('of gradient2 shrinks at once when the server slows down, and grows again when it is quick', () => {
    const algorithm = gradient2();
    const steady = settle(algorithm, algorithm.initial, 60, 60, 10);
    const before = algorithm.limit(steady);
    expect(before).to.be.within(60, 90);
    const slowed = settle(algorithm, steady, 15, 15, 10);
    expect(algorithm.limit(slowed)).to.be.below(before * 0.6);
    expect(algorithm.limit(settle(algorithm, slowed, 60, 60, 10))).to.be.within(60, 95);
  });

  it('of gradient2 takes a queue that stays for usual, in time, and is then at its most', () => {
    const algorithm = gradient2({ max: 150 });
    expect(algorithm.limit(settle(algorithm, algorithm.initial, 3_000, 60, 10))).to.equal(150);
  });

  it('of aimd stays where calls take as long as they may', () => {
    const algorithm = aimd({ timeout: 15, min: 1 });
    const found = settle(algorithm, algorithm.initial, 1_000, 60, 10);
    expect(algorithm.limit(found)).to.be.within(80, 91);
    expect(algorithm.limit(settle(algorithm, found, 1_000, 30, 10))).to.be.within(40, 46);
  });
});
