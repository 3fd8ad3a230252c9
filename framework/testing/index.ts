/** What tests of services and filters are made with. */
export { type FaultCounts, type NetworkOptions, type Span } from './faults.js';
export * from './laws.js';
export { type Host, network, type Network } from './network.js';
export { seeded } from './seeded.js';
export * from './virtual-clock.js';
