/** The bounded place for items that nobody asked for: timers, subjects and `of(a, b, c)` can't wait. */
import { Queue } from './queue.js';

/** What to do with an unasked item: fail at once, keep the latest only, or keep so many and then fail, drop the oldest or the newest. */
export type Overflow =
  'error' | 'latest' | { readonly buffer: number } | { readonly dropOldest: number } | { readonly dropNewest: number };

/** So many unasked items are kept by default; the next is an error. */
export const DEFAULT_OVERFLOW: Overflow = { buffer: 256 };

/** Items kept by an overflow rule. */
export class Spill<T> extends Queue<T> {
  constructor(readonly rule: Overflow) {
    super();
  }

  /** Keeps an item, or drops one, as the rule says; false if the rule calls it an error. */
  add(item: T): boolean {
    const { rule } = this;
    if (rule === 'error') return false;
    if (this.length < boundOf(rule)) {
      this.push(item);
      return true;
    }
    if (typeof rule === 'object' && 'buffer' in rule) return false;
    if (typeof rule === 'object' && 'dropNewest' in rule) return true;
    this.shift();
    this.push(item);
    return true;
  }
}

/** How many items a rule keeps. */
export function boundOf(rule: Overflow): number {
  if (rule === 'error') return 0;
  if (rule === 'latest') return 1;
  if ('buffer' in rule) return rule.buffer;
  return 'dropOldest' in rule ? rule.dropOldest : rule.dropNewest;
}
