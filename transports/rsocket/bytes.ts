/** Bytes and texts in Node and in browsers, with Node's faster ways where there are any. */

interface NodeBuffer {
  allocUnsafeSlow(length: number): Uint8Array;
  from(text: string, encoding: 'utf8'): Uint8Array;
}

const node = (globalThis as { Buffer?: NodeBuffer }).Buffer;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const EMPTY = new Uint8Array(0);

/** New bytes of any content. */
export function allocate(length: number): Uint8Array {
  return node === undefined ? new Uint8Array(length) : node.allocUnsafeSlow(length);
}

/** The UTF-8 bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return node === undefined ? encoder.encode(text) : node.from(text, 'utf8');
}

/** The text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD. */
export function text(bytes: Uint8Array | undefined): string {
  return bytes === undefined || bytes.length === 0 ? '' : decoder.decode(bytes);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = allocate(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A copy of the bytes from `start` up to `end`. (A Buffer's own `slice` does not copy.) */
export function copyOf(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  const copy = allocate(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

export function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function readUint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}

/** 32 bits as a signed number: the top bit set gives a negative one. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
  return at + 2;
}

export function writeUint24(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 16;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value;
  return at + 3;
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}
