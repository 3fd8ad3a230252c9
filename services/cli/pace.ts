/** So many turns a second. */
import type { Clock } from '../../framework/index.js';

/** Milliseconds that a late turn may be made up for: timers are no finer, and no burst follows a pause. */
const CATCH_UP = 10;

export class Pace {
  private readonly gap: number;
  private due: number;

  /** `rate` is turns a second; Infinity never waits. */
  constructor(
    rate: number,
    private readonly clock: Clock,
  ) {
    this.gap = 1000 / rate;
    this.due = clock.now();
  }

  /** Resolves when the next turn is due, or at once when `stop` is aborted. */
  wait(stop: AbortSignal): Promise<void> | undefined {
    const now = this.clock.now();
    this.due = Math.max(this.due + this.gap, now - CATCH_UP);
    if (this.due <= now || stop.aborted) return undefined;
    return new Promise((done) => {
      const go = (): void => {
        cancel();
        stop.removeEventListener('abort', go);
        done();
      };
      const cancel = this.clock.after(this.due - now, go, true);
      stop.addEventListener('abort', go);
    });
  }
}
