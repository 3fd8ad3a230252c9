/** Hedging: a call that takes longer than most is tried a second time beside the first, and the quicker answer counts. */
import { Observable, Subscriber } from 'rxjs';
import {
  type Agnostic,
  asMeshError,
  type Call,
  type Clock,
  count,
  duration,
  isRepeatable,
  meshError,
  type MeshError,
  replyPlace,
  type Service,
  type Stop,
  systemClock,
} from '../core/index.js';
import { ExtraBudget } from './extra-budget.js';
import { RollingLatency } from './rolling-latency.js';

export interface HedgeOptions {
  /** When the next attempt begins: a percentile of the latest first items, 'p95', or a time, '30 ms'; 'p95'. */
  readonly delay?: string | number;
  /** Attempts of one call, the first included; 2. */
  readonly maxAttempts?: number;
  /** Extra attempts for each call, from 0 up to 1, over the last 10 s; 0.02. Or a budget shared with others, as with {@link retry}. */
  readonly budget?: number | ExtraBudget;
  /** Extra attempts in 10 s that are had in any case; 1. */
  readonly floor?: number;
  /** Calls that can't do harm twice; by default those that can be repeated. A channel is never tried twice. */
  readonly when?: (call: Call<unknown>) => boolean;
  readonly clock?: Clock;
}

/** A percentile is read from the last 30 to 60 seconds, and not from fewer than so many calls. */
const HALF = 30_000;
const LEAST_CALLS = 20;
const BUDGET_TTL = 10_000;

interface Hedging {
  readonly clock: Clock;
  readonly latency: RollingLatency;
  readonly budget: ExtraBudget;
  readonly maxAttempts: number;
  /** Milliseconds until the next attempt; undefined where too little is known. */
  delayAt(now: number): number | undefined;
}

/**
 * Tries a call again beside the attempts that run. The first item decides: its attempt goes on, the others are cancelled. An error
 * that may be retried brings the next attempt at once, without one left it counts when no attempt runs; an error that says when to
 * come back (`after`) lets no further attempt begin; any other ends the call.
 * Source: Dean and Barroso, "The Tail at Scale", 2013; gRFC A6; Finagle's backup requests.
 * @example hedge({ delay: 'p95', when: (call) => call.method === 'films.title' })
 */
export function hedge(options: HedgeOptions = {}): Agnostic {
  const { clock = systemClock, budget: given = 0.02, floor = 1, when = isRepeatable } = options;
  const maxAttempts = count(options.maxAttempts ?? 2);
  const delay = delayOf(options.delay ?? 'p95');
  const share = typeof given === 'number' ? given : 0;
  if (!(share >= 0 && share <= 1 && floor >= 0)) {
    throw meshError('Invalid', `hedge wants a budget from 0 to 1 and a floor from 0, not ${share} and ${floor}`);
  }
  return <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> => {
    const latency = new RollingLatency(HALF);
    const hedging: Hedging = {
      clock,
      latency,
      budget: typeof given === 'number' ? new ExtraBudget({ share, floor, ttl: BUDGET_TTL }) : given,
      maxAttempts,
      delayAt: (now) => ('ms' in delay ? delay.ms : latency.percentile(delay.percentile, now, LEAST_CALLS)),
    };
    return (call) => {
      if (call.interaction === 'channel' || !when(call)) return next(call);
      return new Observable<Rep>((to) => new HedgedCall(hedging, next, call, to).begin());
    };
  };
}

function delayOf(delay: string | number): { readonly percentile: number } | { readonly ms: number } {
  const [, percent] = typeof delay === 'string' ? (/^p(\d{1,2}(?:\.\d+)?)$/.exec(delay) ?? []) : [];
  return percent === undefined ? { ms: duration(delay) } : { percentile: Number(percent) / 100 };
}

/** One call with all its attempts. */
class HedgedCall<Req, Rep> {
  private readonly running = new Set<HedgeAttempt<Req, Rep>>();
  private begun = 0;
  private held = false;
  private timer: Stop | undefined;
  private failure: MeshError | undefined;

  constructor(
    private readonly hedging: Hedging,
    private readonly next: Service<Req, Rep>,
    private readonly call: Call<Req>,
    private readonly to: Subscriber<Rep>,
  ) {}

  begin(): void {
    this.hedging.budget.called(this.hedging.clock.now());
    this.to.add(() => this.timer?.());
    this.attempt(this.call);
  }

  /** This attempt was the first to answer. */
  won(by: HedgeAttempt<Req, Rep>): void {
    this.hedging.latency.add(by.elapsed, this.hedging.clock.now());
    this.decide(by);
  }

  lost(by: HedgeAttempt<Req, Rep>, error: MeshError): void {
    this.running.delete(by);
    this.failure = error;
    if (error.retry === 'never') {
      this.decide(by);
      return this.to.error(error);
    }
    if (error.after !== undefined) this.hold();
    else if (this.extra()) return;
    if (this.running.size === 0) {
      this.timer?.();
      this.to.error(this.failure);
    }
  }

  private decide(by: HedgeAttempt<Req, Rep>): void {
    this.hold();
    for (const other of this.running) if (other !== by) other.unsubscribe();
    this.running.clear();
    if (by.call.reply === this.call.reply) return;
    for (const [name, value] of by.call.reply.metadata) this.call.reply.set(name, value);
  }

  private hold(): void {
    this.held = true;
    this.timer?.();
    this.timer = undefined;
  }

  /** Begins another attempt if there is one left; says whether it did. */
  private extra(): boolean {
    const { clock, budget, maxAttempts } = this.hedging;
    const now = clock.now();
    if (this.held || this.to.closed || this.begun >= maxAttempts || now >= this.call.deadline) return false;
    if (!budget.take(now)) return false;
    this.attempt({ ...this.call, reply: replyPlace() });
    return true;
  }

  private attempt(call: Call<Req>): void {
    const { clock } = this.hedging;
    this.begun += 1;
    this.timer?.();
    this.timer = undefined;
    const delay = this.begun < this.hedging.maxAttempts ? this.hedging.delayAt(clock.now()) : undefined;
    if (delay !== undefined) this.timer = clock.after(delay, () => void this.extra());
    const attempt = new HedgeAttempt(this, call, this.to, clock);
    this.running.add(attempt);
    attempt.start(this.next);
  }
}

/** One attempt: the caller's subscriber stands behind it, so that a source below finds the caller's gate. */
class HedgeAttempt<Req, Rep> extends Subscriber<Rep> {
  private readonly begunAt: number;
  private winner = false;

  constructor(
    private readonly hedged: HedgedCall<Req, Rep>,
    readonly call: Call<Req>,
    private readonly to: Subscriber<Rep>,
    private readonly clock: Clock,
  ) {
    super(to);
    this.begunAt = clock.now();
  }

  get elapsed(): number {
    return this.clock.now() - this.begunAt;
  }

  start(next: Service<Req, Rep>): void {
    let answer: Observable<Rep>;
    try {
      answer = next(this.call);
    } catch (error) {
      return this.error(error);
    }
    answer.subscribe(this);
  }

  protected override _next(value: Rep): void {
    this.win();
    this.to.next(value);
  }

  protected override _error(error: unknown): void {
    const failure = asMeshError(error);
    if (this.winner) this.to.error(failure);
    else this.hedged.lost(this, failure);
    this.unsubscribe();
  }

  protected override _complete(): void {
    this.win();
    this.to.complete();
    this.unsubscribe();
  }

  private win(): void {
    if (this.winner) return;
    this.winner = true;
    this.hedged.won(this);
  }
}
