/** Where services are, and which of them is called. */
export { addresses, type Discovery, type DiscoveryTerms, instanceAt, type PeerPlace, wireAt } from './addresses.js';
export type { Balancer, Candidate, Picker } from './balancer.js';
export { consistentHash, type ConsistentHashOptions } from './consistent-hash.js';
export { EJECT_AFTER, EJECT_MOST, EJECT_TIME, PANIC } from './ejection.js';
export * from './instance.js';
export { type InstanceMatch, matches } from './instance-match.js';
export { type Applied, KnownInstances } from './known-instances.js';
export type { PeerListener, PeerNews } from './news.js';
export { p2c } from './p2c.js';
export { Peer, type PeerState, RECONNECT, RECONNECT_MOST } from './peer.js';
export { PATIENCE, Peers, type PeersOptions, REGION, ZONE } from './peers.js';
export { BALANCE, QUEUE, WARMING } from './pool.js';
export { HOLD, MEMORY, registry } from './registry.js';
export { Registry } from './registry-contract.js';
export {
  type Changes,
  instanceSchema,
  type Interest,
  type LeaseTerms,
  type Registration,
  type Sighting,
} from './registry-messages.js';
export { leastPending, roundRobin, weighted } from './round-robin.js';
export { ROUTE, routeOverride } from './route-override.js';
export { hashOf, SightingsHash } from './sightings-hash.js';
export { type Share, split, type SplitOptions } from './split.js';
export * from './status.js';
export { sticky, type StickyOptions } from './sticky.js';
export { zoneAware, type ZoneOptions } from './zone-aware.js';
