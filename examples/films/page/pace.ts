/** How fast the page reads: a clock that lets one item through at a time. */
import { nextTurn } from 'millrace';

/** Items a second, by the slider's position. */
export const PACES: readonly number[] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, Infinity];

/** `100 items a second`. */
export function paceText(pace: number): string {
  if (pace === 0) return 'nothing';
  if (pace === Infinity) return 'as fast as it can';
  return pace === 1 ? '1 item a second' : `${pace.toLocaleString('en')} items a second`;
}

/** What a timer can't tell apart, in milliseconds: items of so long a time are let through together. */
const GRAIN = 4;
/** Milliseconds that the clock may be late and catch up; a page in the background has few timers. */
const LATE = 50;
/** Milliseconds of reading after which the page gets to draw. */
const SLICE = 8;

export class Pace {
  private perSecond = 0;
  /** When the next item may come. */
  private due = 0;
  private sliceEnd = 0;
  private changed: () => void = () => undefined;

  get value(): number {
    return this.perSecond;
  }

  /** Holds from now on, for an item that waits as well. */
  set value(perSecond: number) {
    this.perSecond = perSecond;
    this.due = performance.now();
    this.changed();
  }

  /** Resolves when the next item may come. */
  async turn(): Promise<void> {
    this.due = Math.max(this.due, performance.now() - LATE) + 1000 / this.perSecond;
    for (let early = this.early; early > GRAIN; early = this.early) await this.rest(early);
    if (performance.now() < this.sliceEnd) return;
    await new Promise<void>(nextTurn);
    this.sliceEnd = performance.now() + SLICE;
  }

  private get early(): number {
    return this.due - performance.now();
  }

  private rest(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = ms === Infinity ? undefined : setTimeout(done, ms);
      this.changed = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}
