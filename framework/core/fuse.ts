/**
 * A stack of policies as one filter that subscribes once: one Subscriber admits the call through all of them, settles
 * them in the other order, and keeps one timer. Its price against a chain of operators: docs/decisions.md, D-002.
 */
import { from, type MonoTypeOperatorFunction, Observable, Subscriber } from 'rxjs';
import { type Arrow, arrowsOf, type Cell } from './arrow.js';
import { type Call, callOf } from './call.js';
import { type Clock, type Stop, systemClock } from './clock.js';
import { asMeshError, errorWith, type MeshError } from './errors.js';
import type { AnyPolicy, Decision, Outcome, Remedy, Settlement, Told, Wait } from './policy.js';
import type { Agnostic, Service } from './service.js';
import type { Waiting } from './waiting-line.js';

/**
 * Fuses policies, outermost first. Each service that the filter is put before has states of its own, and where a policy says so
 * each of its methods, of which the `methods` used last are remembered. `told` hears each decision as it is made; it must not throw.
 */
export function fuse(
  policies: readonly AnyPolicy[],
  clock: Clock = systemClock,
  told?: Told,
  methods?: number,
): Agnostic {
  return <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> => {
    const arrowOf = arrowsOf(policies, clock, told, { methods });
    return (call) => new Observable<Rep>((to) => begin(arrowOf(call.method), call, next as Service<unknown, Rep>, to));
  };
}

/** What an error is from that a policy raised in a pipe. */
const PIPE = 'a pipe';

/**
 * A policy as an operator for any pipe; the call that it sees says nothing but its defaults. Its own errors are `from` a pipe: where
 * that is a handler's, the handler has begun to work, and its caller may not go elsewhere as if it had refused the call.
 */
export function operatorOf<T>(
  policies: readonly AnyPolicy[],
  clock: Clock = systemClock,
  told?: Told,
): MonoTypeOperatorFunction<T> {
  const arrow = arrowsOf(policies, clock, told, { from: PIPE })('');
  const call = callOf({ interaction: 'stream', request: undefined });
  return (source) => new Observable<T>((subscriber) => begin(arrow, call, () => source, subscriber));
}

function begin<T>(
  arrow: Arrow,
  call: Call<unknown>,
  source: (call: Call<unknown>) => Observable<T>,
  to: Subscriber<T>,
): void {
  new Attempt(arrow, call, source, to, 0, 0, undefined, undefined, undefined).start();
}

/** When an admitted policy's patience ends, as a moment of the clock. */
interface Expiry {
  readonly at: number;
  readonly until: 'first' | 'end';
  readonly late: () => MeshError;
}

/**
 * One attempt at a call. Policies from 0 up to, not including, `level` have admitted it and are not settled yet; those
 * outside a remedy stay admitted, with their time running, while the next attempt waits and runs.
 */
class Attempt<T> extends Subscriber<T> implements Waiting {
  private firstAt: number | undefined;
  private timer: Stop | undefined;
  private wait: Stop | undefined;
  /** Ends the wait at the policy of `level`. */
  private lateness: Stop | undefined;
  /** What the policies settled last were told: most are told the same. */
  private outcome: Outcome | undefined;

  constructor(
    private readonly arrow: Arrow,
    private readonly call: Call<unknown>,
    private readonly source: (call: Call<unknown>) => Observable<T>,
    private readonly to: Subscriber<T>,
    private level: number,
    /** When the outermost policy admitted it, and each of them where they did so at different times. */
    private begunAt: number,
    private begunEach: number[] | undefined,
    private expiries: (Expiry | undefined)[] | undefined,
    private locals: unknown[] | undefined,
  ) {
    super(to);
  }

  start(): void {
    const now = this.arrow.clock.now();
    if (this.admitted(now, undefined)) this.open(now);
  }

  askAgain(): boolean {
    const now = this.arrow.clock.now();
    const at = this.level;
    try {
      if (!this.admitted(now, 0)) return this.closed || this.level !== at;
    } catch (error) {
      // It is this call's failure, and not that of the one which made room.
      this.error(error);
      return true;
    }
    this.open(now);
    return true;
  }

