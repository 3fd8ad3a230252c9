/** Bytes as they are, for what has a form of its own already: pictures, files, messages of other protocols. */
import type { Encoded } from '../core/index.js';
import { kindOf, unencodable } from './codec-limits.js';

export interface BytesCodec {
  readonly mime: 'application/octet-stream';
  encode(value: unknown): string | Uint8Array;
  decode(message: Encoded): Uint8Array;
}

/**
 * The codec `application/octet-stream`: takes a Uint8Array, or a string as its UTF-8, and gives a Uint8Array.
 *
 * Nothing is copied. What is sent must not change until it has gone out; what comes may be a view of a larger buffer,
 * in Node often a Buffer: copy what is kept for long. Any other value, undefined too, is a Defect.
 */
export function bytes(): BytesCodec {
  return { mime: 'application/octet-stream', encode: encodeBytes, decode: ({ data }) => data };
}

function encodeBytes(value: unknown): string | Uint8Array {
  if (value instanceof Uint8Array || typeof value === 'string') return value;
  throw unencodable(`application/octet-stream takes a Uint8Array or a string, not ${kindOf(value)}`);
}
