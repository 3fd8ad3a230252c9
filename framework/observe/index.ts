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
export { type CallOutcome, meter, type MeterOptions } from './meter.js';
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
export {
  answerMeter,
  type CommandFailure,
  commandFailureOf,
  commandMeter,
  type CommandMeterOptions,
} from './command-meter.js';
export {
  type CommandCounts,
  type CommandEvent,
  HYSTRIX_COMMAND_PROPERTIES,
  type HystrixCommandProperties,
  type HystrixCommandView,
  type HystrixPoolView,
  type HystrixSource,
} from './command-view.js';
export { type CommandKey, COMMANDS, Commands, type CommandsOptions } from './commands.js';
export { configEvents, dashboardEvents, type HystrixEvent, utilizationEvents } from './hystrix-events.js';
export {
  HYSTRIX_PARAMS,
  HYSTRIX_STALL,
  HYSTRIX_STREAMS,
  type HystrixServer,
  type HystrixServerOptions,
  type HystrixStreamOptions,
  type HystrixStreams,
  hystrixStreams,
  serveHystrix,
} from './hystrix-stream.js';
export { MERGE_INSTANCES, MERGE_PARAMS, MERGE_SERIES, merged, type MergeOptions, type MetricsPeer } from './merged.js';
export { merging } from './merging.js';
export {
  METRIC_ITEMS,
  METRIC_STREAM_PARAMS,
  METRIC_WATCHERS,
  metricsHandlers,
  type MetricStreamOptions,
} from './metric-stream.js';
export { Metrics } from './metrics-contract.js';
export type { MetricsInterest, MetricsSnapshot } from './metrics-messages.js';
