/** Sums of what a registry knows, in parts, so that two can find out where they differ without telling each other everything. */
import { keyOf } from '../../framework/index.js';
import { digestible, type Known } from './replica.js';

/** Parts of a ledger. */
export const BUCKETS = 256;

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

interface Sum {
  low: number;
  high: number;
}

/** Sums don't depend on the order, and a change costs the change only; they are against mistakes, not against forgers. */
export class Ledger {
  private readonly sums: readonly Sum[] = Array.from({ length: BUCKETS }, () => ({ low: 0, high: 0 }));

  add(known: Known): void {
    const [sum, text] = [this.sumOf(known), digestible(known)];
    sum.low = (sum.low + fnv(text, BASIS)) >>> 0;
    sum.high = (sum.high + fnv(text, PRIME)) >>> 0;
  }

  remove(known: Known): void {
    const [sum, text] = [this.sumOf(known), digestible(known)];
    sum.low = (sum.low - fnv(text, BASIS)) >>> 0;
    sum.high = (sum.high - fnv(text, PRIME)) >>> 0;
  }

  /** One text of 16 hexadecimal digits for each part. */
  get buckets(): readonly string[] {
    return this.sums.map(({ low, high }) => hex(high) + hex(low));
  }

  private sumOf({ instance }: Known): Sum {
    const sum = this.sums[bucketOf(keyOf(instance))];
    if (sum === undefined) throw new RangeError('no such part of a ledger');
    return sum;
  }
}

/** The part of a ledger that an instance is in. */
export function bucketOf(key: string): number {
  const hash = fnv(key, BASIS);
  return ((hash ^ (hash >>> 16)) >>> 0) % BUCKETS;
}

/** What stands for one account of an instance. */
export function digestOf(known: Known): string {
  const text = digestible(known);
  return hex(fnv(text, PRIME)) + hex(fnv(text, BASIS));
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}

/** FNV-1a. */
function fnv(text: string, basis: number): number {
  let hash = basis;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME) >>> 0;
  return hash;
}
