/** One subscription for many sinks, with the demand of all of them. */
import { type MonoTypeOperatorFunction, Observable, type Subscriber } from 'rxjs';
import { Gate, GateLink, loneGate, Seat, sinkOf } from '../core/index.js';
import { warningOfNoGate } from './pull.js';

/** One of the sinks. */
interface Member<T> {
  readonly subscriber: Subscriber<T>;
  readonly gate: Gate;
  readonly seat: Seat;
}

/**
 * `share` that keeps demand: the source gives an item when every sink can take one, so the slowest sets the pace. A sink
 * that leaves with its gate shut holds nobody up. The source is subscribed with the first sink and left with the last;
 * who comes later gets what comes later. Give a sink that must not slow the others `absorb(shared$, 'latest')`.
 */
export function multicast<T>(): MonoTypeOperatorFunction<T> {
  return (source) => {
    let hub: Hub<T> | undefined;
    return new Observable((subscriber) => {
      const joined = (hub ??= new Hub(source, (over) => {
        if (hub === over) hub = undefined;
      }));
      return joined.join(subscriber);
    });
  };
}

class Hub<T> {
  private readonly members = new Set<Member<T>>();
  /** Stands behind all the members' gates. */
  private readonly gate = new Gate(false, false, () => this.ask());
  private readonly link: GateLink<T>;
  private begun = false;

  constructor(
    private readonly source: Observable<T>,
    private readonly over: (hub: Hub<T>) => void,
  ) {
    this.link = new GateLink<T>(
      {
        next: (value) => this.each((subscriber) => subscriber.next(value)),
        error: (error: unknown) => this.end((subscriber) => subscriber.error(error)),
        complete: () => this.end((subscriber) => subscriber.complete()),
      },
      { gate: this.gate, serving: undefined },
    );
  }

  join(subscriber: Subscriber<T>): () => void {
    const sink = sinkOf(subscriber);
    const crowded = sink === undefined ? warningOfNoGate() : undefined;
    const gate = sink?.gate ?? loneGate();
    const member: Member<T> = { subscriber, gate, seat: new Seat(gate, this, crowded) };
    this.members.add(member);
    if (!this.begun) {
      this.begun = true;
      this.source.subscribe(this.link);
    }
    return () => this.leave(member);
  }

  private leave(member: Member<T>): void {
    member.seat.leave();
    if (!this.members.delete(member)) return;
    if (this.members.size > 0) this.ask();
    else {
      this.over(this);
      this.link.unsubscribe();
    }
  }

  /** Waits at the gate of a member that can't take an item, or of any where all can. */
  private ask(): void {
    if (!this.gate.awaited) return;
    const [any] = this.members;
    (this.shut() ?? any)?.seat.enter();
  }

  /** A turn at a member's gate. */
  turn(): boolean {
    const shut = this.shut();
    if (shut === undefined) return this.gate.step();
    shut.seat.enter();
    return false;
  }

  private shut(): Member<T> | undefined {
    for (const member of this.members) if (!member.gate.open) return member;
    return undefined;
  }

  private each(tell: (subscriber: Subscriber<T>) => void): void {
    for (const { subscriber } of [...this.members]) tell(subscriber);
  }

  private end(tell: (subscriber: Subscriber<T>) => void): void {
    this.over(this);
    this.each(tell);
  }
}
