/** One number for a set of instances, so that two sides can tell whether they know the same. */
import { keyOf } from './instance.js';
import type { Sighting } from './registry-messages.js';

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * The sum of the hashes of a set's members: it doesn't depend on their order, and a change costs the change only.
 * Source: M. Bellare and D. Micciancio, "A New Paradigm for Collision-Free Hashing", Eurocrypt 1997 (AdHash), over FNV-1a twice:
 * against mistakes, not against forgers.
 */
export class SightingsHash {
  private low = 0;
  private high = 0;

  add(sighting: Sighting): void {
    const text = digestible(sighting);
    this.low = (this.low + fnv(text, BASIS)) >>> 0;
    this.high = (this.high + fnv(text, PRIME)) >>> 0;
  }

  remove(sighting: Sighting): void {
    const text = digestible(sighting);
    this.low = (this.low - fnv(text, BASIS)) >>> 0;
    this.high = (this.high - fnv(text, PRIME)) >>> 0;
  }

  /** 16 lower-case hexadecimal digits. */
  get text(): string {
    return this.high.toString(16).padStart(8, '0') + this.low.toString(16).padStart(8, '0');
  }
}

/** The hash of a whole set. */
export function hashOf(sightings: Iterable<Sighting>): string {
  const hash = new SightingsHash();
  for (const each of sightings) hash.add(each);
  return hash.text;
}

/** What of an instance changes whenever anything about it does. */
function digestible({ instance, suspect }: Sighting): string {
  return `${keyOf(instance)} ${instance.dirty} ${instance.status} ${instance.override} ${suspect}`;
}

function fnv(text: string, basis: number): number {
  let hash = basis;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME) >>> 0;
  return hash;
}
