/** The end of a chain: a subscriber with a gate, a count of what it may still pass on, and a bounded place for what comes unasked. */
import { type Observer, Subscriber } from 'rxjs';
import type { Call } from './call.js';
import { type MeshError, meshError } from './errors.js';
import { Gate, SINK, type Sink } from './gate.js';
import { Queue } from './queue.js';

/** What to do with items that nobody asked for: timers, subjects and `of(a, b, c)` can't wait. */
export type Overflow =
  'error' | 'latest' | { readonly buffer: number } | { readonly dropOldest: number } | { readonly dropNewest: number };

/** So many unasked items are kept by default; the next is an error. */
export const DEFAULT_OVERFLOW: Overflow = { buffer: 256 };

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
  private waiting: Queue<T> | undefined;
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
    else if (!this.keep(value)) this.overrun();
  }

  protected override _error(error: unknown): void {
    this.finish(() => this.taker.error(error));
  }

  protected override _complete(): void {
    this.finish(() => this.taker.complete());
  }

  override unsubscribe(): void {
    this.waiting = undefined;
    this.gate.shut();
    super.unsubscribe();
  }

  private pass(value: T): void {
    this.credit -= 1;
    if (this.credit === 0) this.gate.shut();
    this.taker.next(value);
  }

  private release(): void {
    while (this.credit > 0 && !this.held && this.waiting !== undefined && this.waiting.length > 0) {
      this.credit -= 1;
      this.taker.next(this.waiting.shift() as T);
    }
    if (this.waiting !== undefined && this.waiting.length > 0) return;
    if (this.end !== undefined) this.settle(this.end);
    else if (this.credit > 0 && !this.held && !this.closed) this.gate.unshut();
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

  /** Keeps an item that nobody asked for, as the overflow rule says; false if it may not. */
  private keep(value: T): boolean {
    const rule = this.overflow;
    if (rule === 'error') return false;
    const waiting = (this.waiting ??= new Queue<T>());
    const [bound, onFull] = ruleOf(rule);
    if (waiting.length >= bound) {
      if (onFull === 'error') return false;
      if (onFull === 'newest') return true;
      waiting.shift();
    }
    waiting.push(value);
    return true;
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

function ruleOf(rule: Exclude<Overflow, 'error'>): readonly [number, 'error' | 'newest' | 'oldest'] {
  if (rule === 'latest') return [1, 'oldest'];
  if ('buffer' in rule) return [rule.buffer, 'error'];
  return 'dropOldest' in rule ? [rule.dropOldest, 'oldest'] : [rule.dropNewest, 'newest'];
}

function overrunError(rule: Overflow, serving: Call<unknown> | undefined): MeshError {
  const what = serving === undefined || serving.method === '' ? 'the source' : serving.method;
  const bound = typeof rule === 'object' && 'buffer' in rule ? rule.buffer : 0;
  return meshError(
    'Overrun',
    `${what} gave more than ${bound} items that nobody had asked for; pace it (fromIterable, paced.*) or declare another overflow`,
  );
}
