/** The registry, for programs that run one themselves: `millrace/registry`. */
export { registryMesh, type RegistryOptions, RunningRegistry } from './plan.js';
export { REGISTRY_PARAMS } from './settings.js';
export { type Entry, type LeaseTimes, RegistryStore, type StoreNews, type StoreOptions } from './store.js';
