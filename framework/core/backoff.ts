/** Pauses between tries that grow, each with some chance in it, so that those who wait don't all come back at once. */
import type { Clock } from './clock.js';

const FACTOR = 1.6;
/** Each pause is so much of itself longer or shorter, by chance. */
const JITTER = 0.2;

export class Backoff {
  private pause: number | undefined;

  /** Milliseconds of the first pause and of the longest, as they are when they are asked for. */
  constructor(
    private readonly clock: Clock,
    private readonly shortest: () => number,
    private readonly longest: () => number,
  ) {}

  /** The next pause, 1.6 times the one before. */
  next(): number {
    const pause = this.pause ?? this.shortest();
    this.pause = Math.min(pause * FACTOR, this.longest());
    return this.jittered(pause);
  }

  /** A pause as the first is, whatever there was before. */
  first(): number {
    return this.jittered(this.shortest());
  }

  /** It went well: the next pause is the first again. */
  reset(): void {
    this.pause = undefined;
  }

  private jittered(pause: number): number {
    return pause * (1 + JITTER * (2 * this.clock.random() - 1));
  }
}
