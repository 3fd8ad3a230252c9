/** Node's Buffer, which rsocket-js takes for granted, for a page. */
export { Buffer } from 'buffer/index.js';
