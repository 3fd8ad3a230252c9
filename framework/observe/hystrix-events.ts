/**
 * Commands and pools as the events of Hystrix's streams, name by name. Turbine reads every number as a whole one.
 * Source: Hystrix 1.5, SerialHystrixDashboardData, SerialHystrixConfiguration, SerialHystrixUtilization.
 */
import type { CommandCounts, HystrixCommandView, HystrixPoolView, HystrixSource } from './command-view.js';
import { type HistogramData, meanOf, percentilesOf } from './histogram-data.js';

/** One event: plain data for JSON. */
export type HystrixEvent = Readonly<Record<string, unknown>>;

/** What the dashboard shows: one event for each command and pool. `wall` is milliseconds since 1970. */
export function* dashboardEvents(source: HystrixSource, wall: number): Generator<HystrixEvent> {
  for (const command of source.commands()) yield commandEvent(command, wall);
  for (const pool of source.pools()) yield poolEvent(pool, wall);
}

/** How commands and pools are set: one event. */
export function* configEvents(source: HystrixSource): Generator<HystrixEvent> {
  const commands = Array.from(source.commands(), (command) => [command.name, commandConfig(command)]);
  const pools = Array.from(source.pools(), (pool) => [pool.name, poolConfig(pool)]);
  yield {
    type: 'HystrixConfig',
    commands: Object.fromEntries(commands),
    threadpools: Object.fromEntries(pools),
    collapsers: {},
  };
}

/** How many calls are at work: one event. */
export function* utilizationEvents(source: HystrixSource): Generator<HystrixEvent> {
  const commands = Array.from(source.commands(), ({ name, concurrent }) => [name, { activeCount: concurrent }]);
  const pools = Array.from(source.pools(), ({ name, active, queued, size }) => {
    return [name, { activeCount: active, queueSize: queued, corePoolSize: size, poolSize: size }];
  });
  yield {
    type: 'HystrixUtilization',
    commands: Object.fromEntries(commands),
    threadpools: Object.fromEntries(pools),
  };
}

function commandEvent(view: HystrixCommandView, wall: number): HystrixEvent {
  const { counts, properties, latencyTotal = view.latency } = view;
  const { requests, errors } = healthOf(counts);
  return {
    type: 'HystrixCommand',
    name: view.name,
    group: view.group,
    currentTime: wall,
    isCircuitBreakerOpen: view.open,
    errorPercentage: requests === 0 ? 0 : Math.floor((errors / requests) * 100),
    errorCount: errors,
    requestCount: requests,
    rollingCountBadRequests: counts.badRequest,
    rollingCountCollapsedRequests: counts.collapsed,
    rollingCountEmit: counts.emit,
    rollingCountExceptionsThrown: counts.exceptionThrown,
    rollingCountFailure: counts.failure,
    rollingCountFallbackEmit: counts.fallbackEmit,
    rollingCountFallbackFailure: counts.fallbackFailure,
    rollingCountFallbackMissing: counts.fallbackMissing,
    rollingCountFallbackRejection: counts.fallbackRejected,
    rollingCountFallbackSuccess: counts.fallbackSuccess,
    rollingCountResponsesFromCache: counts.responseFromCache,
    rollingCountSemaphoreRejected: counts.semaphoreRejected,
    rollingCountShortCircuited: counts.shortCircuited,
    rollingCountSuccess: counts.success,
    rollingCountThreadPoolRejected: counts.threadPoolRejected,
    rollingCountTimeout: counts.timeout,
    currentConcurrentExecutionCount: view.concurrent,
    rollingMaxConcurrentExecutionCount: view.maxConcurrent,
    latencyExecute_mean: Math.round(meanOf(view.latency)),
    latencyExecute: percentiles(view.latency),
    latencyTotal_mean: Math.round(meanOf(latencyTotal)),
    latencyTotal: percentiles(latencyTotal),
    propertyValue_circuitBreakerRequestVolumeThreshold: properties.circuitBreakerRequestVolumeThreshold,
    propertyValue_circuitBreakerSleepWindowInMilliseconds: properties.circuitBreakerSleepWindowInMilliseconds,
    propertyValue_circuitBreakerErrorThresholdPercentage: properties.circuitBreakerErrorThresholdPercentage,
    propertyValue_circuitBreakerForceOpen: properties.circuitBreakerForceOpen,
    propertyValue_circuitBreakerForceClosed: properties.circuitBreakerForceClosed,
    propertyValue_circuitBreakerEnabled: properties.circuitBreakerEnabled,
    propertyValue_executionIsolationStrategy: properties.executionIsolationStrategy,
    propertyValue_executionIsolationThreadTimeoutInMilliseconds: properties.executionTimeoutInMilliseconds,
    propertyValue_executionTimeoutInMilliseconds: properties.executionTimeoutInMilliseconds,
    propertyValue_executionIsolationThreadInterruptOnTimeout: properties.executionIsolationThreadInterruptOnTimeout,
    propertyValue_executionIsolationThreadPoolKeyOverride: null,
    propertyValue_executionIsolationSemaphoreMaxConcurrentRequests:
      properties.executionIsolationSemaphoreMaxConcurrentRequests,
    propertyValue_fallbackIsolationSemaphoreMaxConcurrentRequests:
      properties.fallbackIsolationSemaphoreMaxConcurrentRequests,
    propertyValue_metricsRollingStatisticalWindowInMilliseconds:
      properties.metricsRollingStatisticalWindowInMilliseconds,
    propertyValue_requestCacheEnabled: properties.requestCacheEnabled,
    propertyValue_requestLogEnabled: properties.requestLogEnabled,
    reportingHosts: 1,
    threadPool: view.pool ?? view.group,
  };
}

