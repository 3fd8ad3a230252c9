/** What tests of services and filters are made with. */
export * from './laws.js';
export * from './virtual-clock.js';
