/** The kernel: imports rxjs and nothing else. */
export * from './call.js';
export * from './clock.js';
export * from './error-report.js';
export * from './errors.js';
export * from './fuse.js';
export * from './gate.js';
export * from './lift.js';
export * from './overflow.js';
export * from './param.js';
export * from './policy.js';
export * from './queue.js';
export * from './service.js';
export * from './sink.js';
export * from './stack.js';
export * from './turn.js';
export * from './warn.js';
