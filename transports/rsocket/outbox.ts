/**
 * Encodes frames straight into pooled slabs and hands them to the link in runs: one write for the frames of a microtask,
 * at once when 8 KiB wait. A connection that has nothing to say holds no slab.
 */
import { allocate, writeText, writeUint24, writeUint32 } from './bytes.js';
import type { Link } from './link.js';
import { Flag, FrameType, HEADER, PREFIX } from './protocol.js';

const SLAB = 32 * 1024;
const FLUSH = 8 * 1024;
/** Items of a stream, which nobody waits for one by one, may gather to twice that. */
const FLUSH_ITEMS = 2 * FLUSH;
/** Slabs kept for later; more are left to the garbage collector. */
const POOLED = 64;

/** Frames of a text are encoded in place where they can't be longer than this. */
export const LONGEST_TEXT = SLAB / 2;

interface Slab {
  readonly bytes: Uint8Array;
  /** Writes on their way, and one for the outbox that holds it. */
  uses: number;
  readonly done: () => void;
}

const pool: Slab[] = [];

function newSlab(): Slab {
  const slab: Slab = { bytes: allocate(SLAB), uses: 0, done: () => release(slab) };
  return slab;
}

function release(slab: Slab): void {
  slab.uses -= 1;
  if (slab.uses === 0 && pool.length < POOLED) pool.push(slab);
}

export class Outbox {
  private slab: Slab | undefined;
  private begun = 0;
  private at = 0;
  private flushing = false;
  private closed = false;
  private readonly flushSoon = (): void => {
    this.flushing = false;
    this.flush();
    this.letGo();
  };

  /** `full` is told when the link asks to wait. */
  constructor(
    private readonly link: Link,
    private readonly full: () => void,
  ) {}

  /** A request or PAYLOAD frame; `n` is the initial REQUEST_N, 0 where the type has none. */
  payload(
    id: number,
    type: number,
    flags: number,
    n: number,
    metadata: Uint8Array | undefined,
    data: Uint8Array,
  ): void {
    const extra = metadata === undefined ? 0 : PREFIX + metadata.length;
    const length = HEADER + (n > 0 ? 4 : 0) + extra + data.length;
    const bytes = this.begin(length, id, type, metadata === undefined ? flags : flags | Flag.METADATA);
    let at = this.at;
    if (n > 0) at = writeUint32(bytes, at, n);
    if (metadata !== undefined) {
      at = writeUint24(bytes, at, metadata.length);
      bytes.set(metadata, at);
      at += metadata.length;
    }
    bytes.set(data, at);
    this.finish(at + data.length, bytes, isItem(type, flags) ? FLUSH_ITEMS : FLUSH);
  }

  /** A request or PAYLOAD frame whose data is a text, encoded in place; not longer than {@link LONGEST_TEXT} could be. Returns its bytes. */
  text(id: number, type: number, flags: number, n: number, metadata: Uint8Array | undefined, data: string): number {
    const extra = metadata === undefined ? 0 : PREFIX + metadata.length;
    const most = HEADER + (n > 0 ? 4 : 0) + extra + data.length * 3;
    const bytes = this.begin(most, id, type, metadata === undefined ? flags : flags | Flag.METADATA);
    const start = this.at - HEADER - PREFIX;
    let at = this.at;
    if (n > 0) at = writeUint32(bytes, at, n);
    if (metadata !== undefined) {
      at = writeUint24(bytes, at, metadata.length);
      bytes.set(metadata, at);
      at += metadata.length;
    }
    const end = writeText(bytes, at, data);
    writeUint24(bytes, start, end - start - PREFIX);
    this.finish(end, bytes, isItem(type, flags) ? FLUSH_ITEMS : FLUSH);
    return end - at;
  }

  requestN(id: number, n: number): void {
    const bytes = this.begin(HEADER + 4, id, FrameType.REQUEST_N, 0);
    this.finish(writeUint32(bytes, this.at, n), bytes);
  }

