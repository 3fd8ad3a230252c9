/** A frame that was read: its header in fields, its body a view. One object is used for every frame of a connection. */
import { EMPTY, keepCopy, readInt32, readUint16, readUint24 } from './bytes.js';
import { type Payload, ReceivedPayload } from './payload.js';
import { Flag, FrameType, HEADER } from './protocol.js';

/** A piece this small is not worth keeping for a part of it: its own bookkeeping is larger than what it holds. */
const SMALL = 512;

export class Frame {
  id = 0;
  type = 0;
  flags = 0;
  /** REQUEST_N or initial REQUEST_N, an error's code; 0 where the type has none. */
  n = 0;
  metadata: Uint8Array | undefined;
  private bytes: Uint8Array = EMPTY;
  private start = 0;
  private end = 0;

  /** What follows the fields and the metadata. */
  get data(): Uint8Array {
    return this.start === this.end ? EMPTY : this.bytes.subarray(this.start, this.end);
  }

  /** Metadata and data as an item, which may be kept when the frame is used again. */
  get item(): Payload {
    if (this.bytes.length <= SMALL)
      return { data: keepCopy(this.bytes, this.start, this.end), metadata: this.copiedMetadata };
    return new ReceivedPayload(this.bytes, this.start, this.end, this.metadata);
  }

  private get copiedMetadata(): Uint8Array | undefined {
    return this.metadata === undefined ? undefined : keepCopy(this.metadata);
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** Reads a frame from `start` up to `end`; returns what is wrong with it, if anything is. */
  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (end - start < HEADER) {
      this.flags = 0;
      return `a frame of ${end - start} bytes is shorter than its header`;
    }
    const typeAndFlags = readUint16(bytes, start + 4);
    this.id = readInt32(bytes, start);
    this.type = typeAndFlags >>> 10;
    this.flags = typeAndFlags & 0x3ff;
    if (this.id < 0) return 'a stream id has its top bit set';
    const fixed = FIXED[this.type] as number;
    let at = start + HEADER;
    if (end - at < fixed) return `a frame of type 0x${this.type.toString(16)} is cut short`;
    if (fixed === 4) this.n = readInt32(bytes, at);
    at += fixed;
    this.metadata = undefined;
    if ((this.flags & Flag.METADATA) !== 0 && MEASURED[this.type] === true) {
      const length = end - at < 3 ? Infinity : readUint24(bytes, at);
      if (at + 3 + length > end) return 'metadata is longer than its frame';
      this.metadata = bytes.subarray(at + 3, at + 3 + length);
      at += 3 + length;
    }
    this.bytes = bytes;
    this.start = at;
    this.end = end;
    return undefined;
  }
}

/** Bytes of fields between header and body, by type. */
const FIXED: readonly number[] = Object.assign(
  Array.from({ length: 64 }, () => 0),
  {
    [FrameType.REQUEST_STREAM]: 4,
    [FrameType.REQUEST_CHANNEL]: 4,
    [FrameType.REQUEST_N]: 4,
    [FrameType.ERROR]: 4,
    [FrameType.KEEPALIVE]: 8,
  },
);

/** Types whose metadata has a length before it. */
const MEASURED: readonly boolean[] = Object.assign(
  Array.from({ length: 64 }, () => false),
  {
    [FrameType.REQUEST_RESPONSE]: true,
    [FrameType.REQUEST_FNF]: true,
    [FrameType.REQUEST_STREAM]: true,
    [FrameType.REQUEST_CHANNEL]: true,
    [FrameType.PAYLOAD]: true,
  },
);
