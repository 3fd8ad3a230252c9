/** The frames that a side has sent and the other may not have, for a connection that goes on where it was cut. */
import { copyOf, readInt32, readUint24 } from './bytes.js';
import { PREFIX } from './protocol.js';

/** A place for bytes that several histories share. */
export interface Budget {
  used: number;
  readonly most: number;
}

interface Run {
  /** The position of its first frame, and that behind its last. */
  readonly at: number;
  readonly next: number;
  /** Whole frames, each behind its length. */
  readonly bytes: Uint8Array;
}

export class History {
  /** Of the next frame that is sent. */
  position = 0;
  /** Of the first frame that is still here. */
  first = 0;
  private runs: Run[] = [];
  private head = 0;
  private held = 0;

  /** Keeps at most `most` bytes: what is older goes, and a connection that needs it can't be resumed. */
  constructor(
    private readonly most: number,
    private readonly budget: Budget,
  ) {}

  /**
   * Keeps what a run has of frames with a position: those of streams. Frames of the connection itself have none; `own` hears
   * where they begin.
   */
  add(run: Uint8Array, own: (at: number) => void): void {
    let from = 0;
    let frames = 0;
    for (let at = 0; at < run.length;) {
      const end = at + PREFIX + readUint24(run, at);
      if (readInt32(run, at + PREFIX) !== 0) frames += 1;
      else {
        own(at + PREFIX);
        this.keep(run, from, at, frames);
        from = end;
        frames = 0;
      }
      at = end;
    }
    this.keep(run, from, run.length, frames);
    while (this.held > this.most || (this.budget.used > this.budget.most && this.held > 0)) this.dropOldest();
  }

  /** The other side has what is before `position`. False for a position that can't be. */
  trim(position: number): boolean {
    if (position > this.position || position < this.first) return false;
    let run = this.runs[this.head];
    while (run !== undefined && run.next <= position) {
      this.dropOldest();
      run = this.runs[this.head];
    }
    if (position > this.first) this.first = position;
    return true;
  }

  /** The frames from `position` on, as runs. Undefined if not all are here, or where it is in the midst of one. */
  from(position: number): Uint8Array[] | undefined {
    if (position < this.first || position > this.position) return undefined;
    const found: Uint8Array[] = [];
    for (let at = this.head; at < this.runs.length; at++) {
      const run = this.runs[at] as Run;
      const start = frameAt(run, position);
      if (start === undefined) return undefined;
      if (start < run.bytes.length) found.push(start === 0 ? run.bytes : run.bytes.subarray(start));
    }
    return found;
  }

  clear(): void {
    this.budget.used -= this.held;
    this.held = 0;
    this.runs = [];
    this.head = 0;
    this.first = this.position;
  }

  private keep(run: Uint8Array, start: number, end: number, frames: number): void {
    if (frames === 0) return;
    const bytes = copyOf(run, start, end);
    const at = this.position;
    this.position += bytes.length - PREFIX * frames;
    this.runs.push({ at, next: this.position, bytes });
    this.held += bytes.length;
    this.budget.used += bytes.length;
  }

  private dropOldest(): void {
    const run = this.runs[this.head] as Run;
    this.runs[this.head] = NOTHING;
    this.head += 1;
    this.held -= run.bytes.length;
    this.budget.used -= run.bytes.length;
    this.first = run.next;
    if (this.head < 64 || this.head * 2 < this.runs.length) return;
    this.runs = this.runs.slice(this.head);
    this.head = 0;
  }
}

const NOTHING: Run = { at: 0, next: 0, bytes: new Uint8Array(0) };

/** Where in the run the frame of `position` begins, or its end; undefined in the midst of a frame. */
function frameAt({ at: first, bytes }: Run, position: number): number | undefined {
  let there = first;
  let at = 0;
  while (at < bytes.length && there < position) {
    const length = readUint24(bytes, at);
    there += length;
    at += PREFIX + length;
  }
  return there > position && at !== 0 ? undefined : at;
}
