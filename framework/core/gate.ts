/**
 * The gate: how demand passes through plain RxJS. A sink owns one, open while the sink can take another item; a source
 * that can wait takes a seat at the gate of its subscription and gives an item only when it is handed a turn.
 * A gate is a level and not a count, so operators between the two need know nothing of it: what `filter` drops leaves
 * the gate open, and the source goes on. Why it is built so, and what was ruled out: docs/decisions.md, D-001.
 */
import type { Call } from './call.js';
import { nextTurn } from './turn.js';

/** A source, as its seat sees it. */
export interface TurnTaker {
  /** Takes one turn, giving one item at most; says whether it wants another. It must not throw. */
  turn(): boolean;
}

/** After so many turns in a row the event loop gets its own. */
const TURNS = 1024;
/** A source waits while so many calls that its items opened are open. */
export const OPEN_CALLS = 16;

const IDLE = 0;
const RUNNING = 1;
const YIELDED = 2;

/** Hands out turns of one item, round-robin, while it is open. */
export class Gate {
  private next: Seat | undefined;
  /** Whose turn it is. */
  private current: Seat | undefined;
  private state = IDLE;

  /**
   * `opened` is how it begins. `lone` makes the stand-in for a gate that wasn't found, see {@link loneGate}. A gate that
   * stands behind another is never open by itself: `onEnter` tells its owner that somebody waits, and {@link step} gives turns.
   */
  constructor(
    private opened = false,
    readonly lone = false,
    private readonly onEnter?: () => void,
  ) {}

  get open(): boolean {
    return this.opened;
  }

  /** Whether an item may be given at once, past the ring: open, and nobody is having or awaiting a turn. */
  get free(): boolean {
    return this.opened && this.state === IDLE && this.next === undefined;
  }

  /** Stops the turns after the present one. */
  shut(): void {
    this.opened = false;
  }

  /** Lets the turns go on, now; those of a seat that has just been taken with the next microtask. */
  unshut(): void {
    this.opened = true;
    if (this.next !== undefined && this.state === IDLE) this.run();
  }

  /**
   * Puts a seat at the end of the ring, but before the seat that is having its turn: what that opens goes first. Its own
   * first turn comes with the next microtask at the earliest.
   */
  enter(seat: Seat): void {
    const { current } = this;
    const place = current?.after === undefined ? this.next : current;
    if (place === undefined) {
      this.next = seat.before = seat.after = seat;
    } else {
      const last = place.before ?? place;
      seat.before = last;
      seat.after = place;
      last.after = place.before = seat;
      if (place === current && this.next === current) this.next = seat;
    }
    if (this.onEnter !== undefined) this.onEnter();
    else if (this.state === IDLE) {
      this.state = YIELDED;
      queueMicrotask(() => this.resume());
    }
  }

  /** Whether anybody waits for a turn. */
  get awaited(): boolean {
    return this.next !== undefined;
  }

  leave(seat: Seat): void {
    const { before, after } = seat;
    if (after === undefined || before === undefined) return;
    if (after === seat) this.next = undefined;
    else {
      before.after = after;
      after.before = before;
      if (this.next === seat) this.next = after;
    }
    seat.before = seat.after = undefined;
  }

  /** Gives the next seat one turn; says whether anybody still waits. For a gate that stands behind another. */
  step(): boolean {
    const seat = this.next;
    if (seat === undefined || this.state === RUNNING) return false;
    this.opened = true;
    this.state = RUNNING;
    try {
      this.hand(seat);
    } finally {
      this.opened = false;
      this.endTurns();
    }
    return this.next !== undefined;
  }

  private hand(seat: Seat): void {
    this.next = seat.after;
    this.current = seat;
    seat.again = false;
    if (!seat.taker.turn() && !seat.again) this.leave(seat);
    this.current = undefined;
  }

  /** A source that threw, against its word, loses its seat; the others go on. */
  private endTurns(): void {
    this.state = IDLE;
    if (this.current === undefined) return;
    this.leave(this.current);
    this.current = undefined;
  }

  private resume(): void {
    this.state = IDLE;
    if (this.opened && this.next !== undefined) this.run();
  }

  private run(): void {
    this.state = RUNNING;
    let turns = 0;
    try {
      while (this.opened && this.next !== undefined && turns < TURNS) {
        this.hand(this.next);
        turns += 1;
      }
    } finally {
      this.endTurns();
    }
    if (turns < TURNS) return;
    this.state = YIELDED;
    nextTurn(() => this.resume());
  }
}

/** The seat whose item is being delivered at this moment, while everything below the source runs. */
let delivering: Seat | undefined;

