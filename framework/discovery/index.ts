/** Where services are, and which of them is called. */
export { addresses, type Discovery, type PeerPlace, wireAt } from './addresses.js';
export type { PeerListener, PeerNews } from './news.js';
export { Peer, type PeerState, RECONNECT, RECONNECT_MOST } from './peer.js';
export { PATIENCE, Peers } from './peers.js';
export * from './status.js';
export * from './instance.js';
export { Registry } from './registry-contract.js';
export type { Changes, Interest, LeaseTerms, Registration, Sighting } from './registry-messages.js';
export { hashOf, SightingsHash } from './sightings-hash.js';
