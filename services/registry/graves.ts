/** Instances that were taken out, remembered for a while so that nobody who is behind brings them back. */
import type { Clock } from '../../framework/index.js';

export interface GraveBounds {
  /** Milliseconds for which one is remembered. */
  readonly time: () => number;
  /** And how many are at most; the oldest are forgotten first. */
  readonly most: () => number;
}

/** `T` is what is remembered of each. */
export class Graves<T> {
  /** In the order in which they were dug. */
  private readonly held = new Map<string, { readonly about: T; readonly at: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly bounds: GraveBounds,
  ) {}

  get size(): number {
    return this.held.size;
  }

  /** Of all that are remembered, the oldest first. */
  keys(): Iterable<string> {
    return this.held.keys();
  }

  get(key: string): T | undefined {
    return this.held.get(key)?.about;
  }

  /** Remembers an instance from now on, in the place of what was remembered of it. */
  dig(key: string, about: T): void {
    this.held.delete(key);
    this.held.set(key, { about, at: this.clock.now() });
    this.trim();
  }

  forget(key: string): void {
    this.held.delete(key);
  }

  /** Forgets what is too old, or too much. */
  trim(): void {
    const [oldest, most] = [this.clock.now() - this.bounds.time(), this.bounds.most()];
    for (const [key, { at }] of this.held) {
      if (at >= oldest && this.held.size <= most) return;
      this.held.delete(key);
    }
  }
}
