/** Counts what a peer's handlers see, and resolves when a count is reached. */

export interface Tally {
  add(what: string, times?: number): void;
  count(what: string): number;
  /** Resolves when `what` has been counted at least `times` times. */
  reached(what: string, times?: number): Promise<void>;
}

export function createTally(): Tally {
  const counts = new Map<string, number>();
  const waiting = new Set<() => void>();
  const count = (what: string): number => counts.get(what) ?? 0;
  return {
    add(what, times = 1) {
      counts.set(what, count(what) + times);
      for (const look of waiting) look();
    },
    count,
    reached: (what, times = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (count(what) < times) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
