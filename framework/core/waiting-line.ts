/** Calls that wait at one policy of an arrow, in the order in which they came. */

export interface Waiting {
  /** Asks the policy again; false if it still has to wait. */
  askAgain(): boolean;
}

export class WaitingLine {
  private readonly all = new Set<Waiting>();
  private asking = false;

  get size(): number {
    return this.all.size;
  }

  join(waiting: Waiting): void {
    this.all.add(waiting);
  }

  leave(waiting: Waiting): void {
    this.all.delete(waiting);
  }

  /** Lets in whom the policy lets in now, the first first. Whoever ends within that is followed by the next in the same loop, not within it. */
  move(): void {
    if (this.asking) return;
    this.asking = true;
    try {
      for (const first of this.all) {
        if (!first.askAgain()) break;
      }
    } finally {
      this.asking = false;
    }
  }
}
