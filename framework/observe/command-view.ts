/** A command as a reader of Hystrix's streams sees it: what was called, how that went of late, and what it is set to. */
import type { HistogramData } from './histogram-data.js';

/** How a call may go, by the words of Hystrix's HystrixEventType. */
export const COMMAND_EVENTS = [
  'success',
  'failure',
  'timeout',
  'badRequest',
  'shortCircuited',
  'semaphoreRejected',
  'threadPoolRejected',
  'cancelled',
  'emit',
  'exceptionThrown',
  'fallbackSuccess',
  'fallbackFailure',
  'fallbackRejected',
  'fallbackMissing',
  'fallbackEmit',
  'responseFromCache',
  'collapsed',
] as const;

export type CommandEvent = (typeof COMMAND_EVENTS)[number];
export type CommandCounts = Readonly<Record<CommandEvent, number>>;

/** A method that is called, over the last seconds. */
export interface HystrixCommandView {
  /** Unique: a dashboard knows a command by it, `films.title`. */
  readonly name: string;
  readonly group: string;
  /** The pool that it runs in; its group. */
  readonly pool?: string;
  /** Whether its breaker refuses calls. */
  readonly open: boolean;
  readonly counts: CommandCounts;
  /** Calls at this moment, and the most at once in the window. */
  readonly concurrent: number;
  readonly maxConcurrent: number;
  /** Milliseconds of the calls that were made. */
  readonly latency: HistogramData;
  /** With what they waited before; the same where left out. */
  readonly latencyTotal?: HistogramData;
  readonly properties: HystrixCommandProperties;
}

/** What a command is set to; names, units and defaults are those of Hystrix's HystrixCommandProperties. */
export interface HystrixCommandProperties {
  readonly circuitBreakerRequestVolumeThreshold: number;
  readonly circuitBreakerSleepWindowInMilliseconds: number;
  readonly circuitBreakerErrorThresholdPercentage: number;
  readonly circuitBreakerForceOpen: boolean;
  readonly circuitBreakerForceClosed: boolean;
  readonly circuitBreakerEnabled: boolean;
  readonly executionIsolationStrategy: 'SEMAPHORE' | 'THREAD';
  readonly executionTimeoutEnabled: boolean;
  readonly executionTimeoutInMilliseconds: number;
  readonly executionIsolationThreadInterruptOnTimeout: boolean;
  readonly executionIsolationSemaphoreMaxConcurrentRequests: number;
  readonly fallbackEnabled: boolean;
  readonly fallbackIsolationSemaphoreMaxConcurrentRequests: number;
  readonly metricsRollingStatisticalWindowInMilliseconds: number;
  readonly metricsRollingStatisticalWindowBuckets: number;
  readonly requestCacheEnabled: boolean;
  readonly requestLogEnabled: boolean;
}

/** What holds where nobody says otherwise. Node has no threads to keep apart, so isolation is by counting. */
export const HYSTRIX_COMMAND_PROPERTIES: HystrixCommandProperties = {
  circuitBreakerRequestVolumeThreshold: 20,
  circuitBreakerSleepWindowInMilliseconds: 5000,
  circuitBreakerErrorThresholdPercentage: 50,
  circuitBreakerForceOpen: false,
  circuitBreakerForceClosed: false,
  circuitBreakerEnabled: true,
  executionIsolationStrategy: 'SEMAPHORE',
  executionTimeoutEnabled: true,
  executionTimeoutInMilliseconds: 1000,
  executionIsolationThreadInterruptOnTimeout: true,
  executionIsolationSemaphoreMaxConcurrentRequests: 10,
  fallbackEnabled: true,
  fallbackIsolationSemaphoreMaxConcurrentRequests: 10,
  metricsRollingStatisticalWindowInMilliseconds: 10_000,
  metricsRollingStatisticalWindowBuckets: 10,
  requestCacheEnabled: true,
  requestLogEnabled: true,
};

/** What Hystrix calls a thread pool: the calls that share places to run in, as those of one service or one bulkhead. */
export interface HystrixPoolView {
  readonly name: string;
  /** At work now, waiting now, and the most at work in the window. */
  readonly active: number;
  readonly queued: number;
  readonly maxActive: number;
  /** Begun and refused in the window. */
  readonly executed: number;
  readonly rejected: number;
  /** Ended since the beginning. */
  readonly completed: number;
  /** Places to run in, to wait in. */
  readonly size: number;
  readonly queueSize: number;
  /** Milliseconds of the window. */
  readonly window: number;
}

/** What Hystrix's streams are made of. */
export interface HystrixSource {
  commands(): Iterable<HystrixCommandView>;
  pools(): Iterable<HystrixPoolView>;
}
