/** How many items a second, of something that moves in bursts: a window's half at a time. */

/** Milliseconds that a speed is the mean of, at least. */
const SPAN = 1000;
/** Bursts that are remembered. */
const KEPT = 32;
/** Milliseconds between two looks, about: what is later than twice the usual and this has stopped. */
const LOOK = 200;

interface Burst {
  readonly at: number;
  /** Items before it. */
  readonly before: number;
}

export class Speed {
  private bursts: Burst[] = [];

  /** `made` is the count to begin with. */
  constructor(private made: number) {}

  /** What was made until `at`, in milliseconds. */
  look(at: number, made: number): void {
    if (made > this.made) this.bursts = [...this.bursts.slice(1 - KEPT), { at, before: this.made }];
    this.made = made;
  }

  /** Items a second from one burst to another, a second or more apart; 0 once the next one doesn't come. */
  perSecond(now: number): number {
    const last = this.bursts.at(-1);
    const first = this.bursts.findLast(({ at }) => last !== undefined && last.at - at >= SPAN) ?? this.bursts[0];
    if (last === undefined || first === undefined) return 0;
    if (last === first) return now - last.at > SPAN ? 0 : ((this.made - last.before) * 1000) / SPAN;
    const span = last.at - first.at;
    if (now - last.at > 2 * this.widestGap(first) + LOOK) return 0;
    return ((last.before - first.before) * 1000) / span;
  }

  private widestGap(first: Burst): number {
    const since = this.bursts.slice(this.bursts.indexOf(first));
    return since.reduce((widest, { at }, index) => Math.max(widest, at - (since[index - 1]?.at ?? at)), 0);
  }
}
