/** A limit that adapts, kept in one place for all who go by it: the filter that refuses, and the leases that prevent. */
import { type Observable, Subject } from 'rxjs';
import { type Call, type Clock, type MeshError, meshError, systemClock, type Outcome } from '../core/index.js';
import { gradient2 } from './gradient2.js';
import type { LimitAlgorithm } from './limit-algorithm.js';
import { type Mean, meanWith, NO_MEAN } from './mean.js';
import { allOf, type InFlight, mayStart, NOBODY, type Shares, sharesOf } from './shares.js';

export interface LimiterOptions {
  /** `gradient2()` by default. */
  readonly algorithm?: LimitAlgorithm;
  /** What each priority may take; {@link SHARES} where left out. */
  readonly shares?: Partial<Shares>;
  /** Of whom a refusal speaks; 'the service'. */
  readonly name?: string;
  /** Whether a stream or channel counts as in flight until its end, or until its first item; 'end'. Who serves streams that last takes 'first'. */
  readonly streams?: 'first' | 'end';
  readonly clock?: Clock;
}

/** What a limiter knows at one moment. */
export interface LimiterView {
  /** Calls at once. */
  readonly limit: number;
  readonly inFlight: InFlight;
  /** Milliseconds to the first item, a moving mean; 0 before the first call. */
  readonly latency: number;
  /** Calls refused so far. */
  readonly refused: InFlight;
}

type Counts = { -readonly [priority in keyof InFlight]: InFlight[priority] };

/** Samples that the mean latency of leases reaches back. */
const LATENCY_WINDOW = 100;
/** A clock of whole milliseconds sees none pass in a quick call; so many did. */
const LEAST_LATENCY = 0.01;

/** One adaptive limit. Every filter that is made from it counts into the same number. */
export class Limiter {
  private readonly algorithm: LimitAlgorithm;
  private readonly shares: Shares;
  private readonly name: string;
  private readonly short: boolean;
  readonly clock: Clock;
  private readonly moved = new Subject<number>();
  private state: unknown;
  private present: number;
  private readonly inFlight: Counts = { ...NOBODY };
  private readonly refused: Counts = { ...NOBODY };
  private mean: Mean = NO_MEAN;

  constructor(options: LimiterOptions = {}) {
    this.algorithm = options.algorithm ?? gradient2();
    this.shares = sharesOf(options.shares);
    this.name = options.name ?? 'the service';
    this.short = options.streams === 'first';
    this.clock = options.clock ?? systemClock;
    this.state = this.algorithm.initial;
    this.present = this.algorithm.limit(this.state);
  }

  /** Tells the limit whenever it has changed. */
  get changes(): Observable<number> {
    return this.moved.asObservable();
  }

  get view(): LimiterView {
    return {
      limit: this.present,
      inFlight: { ...this.inFlight },
      latency: this.mean.value,
      refused: { ...this.refused },
    };
  }

  /** {@link view} in few numbers. */
  get summary(): Readonly<Record<'limit' | 'open' | 'refused', number>> {
    return { limit: this.present, open: allOf(this.inFlight), refused: allOf(this.refused) };
  }

  /** Counts a call in, or says why it is refused. */
  start(call: Call<unknown>): MeshError | undefined {
    const { priority } = call;
    if (mayStart(this.shares, this.present, this.inFlight, priority)) {
      this.inFlight[priority] += 1;
      return undefined;
    }
    this.refused[priority] += 1;
    const what = call.method === '' ? `a ${priority} call` : `${call.method}, a ${priority} call`;
    const has = `${this.name} has ${allOf(this.inFlight)} calls in flight of ${this.present}`;
    return meshError('Rejected', `${what}, was refused: ${has}`, { code: 'MILLRACE_LIMIT' });
  }

  /**
   * A failure says nothing of capacity unless it is one of overload. Who leaves after longer than usual has seen that latency at
   * least; without these only the quick calls would be counted.
   */
  end(call: Call<unknown>, { kind, elapsed, first, error }: Outcome): void {
    const dropped = error !== undefined && OVERLOAD.has(error.tag);
    if (dropped) this.sample(elapsed, true);
    else if (first === undefined && kind === 'complete') this.sample(elapsed, false);
    else if (first === undefined && kind === 'cancel' && elapsed > this.mean.value) this.sample(elapsed, false);
    if (first === undefined || !this.isShort(call)) this.leave(call);
  }

  /** The first item of a call has come. */
  began(call: Call<unknown>, elapsed: number): void {
    this.sample(elapsed, false);
    if (this.isShort(call)) this.leave(call);
  }

  private isShort({ interaction }: Call<unknown>): boolean {
    return this.short && (interaction === 'stream' || interaction === 'channel');
  }

  private leave({ priority }: Call<unknown>): void {
    this.inFlight[priority] -= 1;
  }

  private sample(elapsed: number, dropped: boolean): void {
    const latency = Math.max(LEAST_LATENCY, elapsed);
    if (!dropped) this.mean = meanWith(this.mean, latency, LATENCY_WINDOW);
    const sample = { latency, inFlight: allOf(this.inFlight), dropped };
    this.state = this.algorithm.sampled(this.state, sample, this.clock.random());
    const limit = Math.max(1, this.algorithm.limit(this.state));
    if (limit === this.present) return;
    this.present = limit;
    this.moved.next(limit);
  }
}

/** Errors that say a call was lost to overload. */
const OVERLOAD: ReadonlySet<string> = new Set(['Rejected', 'Slow', 'Late', 'Overrun']);
