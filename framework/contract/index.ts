/** Contracts as values: what is asked and answered, by whom it is served, and how it is called. */
export { askedOf } from './asked.js';
export * from './answer.js';
export * from './bytes-codec.js';
export * from './client.js';
export * from './codec.js';
export * from './contract.js';
export * from './description.js';
export * from './compatibility.js';
export * from './dispatch.js';
export * from './failure.js';
export * from './json.js';
export * from './local.js';
export * from './open-calls.js';
export * from './schema.js';
export * from './wire.js';
