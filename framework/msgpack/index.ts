/** The codec MessagePack, apart from the rest because it loads a package that few need. */
export * from './msgpack.js';