  cancel(id: number): void {
    const bytes = this.begin(HEADER, id, FrameType.CANCEL, 0);
    this.finish(this.at, bytes);
  }

  error(id: number, code: number, data: Uint8Array): void {
    const bytes = this.begin(HEADER + 4 + data.length, id, FrameType.ERROR, 0);
    const at = writeUint32(bytes, this.at, code);
    bytes.set(data, at);
    this.finish(at + data.length, bytes);
  }

  /** Positions are zero: this engine does not resume yet. */
  keepAlive(respond: boolean, data: Uint8Array): void {
    const bytes = this.begin(HEADER + 8 + data.length, 0, FrameType.KEEPALIVE, respond ? Flag.RESPOND : 0);
    const at = writeUint32(bytes, writeUint32(bytes, this.at, 0), 0);
    bytes.set(data, at);
    this.finish(at + data.length, bytes);
  }

  lease(ttl: number, requests: number): void {
    const bytes = this.begin(HEADER + 8, 0, FrameType.LEASE, 0);
    this.finish(writeUint32(bytes, writeUint32(bytes, this.at, ttl), requests), bytes);
  }

  metadataPush(metadata: Uint8Array): void {
    const bytes = this.begin(HEADER + metadata.length, 0, FrameType.METADATA_PUSH, Flag.METADATA);
    bytes.set(metadata, this.at);
    this.finish(this.at + metadata.length, bytes);
  }

  /** A whole frame that was made elsewhere. */
  raw(frame: Uint8Array): void {
    const bytes = this.room(PREFIX + frame.length);
    const at = writeUint24(bytes, this.at, frame.length);
    bytes.set(frame, at);
    this.finish(at + frame.length, bytes);
  }

  /** Writes what waits, now. */
  flush(): void {
    const slab = this.slab;
    if (slab === undefined || this.at === this.begun) return;
    const run = slab.bytes.subarray(this.begun, this.at);
    this.begun = this.at;
    slab.uses += 1;
    if (!this.link.write(run, slab.done)) this.full();
  }

  /** Writes what waits and takes nothing more. */
  close(): void {
    this.flush();
    this.letGo();
    this.closed = true;
  }

  private begin(length: number, id: number, type: number, flags: number): Uint8Array {
    const bytes = this.room(PREFIX + length);
    const at = writeUint32(bytes, writeUint24(bytes, this.at, length), id);
    bytes[at] = (type << 2) | (flags >>> 8);
    bytes[at + 1] = flags;
    this.at = at + 2;
    return bytes;
  }

  /** Bytes with room for `length` from `this.at`: a slab, or bytes of their own for what no slab holds. */
  private room(length: number): Uint8Array {
    const slab = this.slab;
    if (slab !== undefined && slab.bytes.length - this.at >= length) return slab.bytes;
    this.flush();
    if (length > SLAB) {
      this.letGo();
      this.at = 0;
      return allocate(length);
    }
    this.letGo();
    const next = pool.pop() ?? newSlab();
    next.uses = 1;
    this.slab = next;
    this.begun = this.at = 0;
    return next.bytes;
  }

  private finish(at: number, bytes: Uint8Array, most = FLUSH): void {
    if (this.slab === undefined) {
      this.at = this.begun = 0;
      if (!this.closed && !this.link.write(bytes)) this.full();
      return;
    }
    if (this.closed) return this.letGo();
    this.at = at;
    if (at - this.begun >= most) this.flush();
    else if (!this.flushing) {
      this.flushing = true;
      queueMicrotask(this.flushSoon);
    }
  }

  private letGo(): void {
    if (this.slab === undefined) return;
    release(this.slab);
    this.slab = undefined;
    this.begun = this.at = 0;
  }
}

function isItem(type: number, flags: number): boolean {
  return type === FrameType.PAYLOAD && (flags & Flag.COMPLETE) === 0;
}
