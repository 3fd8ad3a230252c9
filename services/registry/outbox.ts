/** What another registry is still to hear of: each instance once, however often it changes, and no more than a bound. */

export interface Letters {
  /** Keys of instances to be told of whole, or that they are gone. */
  readonly accounts: readonly string[];
  /** Keys of instances that have given a sign of life, and nothing else. */
  readonly renewals: readonly string[];
}

export class Outbox {
  /** By key, whether a sign of life is all; in the order in which they came. */
  private readonly waiting = new Map<string, boolean>();
  /** Where more changed than there was place for: everything, from where it was left off. */
  private sweep: Iterator<string> | undefined;

  /** `everything`: keys of all that the other should know. */
  constructor(
    private readonly most: () => number,
    private readonly everything: () => Iterable<string>,
  ) {}

  get isEmpty(): boolean {
    return this.waiting.size === 0 && this.sweep === undefined;
  }

  /** False where there was no place: everything is gone through instead, as signs of life, of which the other asks for what it lacks. */
  add(key: string, renewal: boolean): boolean {
    const before = this.waiting.get(key);
    if (before === undefined && this.waiting.size >= this.most()) {
      this.waiting.clear();
      this.sweep = this.everything()[Symbol.iterator]();
      return false;
    }
    this.waiting.set(key, renewal && before !== false);
    return true;
  }

  /** The oldest, which leave: what says more than a sign of life goes first. */
  take(most: number): Letters {
    const accounts = this.first(false, most);
    const renewals = this.first(true, most - accounts.length);
    return { accounts, renewals: [...renewals, ...this.swept(most - accounts.length - renewals.length)] };
  }

  private swept(most: number): readonly string[] {
    const keys: string[] = [];
    while (this.sweep !== undefined && keys.length < most) {
      const next = this.sweep.next();
      if (next.done === true) this.sweep = undefined;
      else keys.push(next.value);
    }
    return keys;
  }

  private first(renewal: boolean, most: number): readonly string[] {
    const keys: string[] = [];
    for (const [key, kind] of this.waiting) {
      if (keys.length >= most) break;
      if (kind === renewal) keys.push(key);
    }
    for (const key of keys) this.waiting.delete(key);
    return keys;
  }
}
