/** What a full socket means: senders wait for it, and a peer that does not read its answers is read less itself. */
import type { Clock, Stop } from '../../framework/index.js';
import type { Link } from './link.js';
import type { Held } from './stream.js';

/** Milliseconds between two reads from a peer that does not read itself. */
const TRICKLE = 50;
/** A peer that lets this many times the limit wait is cut off. */
const FACTOR = 16;

export class Backpressure {
  /** The socket is full: directions that have more to send wait. */
  blocked = false;
  private waiting: Held[] = [];
  private trickle: Stop | undefined;

  /** `tooMuch` is told, with the bytes, of a peer that has to be cut off. */
  constructor(
    private readonly link: Link,
    private readonly unsent: number,
    private readonly clock: Clock,
    private readonly tooMuch: (bytes: number) => void,
  ) {}

  /** Tells `held` when the socket takes more. */
  wait(held: Held): void {
    this.waiting.push(held);
  }

  /**
   * The link asks to wait. Past the limit the peer is read one piece at a time: not at all would let two peers that both
   * wait for the other to read wait for ever.
   */
  full(): void {
    this.blocked = true;
    const { link } = this;
    const bytes = link.unsent;
    if (bytes > this.unsent * FACTOR) return this.tooMuch(bytes);
    if (this.trickle !== undefined || bytes <= this.unsent) return;
    link.pause();
    this.trickle = this.clock.every(TRICKLE, () => {
      link.resume();
      queueMicrotask(() => this.trickle !== undefined && link.pause());
    });
  }

  /** The link takes more. */
  drained(): void {
    this.blocked = false;
    if (this.trickle !== undefined) {
      this.stopTrickle();
      this.link.resume();
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
    this.stopTrickle();
    this.waiting = [];
  }

  private stopTrickle(): void {
    this.trickle?.();
    this.trickle = undefined;
  }
}
