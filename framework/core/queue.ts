/** A first-in first-out queue that neither shifts an array nor keeps what has left. */

export class Queue<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    // An array that grows from none has room for 17: most queues hold one.
    if (this.items.length === 0) this.items = [item];
    else this.items.push(item);
  }

  /** The oldest item, which leaves; undefined where there is none. */
  shift(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined;
    if (this.head === this.items.length) this.clear();
    else if (this.head >= 64 && this.head * 2 >= this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  /** The youngest item, which leaves; undefined where there is none. */
  pop(): T | undefined {
    return this.head === this.items.length ? undefined : this.items.pop();
  }

  clear(): void {
    if (this.items.length > 0) this.items = [];
    this.head = 0;
  }
}
