/** Millrace: what a service imports. */
export * from './core/index.js';
export * from './demand/index.js';
export * from './contract/index.js';
export * from './discovery/index.js';
export * from './observe/index.js';
export * from './resilience/index.js';
export * from './app/index.js';
