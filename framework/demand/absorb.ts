/** A pushed source that waits for demand in a bounded place of its own. */
import { from, type ObservableInput, Subscriber } from 'rxjs';
import { Gate, type Overflow, overrunError, SINK, type Sink, Spill } from '../core/index.js';
import { NOTHING, pull, type Pulled, type Supply, type Valve } from './pull.js';

/**
 * Makes a pushed source (a timer, a subject, an operator that emits many items for one) wait for demand; what it may give
 * unasked is `overflow`. Pulled sources within it are asked only when an item is wanted and none is kept.
 * @example prices$.pipe((prices) => absorb(prices, 'latest'))
 */
export function absorb<T>(source: ObservableInput<T>, overflow: Overflow): Pulled<T> {
  return pull<T>((valve) => {
    const absorber = new Absorber<T>(valve, overflow);
    from(source).subscribe(absorber);
    return absorber.supply;
  });
}

class Absorber<T> extends Subscriber<T> {
  readonly [SINK]: Sink;
  readonly supply: Supply<T> = { take: () => this.take(), close: () => this.unsubscribe() };
  private readonly kept: Spill<T>;
  private readonly gate: Gate;
  /** An item was wanted and none was there: the next is not unasked. */
  private asked = false;
  private end: (() => void) | undefined;

  constructor(
    private readonly valve: Valve,
    overflow: Overflow,
  ) {
    super();
    this.kept = new Spill(overflow);
    this.gate = new Gate(false, false, () => valve.ready());
    this[SINK] = { gate: this.gate, serving: valve.sink?.serving };
  }

  protected override _next(item: T): void {
    if (this.asked) {
      this.asked = false;
      this.kept.push(item);
    } else if (!this.kept.add(item)) return this.fail(overrunError(this.kept.rule, this[SINK].serving));
    this.valve.ready();
  }

  protected override _error(error: unknown): void {
    this.finish(() => this.valve.fail(error));
  }

  protected override _complete(): void {
    this.finish(() => this.valve.complete());
  }

  private take(): T | typeof NOTHING {
    if (this.kept.length === 0) {
      this.asked = true;
      this.gate.step();
    }
    if (this.kept.length === 0) {
      if (this.gate.awaited) this.valve.ready();
      return NOTHING;
    }
    const item = this.kept.shift() as T;
    if (this.kept.length > 0 || this.gate.awaited) this.valve.ready();
    else if (this.end !== undefined) queueMicrotask(this.end);
    return item;
  }

  private fail(error: unknown): void {
    this.kept.clear();
    this.unsubscribe();
    this.valve.fail(error);
  }

  private finish(end: () => void): void {
    if (this.kept.length === 0) end();
    else this.end = end;
  }
}
