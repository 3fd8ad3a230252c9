/** Finds frames in a byte stream: in place where a frame lies within one chunk, copied only where it straddles two. */
import { allocate, readUint24 } from './bytes.js';
import { PREFIX } from './protocol.js';

export interface FrameHandler {
  /** A whole frame, from `start` up to `end`. */
  frame(bytes: Uint8Array, start: number, end: number): void;
  /** A length over the limit. No more frames follow. */
  tooLong(length: number): void;
  /** Whether to hold the next frame back. */
  readonly halted: boolean;
}

export class Deframer {
  /** The beginning of a frame, prefix included, whose rest has not come. Grows as bytes come, never by what a length says. */
  private partial: Uint8Array | undefined;
  private filled = 0;
  private stopped = false;

  constructor(
    private readonly maxFrame: number,
    private readonly handler: FrameHandler,
  ) {}

  /** Hands out the frames that are whole now; returns what was held back, to be pushed again. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    let at = this.partial === undefined ? 0 : this.complete(chunk);
    const length = chunk.length;
    while (!this.stopped && length - at >= PREFIX) {
      if (this.handler.halted) return chunk.subarray(at);
      const frame = readUint24(chunk, at);
      if (frame > this.maxFrame) {
        this.refuse(frame);
        return undefined;
      }
      const end = at + PREFIX + frame;
      if (end > length) break;
      this.handler.frame(chunk, at + PREFIX, end);
      at = end;
    }
    if (!this.stopped && at < length) this.keep(chunk, at, length);
    return undefined;
  }

  /** Gives out no more frames and forgets what it has. */
  stop(): void {
    this.stopped = true;
    this.partial = undefined;
  }

  /** Finishes the frame that straddles; says where in `chunk` it ended. */
  private complete(chunk: Uint8Array): number {
    let at = 0;
    if (this.filled < PREFIX) {
      at = Math.min(PREFIX - this.filled, chunk.length);
      this.keep(chunk, 0, at);
      if (this.filled < PREFIX) return at;
    }
    const frame = readUint24(this.partial as Uint8Array, 0);
    if (frame > this.maxFrame) {
      this.refuse(frame);
      return chunk.length;
    }
    const end = Math.min(at + PREFIX + frame - this.filled, chunk.length);
    this.keep(chunk, at, end);
    if (this.filled < PREFIX + frame) return end;
    const whole = this.partial as Uint8Array;
    this.partial = undefined;
    this.filled = 0;
    this.handler.frame(whole, PREFIX, PREFIX + frame);
    return end;
  }

  private keep(chunk: Uint8Array, start: number, end: number): void {
    const needed = this.filled + end - start;
    let partial = this.partial;
    if (partial === undefined || partial.length < needed) {
      const grown = allocate(Math.max(needed, partial === undefined ? 64 : this.room(partial)));
      if (partial !== undefined) grown.set(partial.subarray(0, this.filled));
      this.partial = partial = grown;
    }
    partial.set(chunk.subarray(start, end), this.filled);
    this.filled = needed;
  }

  /** Twice what there is, but not past the end of the frame. */
  private room(partial: Uint8Array): number {
    const whole = this.filled >= PREFIX ? PREFIX + readUint24(partial, 0) : partial.length * 2;
    return Math.min(partial.length * 2, whole);
  }

  private refuse(length: number): void {
    this.stop();
    this.handler.tooLong(length);
  }
}
