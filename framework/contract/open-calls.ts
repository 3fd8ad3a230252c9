/** What is at work in a process, so that its end can wait for it, or say what it abandons. */

/** How many calls are being answered, by route. */
export class OpenCalls {
  private readonly counts = new Map<string, number>();
  private waiting: (() => void)[] = [];
  private total = 0;

  add(route: string): void {
    this.total += 1;
    this.counts.set(route, (this.counts.get(route) ?? 0) + 1);
  }

  remove(route: string): void {
    this.total -= 1;
    this.counts.set(route, (this.counts.get(route) ?? 1) - 1);
    if (this.total > 0) return;
    const { waiting } = this;
    this.waiting = [];
    for (const idle of waiting) idle();
  }

  /** Routes with calls that are being answered, and how many. */
  get list(): readonly (readonly [route: string, open: number])[] {
    return [...this.counts].filter(([, open]) => open > 0);
  }

  /** Runs `then` when no call is being answered. */
  whenIdle(then: () => void): void {
    if (this.total === 0) then();
    else this.waiting.push(then);
  }
}
