/** What a full socket means: senders wait for it, and a peer that does not read its answers is read less itself. */
import type { Clock, Stop } from '../../framework/kernel.js';
import type { Inbox } from './inbox.js';
import { UNSENT_FACTOR } from './limits.js';
import type { Link } from './link.js';
import type { Held } from './stream.js';

/** Milliseconds until a peer that does not read is read a little all the same. */
const STUCK = 1000;
/** Bytes that such a little may add to what waits for the peer. */
const LITTLE = 64 * 1024;

export class Backpressure {
  /** The socket is full: directions that have more to send wait. */
  blocked = false;
  private waiting: Held[] = [];
  private stuck: Stop | undefined;
  private before = 0;
  /** Reading stops when so many bytes wait. */
  private bound: number;

  /** `tooMuch` is told, with the bytes, of a peer that has to be cut off. */
  constructor(
    private readonly link: Link,
    private readonly inbox: Inbox,
    private readonly unsent: number,
    private readonly clock: Clock,
    private readonly tooMuch: (bytes: number) => void,
  ) {
    this.bound = unsent;
  }

  /** Tells `held` when the socket takes more. */
  wait(held: Held): void {
    this.waiting.push(held);
  }

  /**
   * The link asks to wait. Past the limit nothing more is read from the peer, but for a little each second: two peers that
   * both wait for the other to read would else wait for ever. One long answer may exceed any bound; a second may not.
   */
  full(): void {
    this.blocked = true;
    const bytes = this.link.unsent;
    const before = this.before;
    this.before = bytes;
    if (before > this.unsent * UNSENT_FACTOR) return this.tooMuch(bytes);
    if (bytes <= this.bound || this.inbox.halted) return;
    this.inbox.halt();
    this.stuck ??= this.clock.every(STUCK, () => {
      this.bound = this.link.unsent + LITTLE;
      this.inbox.go();
    });
  }

  /** The link takes more. */
  drained(): void {
    this.blocked = false;
    this.before = 0;
    this.bound = this.unsent;
    if (this.stuck !== undefined) {
      this.stopWaiting();
      this.inbox.go();
    }
    const waiting = this.waiting;
    this.waiting = [];
    for (const [at, held] of waiting.entries()) {
      if (this.blocked) {
        this.waiting = this.waiting.concat(waiting.slice(at));
        return;
      }
      held.release();
    }
  }

  stop(): void {
    this.stopWaiting();
    this.waiting = [];
  }

  private stopWaiting(): void {
    this.stuck?.();
    this.stuck = undefined;
  }
}
