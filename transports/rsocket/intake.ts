/**
 * The receiving direction of a stream: a window of items asked for, those that wait for the consumer's gate, and REQUEST_N
 * in large steps while it is open.
 */
import type { Subscriber } from 'rxjs';
import { type Call, type MeshError, type Place, Queue, takeSeat, type TurnTaker } from '../../framework/kernel.js';
import { type Payload, sizeOf } from './payload.js';
import type { Wire } from './stream.js';

/** What the owner of an intake does for it. */
export interface IntakeOwner {
  /** Asks the peer to begin, with `n` items; at the first opening of the gate. */
  begin(n: number): void;
  /** Asks the peer for `n` more. */
  ask(n: number): void;
}

export class Intake implements TurnTaker {
  private items: Queue<Payload> | undefined;
  /** Items asked for that have not come. */
  private expected = 0;
  private window: number;
  private growing = true;
  /** Items taken since the last REQUEST_N, and their bytes. */
  private taken = 0;
  private takenBytes = 0;
  /** The most items that waited since the last REQUEST_N. */
  private peak = 0;
  private begun = false;
  private end: (() => void) | undefined;
  private readonly place: Place<Payload>;

  /** `window` fixes the size of the window; by default it grows from the first window while the consumer keeps up. */
  constructor(
    private readonly wire: Wire,
    private readonly owner: IntakeOwner,
    subscriber: Subscriber<Payload>,
    window?: number,
  ) {
    this.place = takeSeat(subscriber, this);
    const { limits } = wire;
    this.window = window ?? Math.min(limits.firstWindow, limits.window);
    if (this.place.seat.lone) this.window = 1;
    if (window !== undefined || this.place.seat.lone) this.growing = false;
  }

  /** The call on whose behalf this is read. */
  get serving(): Call<unknown> | undefined {
    return this.place.sink?.serving;
  }

  /** Whether nothing waits for the consumer. */
  get idle(): boolean {
    return this.waiting === 0;
  }

  /** How many items wait for the consumer. */
  private get waiting(): number {
    return this.items === undefined ? 0 : this.items.length;
  }

  /** Waits for the first turn. */
  enter(): void {
    this.place.seat.enter();
  }

  /** An item has come; false if the peer was not asked for it. `unasked` allows one that needs no asking. */
  arrive(item: Payload, unasked = false): boolean {
    if (!unasked) {
      if (this.expected === 0) return false;
      this.expected -= 1;
    }
    const { seat } = this.place;
    if (this.begun && this.waiting === 0 && seat.free) {
      this.take(item);
      if (this.due && !this.replenish()) seat.enter();
      return true;
    }
    (this.items ??= new Queue()).push(item);
    this.peak = Math.max(this.peak, this.waiting);
    seat.enter();
    return true;
  }

  /** No more will come: completes after what waits. */
  complete(): void {
    this.finish(() => this.place.complete());
  }

  /** No more will come: fails after what waits. */
  error(error: MeshError): void {
    this.finish(() => this.place.fail(error));
  }

  /** No more will come, and what waits is worth nothing any more: fails at once. */
  abort(error: MeshError): void {
    this.items?.clear();
    this.place.fail(error);
  }

  /** The consumer has gone. */
  leave(): void {
    this.items?.clear();
    this.place.leave();
  }

  private finish(end: () => void): void {
    if (this.waiting === 0) end();
    else this.end = end;
  }

  /** A turn at the consumer's gate. */
  turn(): boolean {
    if (!this.begun) {
      this.begun = true;
      this.expected = this.window;
      this.owner.begin(this.window);
      return this.waiting > 0;
    }
    const item = this.items?.shift();
    // An idle stream keeps no queue: ten thousand of them would be half a megabyte.
    if (this.waiting === 0) this.items = undefined;
    if (item === undefined) {
      this.replenish();
      return false;
    }
    const goOn = this.take(item);
    if (this.waiting === 0 && this.end !== undefined) {
      this.end();
      return false;
    }
    if (this.due) this.replenish();
    return goOn && (this.waiting > 0 || this.due);
  }

  private take(item: Payload): boolean {
    this.taken += 1;
    this.takenBytes += sizeOf(item);
    return this.place.seat.deliver(this.place.subscriber, item);
  }

  /** Whether so much was taken that the peer should hear of it. */
  private get due(): boolean {
    if (this.end !== undefined || this.taken === 0) return false;
    return this.taken * 2 >= this.window || this.takenBytes * 4 >= this.wire.limits.windowBytes;
  }

  /** Asks for as many as were taken, and more or fewer as the consumer keeps up or not; false if its gate is shut. */
  private replenish(): boolean {
    if (!this.due) return true;
    if (!this.place.seat.open && !this.place.seat.lone) return false;
    const next = this.growing ? this.nextWindow() : this.window;
    const more = Math.max(0, this.taken + next - this.window);
    this.window += more - this.taken;
    this.expected += more;
    this.taken = this.takenBytes = 0;
    if (more > 0) this.owner.ask(more);
    return true;
  }

  /**
   * Twice the window while all that came has been taken and fits its bytes; past `window` items only while hardly any had to
   * wait, so that a reader who is merely slow and steady keeps what is under way within it.
   */
  private nextWindow(): number {
    const { window, fastWindow, windowBytes } = this.wire.limits;
    const most = this.peak * 4 <= this.window ? fastWindow : Math.min(window, fastWindow);
    this.peak = this.waiting;
    if (this.window > most) return Math.max(most, this.window >>> 1);
    if (this.waiting > 0) return this.window;
    const fitting = Math.floor((windowBytes * this.taken) / Math.max(1, this.takenBytes));
    return Math.max(this.window, Math.min(this.window * 2, most, fitting));
  }
}
