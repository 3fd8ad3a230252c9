/** The end of a chain: a subscriber with a gate, a count of what it may still pass on, and a bounded place for what comes unasked. */
import { type Observer, Subscriber } from 'rxjs';
import type { Call } from './call.js';
import { type MeshError, meshError } from './errors.js';
import { Gate, SINK, type Sink } from './gate.js';
import { boundOf, DEFAULT_OVERFLOW, type Overflow, Spill } from './overflow.js';

/** Takes what a {@link GateSink} lets through, never more than was requested. */
export interface Taker<T> {
  next(value: T): void;
  error(error: unknown): void;
  complete(): void;
}

/** The largest demand RSocket can say; more is as good as endless. */
const ENDLESS = 2 ** 31 - 1;

/**
 * Passes on as many items as were requested. Completion needs no request but waits for the items before it; an error
 * that the source raises does so too, an overrun of the sink's own is at once.
 */
export class GateSink<T> extends Subscriber<T> implements Sink {
  readonly gate = new Gate();
  private credit = 0;
  private held = false;
  private releasing = false;
  private waiting: Spill<T> | undefined;
  private end: (() => void) | undefined;

  constructor(
    private readonly taker: Taker<T>,
    readonly serving: Call<unknown> | undefined = undefined,
    private readonly overflow: Overflow = DEFAULT_OVERFLOW,
  ) {
    super();
  }

  get [SINK](): Sink {
    return this;
  }

  /** Lets `n` more items through. */
  request(n: number): void {
    this.credit = Math.min(this.credit + n, ENDLESS);
    this.release();
  }

  /** Shuts the gate whatever the credit, or lets the credit decide again: for a socket that is full. */
  hold(held: boolean): void {
    this.held = held;
    if (held) this.gate.shut();
    else this.release();
  }

  /** What may still pass. */
  get requested(): number {
    return this.credit;
  }

  protected override _next(value: T): void {
    if (this.gate.open) this.pass(value);
    else if (!(this.waiting ??= new Spill<T>(this.overflow)).add(value)) this.overrun();
  }

  protected override _error(error: unknown): void {
    this.finish(() => this.taker.error(error));
  }

  protected override _complete(): void {
    this.finish(() => this.taker.complete());
  }

  override unsubscribe(): void {
    this.waiting = undefined;
    this.end = undefined;
    this.gate.shut();
    super.unsubscribe();
  }

  private pass(value: T): void {
    this.credit -= 1;
    if (this.credit === 0) this.gate.shut();
    this.taker.next(value);
  }

  private release(): void {
    if (this.releasing) return;
    this.releasing = true;
    while (this.credit > 0 && !this.held && this.waiting !== undefined && this.waiting.length > 0) {
      this.credit -= 1;
      this.give(this.waiting.shift() as T);
    }
    this.releasing = false;
    if (this.waiting !== undefined && this.waiting.length > 0) return;
    if (this.end !== undefined) this.settle(this.end);
    else if (this.credit > 0 && !this.held && !this.closed) this.gate.unshut();
  }

  /** Hands over an item that waited; what the taker throws fails the chain, as it does where an item is delivered. */
  private give(item: T): void {
    try {
      this.taker.next(item);
    } catch (error) {
      this.waiting = undefined;
      this.settle(() => this.taker.error(error));
    }
  }

  private finish(end: () => void): void {
    if (this.waiting !== undefined && this.waiting.length > 0) this.end = end;
    else this.settle(end);
  }

  private settle(end: () => void): void {
    this.end = undefined;
    this.gate.shut();
    try {
      end();
    } finally {
      super.unsubscribe();
    }
  }

  private overrun(): void {
    this.waiting = undefined;
    this.settle(() => this.taker.error(overrunError(this.overflow, this.serving)));
  }
}

/** Passes everything on, but is the sink that the sources above it find: for operators that keep a gate of their own. */
export class GateLink<T> extends Subscriber<T> {
  readonly [SINK]: Sink;

  constructor(destination: Subscriber<T> | Observer<T>, sink: Sink) {
    super(destination);
    this[SINK] = sink;
  }
}

/** A source gave more than a rule allows. */
export function overrunError(rule: Overflow, serving: Call<unknown> | undefined): MeshError {
  const what = serving === undefined || serving.method === '' ? 'the source' : serving.method;
  const bound = boundOf(rule);
  return meshError(
    'Overrun',
    `${what} gave more than ${bound} items that nobody had asked for; give the array, the generator or fromIterable(…) itself where from(…), of(…) or range(…) is, pace it (paced.*), or declare another overflow`,
  );
}