function poolEvent(pool: HystrixPoolView, wall: number): HystrixEvent {
  return {
    type: 'HystrixThreadPool',
    name: pool.name,
    currentTime: wall,
    currentActiveCount: pool.active,
    currentCompletedTaskCount: pool.completed,
    currentCorePoolSize: pool.size,
    currentLargestPoolSize: pool.size,
    currentMaximumPoolSize: pool.size,
    currentPoolSize: pool.size,
    currentQueueSize: pool.queued,
    currentTaskCount: pool.completed + pool.active + pool.queued,
    rollingCountThreadsExecuted: pool.executed,
    rollingMaxActiveThreads: pool.maxActive,
    rollingCountCommandRejections: pool.rejected,
    propertyValue_queueSizeRejectionThreshold: pool.queueSize,
    propertyValue_metricsRollingStatisticalWindowInMilliseconds: pool.window,
    reportingHosts: 1,
  };
}

function commandConfig({ group, pool = group, properties }: HystrixCommandView): HystrixEvent {
  const { metricsRollingStatisticalWindowInMilliseconds: window, metricsRollingStatisticalWindowBuckets: buckets } =
    properties;
  return {
    threadPoolKey: pool,
    groupKey: group,
    execution: {
      isolationStrategy: properties.executionIsolationStrategy,
      threadPoolKeyOverride: null,
      requestCacheEnabled: properties.requestCacheEnabled,
      requestLogEnabled: properties.requestLogEnabled,
      timeoutEnabled: properties.executionTimeoutEnabled,
      fallbackEnabled: properties.fallbackEnabled,
      timeoutInMilliseconds: properties.executionTimeoutInMilliseconds,
      semaphoreSize: properties.executionIsolationSemaphoreMaxConcurrentRequests,
      fallbackSemaphoreSize: properties.fallbackIsolationSemaphoreMaxConcurrentRequests,
      threadInterruptOnTimeout: properties.executionIsolationThreadInterruptOnTimeout,
    },
    metrics: {
      healthBucketSizeInMs: Math.round(window / buckets),
      percentileBucketSizeInMilliseconds: window,
      percentileBucketCount: buckets,
      percentileEnabled: true,
      counterBucketSizeInMilliseconds: window,
      counterBucketCount: buckets,
    },
    circuitBreaker: {
      enabled: properties.circuitBreakerEnabled,
      isForcedOpen: properties.circuitBreakerForceOpen,
      isForcedClosed: properties.circuitBreakerForceClosed,
      requestVolumeThreshold: properties.circuitBreakerRequestVolumeThreshold,
      errorPercentageThreshold: properties.circuitBreakerErrorThresholdPercentage,
      sleepInMilliseconds: properties.circuitBreakerSleepWindowInMilliseconds,
    },
  };
}

function poolConfig({ size, queueSize, window }: HystrixPoolView): HystrixEvent {
  return {
    coreSize: size,
    maximumSize: size,
    maxQueueSize: queueSize === 0 ? -1 : queueSize,
    queueRejectionThreshold: queueSize,
    keepAliveTimeInMinutes: 1,
    allowMaximumSizeToDivergeFromCoreSize: false,
    counterBucketSizeInMilliseconds: window,
    counterBucketCount: 10,
  };
}

/** Calls that a breaker judges by: what it refused itself, and what was the caller's fault, are none of them. */
function healthOf(counts: CommandCounts): { readonly requests: number; readonly errors: number } {
  const errors = counts.failure + counts.timeout + counts.semaphoreRejected + counts.threadPoolRejected;
  return { requests: counts.success + errors, errors };
}

const PERCENTS = [0, 25, 50, 75, 90, 95, 99, 99.5, 100];

function percentiles(data: HistogramData): Readonly<Record<string, number>> {
  const found = percentilesOf(data, PERCENTS);
  return Object.fromEntries(PERCENTS.map((percent, at) => [String(percent), Math.round(found[at] ?? 0)]));
}
