/** Demand through plain RxJS: pulled sources, their two ends, and the operators that need a gate of their own. */
export * from './absorb.js';
export * from './gated.js';
export * from './iterate.js';
export * from './multicast.js';
export * from './observable-of.js';
export * from './pull.js';
