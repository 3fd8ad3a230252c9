/** The application: services as decorated classes, what they ask for, how they start and end. */
export type { App, AppState } from './app.js';
export { CALL_DEADLINE, GRACE, STREAM_GRACE } from './app-params.js';
export type { Answering, Blueprint, Callers, ConfigSources } from './blueprint.js';
export * from './configuration.js';
export {
  client,
  component,
  type Constructor,
  contractsOf,
  filtersOf,
  inject,
  serves,
  setting,
  use,
} from './decorators.js';
export { type Check, Health, HEALTH_HOST, HEALTH_PORT } from './health.js';
export type { Hooks } from './lifecycle.js';
export { Log, LOG_LEVEL, type LogOptions } from './logs.js';
export { Mesh, mesh } from './mesh.js';
export type { Container, Provider, Scope, Token } from './providers.js';
