/** What tests of services and filters are made with. */
export { type ProxyCounts } from './fault-lane.js';
export { faultProxy, type FaultProxy, type FaultProxyOptions, type ProxyStep } from './fault-proxy.js';
export { type FaultCounts, type NetworkOptions, type Span } from './faults.js';
export * from './laws.js';
export { type Host, network, type Network } from './network.js';
export { seeded } from './seeded.js';
export * from './virtual-clock.js';
export { type Asked, type Expectation, peer, type Peer } from './peer.js';
export { type Chaos, check, simulate, type SimulationOptions, type World } from './simulate.js';
export { type Amount, type Toxic } from './toxics.js';
