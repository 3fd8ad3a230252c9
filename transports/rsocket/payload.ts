/** One item on a stream: data, and metadata if any. */
import { type MeshError, meshError, TextMessage } from '../../framework/kernel.js';
import { bytesOf, EMPTY, sliceText, text as textOfBytes } from './bytes.js';

/** Bytes that came from the wire may be a view of a larger buffer; copy what is kept for long. */
export interface Payload {
  readonly data: Uint8Array;
  readonly metadata?: Uint8Array | undefined;
}

/** A payload of bytes or of UTF-8 texts. */
export function payload(data: string | Uint8Array, metadata?: string | Uint8Array): Payload {
  const meta = typeof metadata === 'string' ? bytesOf(metadata) : metadata;
  return typeof data === 'string' ? new TextMessage(data, meta) : { data, metadata: meta };
}

/** The UTF-8 text of a payload's data, or of bytes; what is not UTF-8 becomes U+FFFD. */
export function text(of: Payload | Uint8Array | undefined): string {
  if (of instanceof ReceivedPayload || of instanceof TextMessage) return of.text();
  return of === undefined || of instanceof Uint8Array ? textOfBytes(of) : textOfBytes(of.data);
}

/** A payload as it came, a view of its frame that is made when it is wanted. */
export class ReceivedPayload implements Payload {
  private view: Uint8Array | undefined;

  constructor(
    private readonly frame: Uint8Array,
    private readonly start: number,
    private readonly end: number,
    readonly metadata: Uint8Array | undefined,
  ) {}

  get data(): Uint8Array {
    return (this.view ??= this.start === this.end ? EMPTY : this.frame.subarray(this.start, this.end));
  }

  /** Bytes of data. */
  get length(): number {
    return this.end - this.start;
  }

  text(): string {
    return sliceText(this.frame, this.start, this.end);
  }
}

/** How many bytes a payload carries. */
export function sizeOf(item: Payload): number {
  const data = item instanceof ReceivedPayload ? item.length : item.data.length;
  return item.metadata === undefined ? data : data + item.metadata.length;
}

/** What is sent instead of a payload. */
export function notBytes(): MeshError {
  return meshError(
    'Invalid',
    "a payload's data, and its metadata if any, must be bytes; payload() makes them of texts",
  );
}
