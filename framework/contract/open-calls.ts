/** What is at work in a process, so that its end can wait for it, or say what it abandons. */

/** How many calls are being answered, by route. */
export class OpenCalls {
  private readonly counts = new Map<string, number>();
  private readonly waiting = new Set<() => void>();

  add(route: string): void {
    this.counts.set(route, (this.counts.get(route) ?? 0) + 1);
  }

  remove(route: string): void {
    this.counts.set(route, (this.counts.get(route) ?? 1) - 1);
    for (const look of this.waiting) look();
  }

  /** Routes with calls that are being answered, and how many. */
  get list(): readonly (readonly [route: string, open: number])[] {
    return [...this.counts].filter(([, open]) => open > 0);
  }

  /** Runs `then` when no call of a route that `counts` is being answered; by default all do. */
  whenIdle(then: () => void, counts: (route: string) => boolean = () => true): void {
    const look = (): void => {
      if (this.list.some(([route]) => counts(route))) return;
      this.waiting.delete(look);
      then();
    };
    this.waiting.add(look);
    look();
  }
}
