/** One item on a stream: data, and metadata if any. */
import { bytesOf } from './bytes.js';

/** Bytes that came from the wire may be a view of a larger buffer; copy what is kept for long. */
export interface Payload {
  readonly data: Uint8Array;
  readonly metadata?: Uint8Array | undefined;
}

/** A payload of bytes or of UTF-8 texts. */
export function payload(data: string | Uint8Array, metadata?: string | Uint8Array): Payload {
  const bytes = typeof data === 'string' ? bytesOf(data) : data;
  if (metadata === undefined) return { data: bytes, metadata: undefined };
  return { data: bytes, metadata: typeof metadata === 'string' ? bytesOf(metadata) : metadata };
}

/** How many bytes a payload carries. */
export function sizeOf(item: Payload): number {
  return item.data.length + (item.metadata === undefined ? 0 : item.metadata.length);
}