  /** Goes on from the present level; false if a policy has refused the call or lets it wait. `line` is said to the first of them. */
  private admitted(now: number, line: number | undefined): boolean {
    const { policies, cells } = this.arrow;
    for (; this.level < policies.length; this.level++) {
      const at = this.level;
      const policy = policies[at] as AnyPolicy;
      const cell = cells[at] as Cell;
      const before = line ?? cell.waits;
      line = undefined;
      const { state, refuse, within, wait } = policy.admit(cell.state, this.call, now, this.locals?.[at], before);
      cell.state = state;
      if (wait !== undefined) {
        this.waitAt(at, wait);
        return false;
      }
      if (this.lateness !== undefined) this.leaveLine(at);
      if (refuse !== undefined) {
        this.tell(at, 'refused', refuse, now);
        this.fail(this.own(refuse));
        return false;
      }
      if (at === 0) this.begunAt = now;
      else if (this.begunEach !== undefined || now !== this.begunAt) this.begunLater(at, now);
      if (within !== undefined) {
        (this.expiries ??= [])[at] = { at: now + within.ms, until: within.until, late: within.late };
      }
    }
    return true;
  }

  private open(now: number): void {
    this.arm(now);
    let source: Observable<T>;
    try {
      source = this.source(this.call);
    } catch (error) {
      return this.error(error);
    }
    source.subscribe(this);
  }

  private waitAt(at: number, { after, most, late }: Wait): void {
    const { clock, cells } = this.arrow;
    const { line } = cells[at] as Cell;
    this.wait?.();
    this.wait = after === undefined ? undefined : clock.after(after, () => line.move(), true);
    if (this.lateness !== undefined) return;
    this.arm(clock.now());
    line.join(this);
    this.lateness = clock.after(
      most,
      () => {
        if (this.closed) return;
        this.isStopped = true;
        const error = this.own(late());
        this.tell(at, 'late', error, clock.now());
        this.fail(error);
      },
      true,
    );
  }

  private leaveLine(at: number): void {
    this.lateness?.();
    this.wait?.();
    this.lateness = this.wait = undefined;
    this.arrow.cells[at]?.line.leave(this);
  }

  startAfter(ms: number): void {
    this.arm(this.arrow.clock.now());
    this.wait = this.arrow.clock.after(ms, () => this.start(), true);
  }

  protected override _next(value: T): void {
    if (this.firstAt === undefined) this.sawFirst();
    this.to.next(value);
  }

  protected override _error(error: unknown): void {
    this.fail(asMeshError(error));
  }

  protected override _complete(): void {
    // A response ends with its item: the clock need not be asked again.
    this.settleAll('complete', this.call.interaction === 'response' ? this.firstAt : undefined);
    this.to.complete();
    this.unsubscribe();
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.settleAll('cancel');
    super.unsubscribe();
  }

  private sawFirst(): void {
    const { policies, cells, clock } = this.arrow;
    const now = (this.firstAt = clock.now());
    for (let at = this.level - 1; at >= 0; at--) {
      const policy = policies[at] as AnyPolicy;
      if (policy.first === undefined) continue;
      const cell = cells[at] as Cell;
      cell.state = policy.first(cell.state, now - this.begun(at), this.call, now);
    }
    if (this.expiries === undefined) return;
    this.expiries = this.expiries.map((expiry) => (expiry?.until === 'first' ? undefined : expiry));
    this.arm(now);
  }

  /** Sets the one timer to the nearest expiry of the policies that have admitted the call. */
  private arm(now: number): void {
    this.timer?.();
    this.timer = undefined;
    if (this.expiries === undefined) return;
    let level = -1;
    let at = Infinity;
    for (let i = 0; i < this.level; i++) {
      const expiry = this.expiries[i];
      if (expiry !== undefined && expiry.at < at) [level, at] = [i, expiry.at];
    }
    if (level >= 0 && at !== Infinity) this.timer = this.arrow.clock.after(at - now, () => this.late(level), true);
  }

  private late(level: number): void {
    const expiry = this.expiries?.[level];
    if (expiry === undefined || this.closed) return;
    this.isStopped = true;
    const now = this.arrow.clock.now();
    this.leave();
    while (this.level > level + 1) this.settleInnermost('cancel', undefined, now);
    const error = this.own(expiry.late());
    this.tell(level, 'late', error, now);
    this.fail(error);
  }

