/** The messages of a channel that may have to be said again elsewhere: subscribed once, whoever they go to. */
import { Observable, Subscriber } from 'rxjs';
import { DEFAULT_OVERFLOW, Gate, loneGate, overrunError, Seat, SINK, type Sink, sinkOf, Spill } from '../core/index.js';

/**
 * Subscribes `source` once, and gives what it emits to one subscriber after the other. Only the first item can be given
 * again: who refuses a channel has heard no more of it. What is pushed between two subscribers is kept, up to the usual bound.
 */
export class Rewind<T> {
  readonly items = new Observable<T>((to) => this.attach(to));
  private trunk: Trunk<T> | undefined;
  private settled = false;

  constructor(private readonly source: Observable<T>) {}

  /** Makes the next subscriber hear all from the beginning; false if the one before has heard too much for that. */
  again(): boolean {
    return !this.settled && (this.trunk === undefined || this.trunk.again());
  }

  /** There will be no other subscriber: when the present one leaves, so does this. */
  settle(): void {
    this.settled = true;
    if (this.trunk?.attached === false) this.trunk.unsubscribe();
  }

  private attach(to: Subscriber<T>): void {
    const begins = this.trunk === undefined;
    const trunk = (this.trunk ??= new Trunk<T>());
    to.add(() => {
      trunk.detach();
      if (this.settled || trunk.given > 1) trunk.unsubscribe();
    });
    trunk.attach(to);
    if (begins) this.source.subscribe(trunk);
  }
}

class Trunk<T> extends Subscriber<T> {
  readonly [SINK]: Sink;
  given = 0;
  private to: Subscriber<T> | undefined;
  private seat: Seat | undefined;
  private sink: Sink | undefined;
  private first: T | undefined;
  private readonly kept = new Spill<T>(DEFAULT_OVERFLOW);
  private ending: ((to: Subscriber<T>) => void) | undefined;
  private readonly gate = new Gate(false, false, () => this.seat?.enter());

  constructor() {
    super();
    const serving = () => this.sink?.serving;
    this[SINK] = {
      gate: this.gate,
      get serving() {
        return serving();
      },
    };
  }

  get attached(): boolean {
    return this.to !== undefined;
  }

  attach(to: Subscriber<T>): void {
    this.to = to;
    this.sink = sinkOf(to);
    this.seat = new Seat(this.sink?.gate ?? loneGate(), { turn: () => this.turn() });
    if (this.kept.length === 0 && this.ending !== undefined) this.ending(to);
    else if (this.kept.length > 0 || this.gate.awaited) this.seat.enter();
  }

  detach(): void {
    this.seat?.leave();
    this.to = this.seat = undefined;
  }

  again(): boolean {
    if (this.given > 1) return false;
    if (this.given === 0) return true;
    this.given = 0;
    const later = Array.from({ length: this.kept.length }, () => this.kept.shift() as T);
    for (const item of [this.first as T, ...later]) this.kept.push(item);
    return true;
  }

  protected override _next(item: T): void {
    // What is pushed waits here: given to a gate that is shut it would wait there, and be gone with it.
    const open = this.sink?.gate.open !== false;
    if (this.to !== undefined && open && this.kept.length === 0) this.give(this.to, item);
    else if (this.kept.add(item)) this.seat?.enter();
    else this.error(overrunError(this.kept.rule, this[SINK].serving));
  }

  protected override _error(error: unknown): void {
    this.end((to) => to.error(error));
  }

  protected override _complete(): void {
    this.end((to) => to.complete());
  }

  private turn(): boolean {
    const { to } = this;
    if (to === undefined) return false;
    if (this.kept.length === 0) return this.gate.step();
    this.give(to, this.kept.shift() as T);
    if (this.kept.length > 0) return true;
    if (this.ending === undefined) return this.gate.awaited;
    this.ending(to);
    return false;
  }

  private give(to: Subscriber<T>, item: T): void {
    this.given += 1;
    this.first = this.given === 1 ? item : undefined;
    to.next(item);
  }

  private end(how: (to: Subscriber<T>) => void): void {
    this.ending = how;
    if (this.to !== undefined && this.kept.length === 0) how(this.to);
  }
}
