/**
 * The sending direction of a stream: the sink that a handler's answer or a channel's messages run into. Its gate is open
 * while the peer has asked for more, the socket takes more, and a Millrace peer's bytes are not used up.
 */
import { type Call, GateSink, type Overflow, type Taker } from '../../framework/kernel.js';
import type { Payload } from './payload.js';
import type { Held, Wire } from './stream.js';

/** What the owner of an outlet does with what comes out of it. */
export interface OutletOwner {
  /** Sends an item on; returns its bytes. */
  give(item: Payload): number;
  failed(error: unknown): void;
  completed(): void;
}

export class Outlet implements Held, Taker<Payload> {
  readonly sink: GateSink<Payload>;
  /** Bytes sent since the peer's last REQUEST_N. */
  private sent = 0;
  /** A Millrace peer's bytes are used up until its next REQUEST_N. */
  private spent = false;
  /** The socket is full. */
  private waiting = false;

  constructor(
    private readonly wire: Wire,
    private readonly owner: OutletOwner,
    serving: Call<unknown> | undefined,
    overflow: Overflow | undefined,
  ) {
    this.sink = new GateSink<Payload>(this, serving, overflow);
  }

  request(n: number): void {
    this.sent = 0;
    const spent = this.spent;
    this.spent = false;
    this.sink.request(n);
    if (spent && !this.waiting) this.sink.hold(false);
  }

  /** The socket takes more. */
  release(): void {
    this.waiting = false;
    if (!this.spent) this.sink.hold(false);
  }

  /** An item that may pass. */
  next(item: Payload): void {
    let bytes: number;
    try {
      bytes = this.owner.give(item);
    } catch (error) {
      this.sink.unsubscribe();
      return this.owner.failed(error);
    }
    const { peer } = this.wire;
    if (peer !== undefined) {
      this.sent += bytes;
      if (this.sent * 4 >= peer.windowBytes) {
        this.spent = true;
        this.sink.hold(true);
      }
    }
    if (this.wire.blocked && !this.waiting) {
      this.waiting = true;
      this.sink.hold(true);
      this.wire.waitForDrain(this);
    }
  }

  error(error: unknown): void {
    this.owner.failed(error);
  }

  complete(): void {
    this.owner.completed();
  }
}
