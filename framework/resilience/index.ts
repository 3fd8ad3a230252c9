/** What keeps a service and its callers well when things go wrong: policies, as filters and operators. */
export { aimd, type AimdOptions } from './aimd.js';
export { cache, type Cache, type CacheOptions, requestCache, type RequestCacheOptions } from './cache.js';
export { callKey } from './call-key.js';
export { collapse, type CollapseOptions } from './collapse.js';
export { fault, faulty } from './fault.js';
export { FaultControl, faultHandlers } from './fault-contract.js';
export { type FaultInjection, type FaultScope } from './fault-injection.js';
export { Faults, type FaultsOptions } from './faults.js';
export { gradient2, type Gradient2Options, type Gradient2State } from './gradient2.js';
export { hedge, type HedgeOptions } from './hedge.js';
export { LeaseSharer, type LeaseSharerOptions, type SharedLease } from './lease-sharer.js';
export { capacityOf, type Holder, leasesOf } from './leases-of.js';
export { fixedLimit, type LimitAlgorithm, type LimitSample } from './limit-algorithm.js';
export { limit } from './limit.js';
export { Limiter, type LimiterOptions, type LimiterView } from './limiter.js';
export { type InFlight, mayStart, type PriorityShare, SHARES, type Shares } from './shares.js';
export { vegas, type VegasOptions, type VegasState } from './vegas.js';
