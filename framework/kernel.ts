/** Calls, demand and contracts, with nothing of Node: what transports build on, and what a browser gets as Millrace. */
export * from './core/index.js';
export * from './demand/index.js';
export * from './contract/index.js';
export * from './resilience/index.js';
