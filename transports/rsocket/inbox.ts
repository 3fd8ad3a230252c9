/** What comes from a link, frame by frame, and what of it waits while this side has too much to say to read on. */
import { Deframer } from './deframer.js';
import type { Link, LinkEvents } from './link.js';

export interface InboxHandler {
  /** Something has come, whatever it is. */
  heard(): void;
  frame(bytes: Uint8Array, start: number, end: number): void;
  tooLong(length: number): void;
}

export class Inbox {
  /** No frame is handed out. */
  halted = false;
  /** Pieces that the link had read already. */
  private backlog: Uint8Array[] = [];
  private deframer: Deframer;
  private prefixed = true;
  private stopped = false;

  constructor(
    private readonly link: Link,
    private readonly maxFrame: number,
    private readonly handler: InboxHandler,
  ) {
    this.deframer = this.newDeframer();
  }

  /** The half of a link's events that brings something. */
  get events(): Pick<LinkEvents, 'bytes' | 'frame' | 'renewed'> {
    return {
      renewed: () => this.renew(),
      bytes: (chunk) => {
        this.handler.heard();
        this.take(chunk);
      },
      frame: (frame) => {
        this.handler.heard();
        this.prefixed = false;
        this.take(frame);
      },
    };
  }

  halt(): void {
    this.halted = true;
    this.link.pause();
  }

  /** Hands out what waits, then reads on, unless that halts it again. */
  go(): void {
    this.halted = false;
    const waiting = this.backlog;
    this.backlog = [];
    for (const piece of waiting) this.take(piece);
    if (!this.halted && !this.stopped) this.link.resume();
  }

  /** Hands out nothing more. */
  stop(): void {
    this.stopped = true;
    this.deframer.stop();
    this.backlog = [];
  }

  /** Forgets what has not been handed out. */
  private renew(): void {
    if (this.stopped) return;
    this.backlog = [];
    this.deframer.stop();
    this.deframer = this.newDeframer();
  }

  private newDeframer(): Deframer {
    const { handler, maxFrame } = this;
    const halted = (): boolean => this.halted;
    return new Deframer(maxFrame, {
      frame: (bytes, start, end) => handler.frame(bytes, start, end),
      tooLong: (length) => handler.tooLong(length),
      get halted() {
        return halted();
      },
    });
  }

  private take(piece: Uint8Array): void {
    if (this.stopped) return;
    if (this.halted) this.backlog.push(piece);
    else if (this.prefixed) {
      const rest = this.deframer.push(piece);
      if (rest !== undefined) this.backlog.push(rest);
    } else if (piece.length > this.maxFrame) this.handler.tooLong(piece.length);
    else this.handler.frame(piece, 0, piece.length);
  }
}