  /** Settles from the inside out until a policy has a remedy or the failure is the caller's. */
  private fail(failure: MeshError): void {
    this.stopTimers();
    this.leave();
    const now = this.arrow.clock.now();
    let error = failure;
    while (this.level > 0) {
      const settled = this.settleInnermost('error', error, now);
      const { remedy } = settled;
      if (remedy !== undefined) {
        this.tell(this.level, remedy.kind, error, now);
        return this.apply(remedy);
      }
      error = settled.error ?? error;
    }
    this.to.error(error);
    super.unsubscribe();
  }

  private apply(remedy: Remedy): void {
    const { arrow, call, source, to, begunAt, begunEach, expiries, locals, level } = this;
    this.level = 0;
    super.unsubscribe();
    if (remedy.kind === 'again') {
      const policy = arrow.policies[level] as AnyPolicy;
      const next = policy.again?.(call, locals?.[level]) ?? call;
      new Attempt<T>(arrow, next, source, to, level, begunAt, begunEach, expiries, locals).startAfter(remedy.after);
      return;
    }
    const outer: Arrow = { ...arrow, policies: arrow.policies.slice(0, level) };
    const instead = (): Observable<T> => from(remedy.source()) as Observable<T>;
    new Attempt<T>(outer, call, instead, to, level, begunAt, begunEach, expiries, locals).start();
  }

  /** Leaves the line that it waits in, and lets the next be asked. */
  private leave(): void {
    if (this.lateness === undefined) return;
    const at = this.level;
    this.leaveLine(at);
    this.arrow.cells[at]?.move();
  }

  private settleAll(kind: 'complete' | 'cancel', at?: number): void {
    this.stopTimers();
    this.leave();
    if (this.level === 0) return;
    const now = at ?? this.arrow.clock.now();
    while (this.level > 0) this.settleInnermost(kind, undefined, now);
  }

  private settleInnermost(kind: Outcome['kind'], error: MeshError | undefined, now: number): Settlement<unknown> {
    const at = --this.level;
    const { policies, cells } = this.arrow;
    const cell = cells[at] as Cell;
    const policy = policies[at] as AnyPolicy;
    const outcome = this.outcomeOf(kind, now - this.begun(at), error, now);
    let settlement: Settlement<unknown>;
    try {
      settlement = policy.settle(cell.state, outcome, this.call, now, this.locals?.[at]);
    } catch (thrown) {
      // What a program says of failures may throw: then that is the failure, and the policies further out are settled as ever.
      settlement = { state: cell.state, error: asMeshError(thrown) };
    }
    cell.state = settlement.state;
    if (this.expiries !== undefined) this.expiries[at] = undefined;
    cell.move();
    if (kind === 'error' && settlement.remedy !== undefined && policy.keep !== undefined) {
      (this.locals ??= [])[at] = policy.keep(this.locals[at], outcome);
    }
    return settlement;
  }

  private outcomeOf(kind: Outcome['kind'], elapsed: number, error: MeshError | undefined, now: number): Outcome {
    const first = this.firstAt === undefined ? undefined : this.firstAt - now + elapsed;
    const known = this.outcome;
    if (known?.elapsed === elapsed && known.kind === kind && known.error === error && known.first === first)
      return known;
    return (this.outcome = { kind, elapsed, first, error });
  }

  private begun(at: number): number {
    return this.begunEach?.[at] ?? this.begunAt;
  }

  private begunLater(at: number, now: number): void {
    this.begunEach ??= Array.from({ length: at }, () => this.begunAt);
    this.begunEach[at] = now;
  }

  private own(error: MeshError): MeshError {
    const { from } = this.arrow;
    return from === undefined || error.from !== undefined ? error : errorWith(error, { from });
  }

  /** Makes nothing where nobody listens. */
  private tell(level: number, why: Decision['why'], error: MeshError, at: number): void {
    const { told, policies } = this.arrow;
    if (told === undefined) return;
    told({ call: this.call, by: policies[level]?.name ?? '', why, code: error.code, at });
  }

  private stopTimers(): void {
    this.timer?.();
    this.wait?.();
    this.timer = this.wait = undefined;
  }
}
