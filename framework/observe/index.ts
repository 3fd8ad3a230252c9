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
export {
  type CounterMeasurement,
  type DistributionMeasurement,
  type GaugeMeasurement,
  type Measurement,
  mergeMeasurements,
  type MeterFilter,
  type MeterKind,
  type Tags,
} from './measurement.js';
export {
  Counter,
  Distribution,
  Gauge,
  type Meter,
  METER_PARAMS,
  Meters,
  type MetersOptions,
  OVERFLOW_NAME,
  OVERFLOW_TAGS,
  SERIES,
  SERIES_EACH,
  Timer,
} from './meters.js';
