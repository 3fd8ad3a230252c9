import { expect } from 'chai';
import { array, assert, double, integer, oneof, property } from 'fast-check';
import {
  EMPTY_HISTOGRAM,
  Histogram,
  type HistogramData,
  histogramSince,
  meanOf,
  mergeHistograms,
  percentileOf,
  percentilesOf,
} from 'millrace';

/** How far a percentile may be from the exact one, as a share of it. */
const ERROR = 1 / 64;
const PERCENTS = [0, 1, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100];

const values = (most = 300) =>
  array(
    oneof(
      double({ min: 1e-6, max: 1e12, noNaN: true }),
      integer({ min: 1, max: 5000 }),
      double({ min: 0.5, max: 2, noNaN: true }),
    ),
    { minLength: 1, maxLength: most },
  );
/** Their sums don't depend on the order. */
const wholes = array(integer({ min: 0, max: 1_000_000 }), { maxLength: 60 });

function counted(all: readonly number[]): HistogramData {
  const histogram = new Histogram();
  for (const value of all) histogram.add(value);
  return histogram.data();
}

/** The value of nearest rank in the data itself. */
function exact(all: readonly number[], percent: number): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}

describe('a histogram', () => {
  it('knows each percentile to 1.6 %, whatever the values', () => {
    assert(
      property(values(), (all) => {
        const data = counted(all);
        percentilesOf(data, PERCENTS).forEach((found, at) => {
          const wanted = exact(all, PERCENTS[at] ?? 0);
          expect(Math.abs(found - wanted)).to.be.at.most(wanted * ERROR + 1e-12);
        });
      }),
    );
  });

  it('knows count, mean, least and greatest exactly', () => {
    assert(
      property(values(), (all) => {
        const data = counted(all);
        const sum = all.reduce((before, value) => before + value, 0);
        expect(data.count).to.equal(all.length);
        expect(meanOf(data)).to.equal(sum / all.length);
        expect([percentileOf(data, 0), percentileOf(data, 100)]).to.deep.equal([Math.min(...all), Math.max(...all)]);
      }),
    );
  });

  it('merges without loss: two halves are what the whole is', () => {
    assert(
      property(wholes, wholes, (a, b) => {
        const whole = counted([...a, ...b]);
        expect(mergeHistograms(counted(a), counted(b))).to.deep.equal(whole);
        const into = new Histogram();
        into.merge(counted(a));
        into.merge(counted(b));
        expect(into.data()).to.deep.equal(whole);
        const other = new Histogram();
        for (const value of b) other.add(value);
        const included = new Histogram();
        for (const value of a) included.add(value);
        included.include(other);
        expect([included.data(), other.data()]).to.deep.equal([whole, counted(b)]);
      }),
    );
  });

  it('merges alike in any order and grouping', () => {
    assert(
      property(wholes, wholes, wholes, (...all) => {
        const [a, b, c] = all.map(counted) as [HistogramData, HistogramData, HistogramData];
        expect(mergeHistograms(a, b)).to.deep.equal(mergeHistograms(b, a));
        expect(mergeHistograms(mergeHistograms(a, b), c)).to.deep.equal(mergeHistograms(a, mergeHistograms(b, c)));
        expect(mergeHistograms(a, EMPTY_HISTOGRAM)).to.deep.equal(a);
      }),
    );
  });

  it('tells what came since, which with what was before is what there is', () => {
    assert(
      property(wholes, wholes, (before, later) => {
        const then = counted(before);
        const now = counted([...before, ...later]);
        const since = histogramSince(now, then);
        const alone = counted(later);
        expect([since.count, since.sum, since.buckets]).to.deep.equal([alone.count, alone.sum, alone.buckets]);
        for (const percent of PERCENTS) {
          expect(percentileOf(since, percent)).to.be.closeTo(
            percentileOf(alone, percent),
            ERROR * percentileOf(alone, percent) + 1e-12,
          );
        }
        const { count, sum, buckets } = mergeHistograms(then, since);
        expect([count, sum, buckets]).to.deep.equal([now.count, now.sum, now.buckets]);
      }),
    );
  });

  it('tells all of it where it has begun anew since', () => {
    const now = counted([1, 2]);
    expect(histogramSince(now, counted([1, 1, 5]))).to.deep.equal(now);
  });

  it('crosses the wire as it is', () => {
    const data = counted([0, 0.25, 1, 7, 7, 1e9]);
    expect(JSON.parse(JSON.stringify(data))).to.deep.equal(data);
  });

  it('takes what is out of its range for its ends, and what is no number for nothing', () => {
    const data = counted([-5, Number.NaN, Infinity, 1e300, 1e-9]);
    expect(data).to.include({ count: 4, min: 0, max: 2 ** 44 });
    expect(percentilesOf(data, [50, 100])).to.deep.equal([0, 2 ** 44]);
  });

  it('is of no more than 2,081 buckets', () => {
    const histogram = new Histogram();
    for (let value = 2 ** -21; value <= 2 ** 46; value *= 1.005) histogram.add(value);
    expect(histogram.data().buckets.length / 2).to.be.within(2000, 2081);
  });

  it('begins anew', () => {
    const histogram = new Histogram();
    histogram.add(3);
    histogram.clear();
    expect(histogram.data()).to.deep.equal(EMPTY_HISTOGRAM);
    histogram.add(9);
    expect(histogram.data()).to.deep.equal(counted([9]));
  });
});
