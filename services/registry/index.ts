/** The registry, for programs that run one themselves: `millrace/registry`. */
export { registryMesh, type RegistryOptions, RunningRegistry } from './plan.js';
export type { PeerLink, PeerNews, TellPeerNews } from './peer-link.js';
export { PeerRegistries } from './peer-registries.js';
export { PEER_PARAMS } from './peer-settings.js';
export { RegistryPeers } from './peers-contract.js';
export { Replication, type ReplicationOptions } from './replication.js';
export { REGISTRY_PARAMS } from './settings.js';
export { type Entry, type LeaseTimes, RegistryStore, type StoreNews, type StoreOptions } from './store.js';
