/** The policy that measures calls: how many, how long, how they ended, how many are open. */
import { type Clock, type ErrorTag, policyFilter, type PolicyFilter, systemClock } from '../core/index.js';
import type { Tags } from './measurement.js';
import type { Counter, Gauge, Meters, Timer } from './meters.js';

export interface MeterOptions {
  /** Begins the names of its meters; `calls`. */
  readonly name?: string;
  /** Tags of all of them, beside `method` and `outcome`: `{ side: 'client' }`. */
  readonly tags?: Tags;
  /** Methods that are told apart; the others count as one, `overflow`. 1,000. */
  readonly methods?: number;
  readonly clock?: Clock;
}

/** `ok`, `canceled` where the caller left without an answer, or the tag of the error. */
export type CallOutcome = 'ok' | 'canceled' | ErrorTag;

/**
 * Measures the calls that go through it: the timer `calls` by method and outcome, to the first item or, without one, to the end; the gauge
 * `calls.open` by method; and for answers that ended badly after their first item the counter `calls.cut` by method and outcome.
 * @example mesh(Films).use(meter(meters, { tags: { side: 'server' } }))
 */
export function meter(meters: Meters, options: MeterOptions = {}): PolicyFilter {
  const { name = 'calls', tags = {}, methods = 1000, clock = systemClock } = options;
  const known = new Map<string, MethodMeters>();
  const of = (method: string): MethodMeters => {
    const found = known.get(method);
    if (found !== undefined) return found;
    const kept = known.size < methods ? method : 'overflow';
    const made = known.get(kept) ?? new MethodMeters(meters, name, { ...tags, method: kept });
    known.set(kept, made);
    return made;
  };
  return policyFilter<MethodMeters | undefined, undefined>(
    {
      name: 'meter',
      initial: undefined,
      scope: 'method',
      admit(state, { method }) {
        const all = state ?? of(method);
        all.open.add(1);
        return all.same;
      },
      first(state, elapsed) {
        state?.took('ok', elapsed);
        return state;
      },
      settle(state, { kind, elapsed, first, error }, { method }) {
        const all = state ?? of(method);
        all.open.add(-1);
        if (first === undefined) all.took(error?.tag ?? (kind === 'cancel' ? 'canceled' : 'ok'), elapsed);
        else if (error !== undefined) all.cut(error.tag);
        return all.same;
      },
    },
    clock,
  );
}

/** The meters of one method; those of an outcome are made when it is first seen. */
class MethodMeters {
  /** What each of its calls leaves behind in the policy. */
  readonly same: { readonly state: MethodMeters } = { state: this };
  readonly open: Gauge;
  private readonly times = new Map<CallOutcome, Timer>();
  private readonly cuts = new Map<CallOutcome, Counter>();

  constructor(
    private readonly meters: Meters,
    private readonly name: string,
    private readonly tags: Tags,
  ) {
    this.open = meters.gauge(`${name}.open`, tags);
  }

  took(outcome: CallOutcome, elapsed: number): void {
    let timer = this.times.get(outcome);
    if (timer === undefined) this.times.set(outcome, (timer = this.meters.timer(this.name, { ...this.tags, outcome })));
    timer.add(elapsed);
  }

  cut(outcome: CallOutcome): void {
    let counter = this.cuts.get(outcome);
    if (counter === undefined) {
      counter = this.meters.counter(`${this.name}.cut`, { ...this.tags, outcome });
      this.cuts.set(outcome, counter);
    }
    counter.add();
  }
}
