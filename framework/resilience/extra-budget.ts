/** A budget of extra attempts: a share of the calls of the last ten seconds, and a few in any case. */

/** Calls and extra attempts of each of the last ten parts of the time to live. */
const PARTS = 10;

export interface ExtraBudgetOptions {
  /** Extra attempts for each call, from 0 up to 1. */
  readonly share: number;
  /** Extra attempts within `ttl` that are had without a call; they let a quiet service try at all. */
  readonly floor: number;
  /** Milliseconds after which a call counts no more. */
  readonly ttl: number;
}

/** Counts in ten parts, so that it takes the same room whatever the load. */
export class ExtraBudget {
  private readonly calls = new Float64Array(PARTS);
  private readonly extras = new Float64Array(PARTS);
  private part = 0;

  constructor(private readonly options: ExtraBudgetOptions) {}

  called(now: number): void {
    const at = this.at(now);
    this.calls[at] = (this.calls[at] ?? 0) + 1;
  }

  /** Takes one extra attempt, if there is one left. */
  take(now: number): boolean {
    const at = this.at(now);
    const allowed = this.options.share * sum(this.calls) + this.options.floor;
    if (sum(this.extras) + 1 > allowed) return false;
    this.extras[at] = (this.extras[at] ?? 0) + 1;
    return true;
  }

  private at(now: number): number {
    const part = Math.floor((now * PARTS) / this.options.ttl);
    for (let gone = Math.max(this.part + 1, part - PARTS + 1); gone <= part; gone++) {
      this.calls[gone % PARTS] = this.extras[gone % PARTS] = 0;
    }
    this.part = Math.max(this.part, part);
    return this.part % PARTS;
  }
}

function sum(all: Float64Array): number {
  let total = 0;
  for (const each of all) total += each;
  return total;
}
