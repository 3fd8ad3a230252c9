/** What a node knows of itself in numbers: meters, histograms, and streams of both. */
export { Histogram } from './histogram.js';
export {
  EMPTY_HISTOGRAM,
  type HistogramData,
  histogramSince,
  meanOf,
  mergeHistograms,
  percentileOf,
  percentilesOf,
} from './histogram-data.js';
