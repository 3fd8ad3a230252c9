/** Millrace: what a service imports. */
export * from './core/index.js';
export * from './demand/index.js';