/**
 * A source's place at a gate. It counts the calls that its items open, directly or through calls of calls, and waits
 * while too many are open, or while an item that opened none finds others open: that is what paces a plain
 * `ids$.pipe(concatMap(client.method))`, whose buffer would else take all the ids.
 */
export class Seat {
  /** Neighbours in the ring; kept by the gate. */
  before: Seat | undefined;
  after: Seat | undefined;
  /** It asked for turns during its turn; kept by the gate. */
  again = false;
  private calls = 0;
  private called = false;
  private paused = false;
  private left = false;
  private given = false;

  /** `crowded` is called when a source without a gate gives a second item: one is all that many a reader wants. */
  constructor(
    private readonly gate: Gate,
    readonly taker: TurnTaker,
    private crowded?: () => void,
  ) {}

  /** Asks for turns, during its turn for another. Does nothing if it is held up by open calls or has gone. */
  enter(): void {
    if (this.paused || this.left) return;
    if (this.after === undefined) this.gate.enter(this);
    else this.again = true;
  }

  /** Goes for good. */
  leave(): void {
    this.left = true;
    this.gate.leave(this);
  }

  /** Whether an item may be delivered outside a turn, at once. */
  get free(): boolean {
    return !this.paused && this.gate.free;
  }

  /** Whether no gate was found, so that one item at a time is right. */
  get lone(): boolean {
    return this.gate.lone;
  }

  /** Whether the gate is open, so that asking the other side for more is right. */
  get open(): boolean {
    return this.gate.open;
  }

  /** Delivers an item; says whether the source may go on, as a turn has to. What a consumer throws fails its stream. */
  deliver<T>(to: { next(value: T): void; error(error: unknown): void }, value: T): boolean {
    const before = this.calls;
    const outer = delivering;
    this.called = false;
    delivering = this;
    try {
      to.next(value);
    } catch (error) {
      to.error(error);
    } finally {
      delivering = outer;
    }
    const limit = this.gate.lone ? 1 : OPEN_CALLS;
    if (this.calls >= limit || (before > 0 && this.calls > 0 && !this.called)) {
      this.paused = true;
      this.again = false;
    }
    if (this.gate.lone) this.gaveAlone();
    return !this.paused && !this.left;
  }

  /** Kept by {@link openCall}. */
  callOpened(): void {
    this.calls += 1;
    this.called = true;
  }

  /** Says that a call counted against this seat has ended. */
  callEnded(): void {
    this.calls -= 1;
    if (!this.paused) return;
    this.paused = false;
    this.enter();
  }

  private gaveAlone(): void {
    if (this.given) {
      this.crowded?.();
      this.crowded = undefined;
    }
    this.given = true;
    this.gate.shut();
    nextTurn(() => this.gate.unshut());
  }
}

/** Counts a call against the seat whose item opens it; returns that seat for {@link delivered} and `callEnded`. */
export function openCall(): Seat | undefined {
  delivering?.callOpened();
  return delivering;
}

/** Runs `work`, the delivery of a call's answer, as part of the delivery that opened the call. */
export function asPartOf(seat: Seat | undefined, work: () => void): void {
  const outer = delivering;
  delivering = seat;
  try {
    work();
  } finally {
    delivering = outer;
  }
}

/** Marks a sink, for every copy of Millrace in the process. */
export const SINK: unique symbol = Symbol.for('millrace.sink') as never;

/** What a source finds at the end of its chain: the gate to wait at, and the call that is being answered there. */
export interface Sink {
  readonly gate: Gate;
  /** The call that the sink answers, whose deadline, priority, trace and baggage a handler's own calls take over. */
  readonly serving: Call<unknown> | undefined;
}

interface Linked {
  readonly [SINK]?: Sink | undefined;
  readonly destination?: Linked | null | undefined;
}

/**
 * The sink that `subscriber` leads to, through any number of RxJS operators: each of them keeps the next in
 * `destination` (internal to RxJS 7.8, hence the pinned peer range and a test of every operator). Undefined behind
 * `share`, `connect` and a hand-written `subscribe({ next })`, which cut the chain.
 */
export function sinkOf(subscriber: object): Sink | undefined {
  let link: Linked | null | undefined = subscriber as Linked;
  while (link !== undefined && link !== null) {
    const sink = link[SINK];
    if (sink !== undefined) return sink;
    link = link.destination;
  }
  return undefined;
}

/** Stands in where no gate is found: one item a turn of the event loop, and none while a call that it opened is open. */
export function loneGate(): Gate {
  return new Gate(true, true);
}
