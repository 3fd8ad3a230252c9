/** Names and types of the events that Hystrix 1.5.18 sends, in their order, as they were recorded from its servlets. */

/** The shape of a JSON value: `whole` is a number that Turbine reads as a long. */
export type Shape = string | { readonly [name: string]: Shape };

export const COMMAND_SHAPE: Shape = {
  type: 'string',
  name: 'string',
  group: 'string',
  currentTime: 'whole',
  isCircuitBreakerOpen: 'boolean',
  errorPercentage: 'whole',
  errorCount: 'whole',
  requestCount: 'whole',
  rollingCountBadRequests: 'whole',
  rollingCountCollapsedRequests: 'whole',
  rollingCountEmit: 'whole',
  rollingCountExceptionsThrown: 'whole',
  rollingCountFailure: 'whole',
  rollingCountFallbackEmit: 'whole',
  rollingCountFallbackFailure: 'whole',
  rollingCountFallbackMissing: 'whole',
  rollingCountFallbackRejection: 'whole',
  rollingCountFallbackSuccess: 'whole',
  rollingCountResponsesFromCache: 'whole',
  rollingCountSemaphoreRejected: 'whole',
  rollingCountShortCircuited: 'whole',
  rollingCountSuccess: 'whole',
  rollingCountThreadPoolRejected: 'whole',
  rollingCountTimeout: 'whole',
  currentConcurrentExecutionCount: 'whole',
  rollingMaxConcurrentExecutionCount: 'whole',
  latencyExecute_mean: 'whole',
  latencyExecute: {
    '0': 'whole',
    '25': 'whole',
    '50': 'whole',
    '75': 'whole',
    '90': 'whole',
    '95': 'whole',
    '99': 'whole',
    '99.5': 'whole',
    '100': 'whole',
  },
  latencyTotal_mean: 'whole',
  latencyTotal: {
    '0': 'whole',
    '25': 'whole',
    '50': 'whole',
    '75': 'whole',
    '90': 'whole',
    '95': 'whole',
    '99': 'whole',
    '99.5': 'whole',
    '100': 'whole',
  },
  propertyValue_circuitBreakerRequestVolumeThreshold: 'whole',
  propertyValue_circuitBreakerSleepWindowInMilliseconds: 'whole',
  propertyValue_circuitBreakerErrorThresholdPercentage: 'whole',
  propertyValue_circuitBreakerForceOpen: 'boolean',
  propertyValue_circuitBreakerForceClosed: 'boolean',
  propertyValue_circuitBreakerEnabled: 'boolean',
  propertyValue_executionIsolationStrategy: 'string',
  propertyValue_executionIsolationThreadTimeoutInMilliseconds: 'whole',
  propertyValue_executionTimeoutInMilliseconds: 'whole',
  propertyValue_executionIsolationThreadInterruptOnTimeout: 'boolean',
  propertyValue_executionIsolationThreadPoolKeyOverride: 'null',
  propertyValue_executionIsolationSemaphoreMaxConcurrentRequests: 'whole',
  propertyValue_fallbackIsolationSemaphoreMaxConcurrentRequests: 'whole',
  propertyValue_metricsRollingStatisticalWindowInMilliseconds: 'whole',
  propertyValue_requestCacheEnabled: 'boolean',
  propertyValue_requestLogEnabled: 'boolean',
  reportingHosts: 'whole',
  threadPool: 'string',
};

export const POOL_SHAPE: Shape = {
  type: 'string',
  name: 'string',
  currentTime: 'whole',
  currentActiveCount: 'whole',
  currentCompletedTaskCount: 'whole',
  currentCorePoolSize: 'whole',
  currentLargestPoolSize: 'whole',
  currentMaximumPoolSize: 'whole',
  currentPoolSize: 'whole',
  currentQueueSize: 'whole',
  currentTaskCount: 'whole',
  rollingCountThreadsExecuted: 'whole',
  rollingMaxActiveThreads: 'whole',
  rollingCountCommandRejections: 'whole',
  propertyValue_queueSizeRejectionThreshold: 'whole',
  propertyValue_metricsRollingStatisticalWindowInMilliseconds: 'whole',
  reportingHosts: 'whole',
};

/** Of the utilisation stream, for one command and one pool. */
export const UTILIZATION_SHAPE: Shape = {
  type: 'string',
  commands: { 'films.title': { activeCount: 'whole' } },
  threadpools: { films: { activeCount: 'whole', queueSize: 'whole', corePoolSize: 'whole', poolSize: 'whole' } },
};

/** Of the configuration stream, as SerialHystrixConfiguration writes it; none was recorded. */
export const CONFIG_SHAPE: Shape = {
  type: 'string',
  commands: {
    'films.title': {
      threadPoolKey: 'string',
      groupKey: 'string',
      execution: {
        isolationStrategy: 'string',
        threadPoolKeyOverride: 'null',
        requestCacheEnabled: 'boolean',
        requestLogEnabled: 'boolean',
        timeoutEnabled: 'boolean',
        fallbackEnabled: 'boolean',
        timeoutInMilliseconds: 'whole',
        semaphoreSize: 'whole',
        fallbackSemaphoreSize: 'whole',
        threadInterruptOnTimeout: 'boolean',
      },
      metrics: {
        healthBucketSizeInMs: 'whole',
        percentileBucketSizeInMilliseconds: 'whole',
        percentileBucketCount: 'whole',
        percentileEnabled: 'boolean',
        counterBucketSizeInMilliseconds: 'whole',
        counterBucketCount: 'whole',
      },
      circuitBreaker: {
        enabled: 'boolean',
        isForcedOpen: 'boolean',
        isForcedClosed: 'boolean',
        requestVolumeThreshold: 'whole',
        errorPercentageThreshold: 'whole',
        sleepInMilliseconds: 'whole',
      },
    },
  },
  threadpools: {
    films: {
      coreSize: 'whole',
      maximumSize: 'whole',
      maxQueueSize: 'whole',
      queueRejectionThreshold: 'whole',
      keepAliveTimeInMinutes: 'whole',
      allowMaximumSizeToDivergeFromCoreSize: 'boolean',
      counterBucketSizeInMilliseconds: 'whole',
      counterBucketCount: 'whole',
    },
  },
  collapsers: {},
};

export function shapeOf(value: unknown): Shape {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'whole' : 'number';
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shapeOf(each)]));
}
