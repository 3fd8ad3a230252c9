/** What a registry has told of, put together: parts joined, checked by their hash, and not forgotten when the registry begins anew. */
import { type Instance, keyOf } from './instance.js';
import type { Changes, Interest, Sighting } from './registry-messages.js';
import { SightingsHash } from './sightings-hash.js';

/** What came of a message: more of it follows; the instances may have changed; or what is known isn't what the registry knows. */
export type Applied = 'part' | 'whole' | 'wrong';

/** Instances that are taken from one registry; a list of more is not believed. */
const MOST = 200_000;

export class KnownInstances {
  private sightings = new Map<string, Sighting>();
  private hash = new SightingsHash();
  /** From before the registry began anew: it may not have heard of them again yet. */
  private readonly held = new Map<string, { readonly sighting: Sighting; readonly until: number }>();
  private parts: Changes[] = [];
  private at: Interest['since'];
  private epoch: string | undefined;

  /** `hold` is the milliseconds for which instances are kept that a registry doesn't know which has begun anew. */
  constructor(private readonly hold: () => number) {}

  /** From where the next watch of the same interest can go on. */
  get since(): Interest['since'] {
    return this.at;
  }

  get size(): number {
    return this.sightings.size + this.held.size;
  }

  /** When the next of those is to be forgotten whom the registry doesn't know; undefined where there is none. */
  get due(): number | undefined {
    let due: number | undefined;
    for (const { until } of this.held.values()) due = Math.min(due ?? until, until);
    return due;
  }

  /** All instances; those that the registry doubts have the status UNKNOWN. */
  get instances(): readonly Instance[] {
    const all = [...this.sightings.values(), ...[...this.held.values()].map(({ sighting }) => sighting)];
    return all.map(({ instance, suspect }) =>
      suspect ? { ...instance, status: 'UNKNOWN' as const, override: 'UNKNOWN' as const } : instance,
    );
  }

  /** What was known when the program last ran; nothing that a registry says is older. */
  restore(instances: readonly Instance[], now: number): void {
    const until = now + this.hold();
    for (const instance of instances) {
      const key = keyOf(instance);
      if (!this.sightings.has(key)) this.held.set(key, { sighting: { instance, suspect: false }, until });
    }
  }

  /** Takes one message. After `wrong` what was known is kept, as far as the message has changed it, until everything is told anew. */
  apply(changes: Changes, now: number): Applied {
    const [first] = this.parts;
    if (first !== undefined && !follows(first, changes)) return this.wrong();
    if (first === undefined && changes.from > 0 && !this.isAt(changes)) return this.wrong();
    this.parts.push(changes);
    const told = this.parts.reduce((sum, { put, gone }) => sum + put.length + gone.length, 0);
    if (told > 2 * MOST) return this.wrong();
    if (changes.more === true) return 'part';
    const parts = this.parts;
    this.parts = [];
    return this.take(parts, changes, now) ? 'whole' : this.wrong();
  }

  /** The connection has gone, and with it the rest of what was begun. */
  interrupted(): void {
    this.parts = [];
  }

  /** Another interest: what is known is kept until the registry has told everything anew. */
  anew(): void {
    this.parts = [];
    this.at = undefined;
  }

  /** Forgets those of whom the registry that began anew has not heard in time. */
  expire(now: number): void {
    for (const [key, { until }] of this.held) if (until <= now) this.held.delete(key);
  }

  private take(parts: readonly Changes[], { epoch, from, version, hash }: Changes, now: number): boolean {
    const next = from === 0 ? new Map<string, Sighting>() : this.sightings;
    const digest = from === 0 ? new SightingsHash() : this.hash;
    for (const { put, gone } of parts) {
      for (const key of gone) forget(next, digest, key);
      for (const sighting of put) {
        const key = keyOf(sighting.instance);
        forget(next, digest, key);
        next.set(key, sighting);
        digest.add(sighting);
      }
    }
    if (digest.text !== hash || next.size > MOST) return false;
    if (from === 0 && this.epoch !== undefined && this.epoch !== epoch) this.holdBut(next, now);
    this.epoch = epoch;
    this.sightings = next;
    this.hash = digest;
    this.at = { epoch, version };
    for (const { put, gone } of parts) {
      for (const key of gone) this.held.delete(key);
      for (const { instance } of put) this.held.delete(keyOf(instance));
    }
    return true;
  }

  private isAt({ epoch, from }: Changes): boolean {
    return this.at?.epoch === epoch && this.at.version === from;
  }

  private holdBut(next: ReadonlyMap<string, Sighting>, now: number): void {
    const until = now + this.hold();
    for (const [key, sighting] of this.sightings) if (!next.has(key)) this.held.set(key, { sighting, until });
  }

  private wrong(): 'wrong' {
    this.anew();
    return 'wrong';
  }
}

function follows(first: Changes, { epoch, from, version, hash }: Changes): boolean {
  return first.epoch === epoch && first.from === from && first.version === version && first.hash === hash;
}

function forget(sightings: Map<string, Sighting>, digest: SightingsHash, key: string): void {
  const before = sightings.get(key);
  if (before === undefined) return;
  digest.remove(before);
  sightings.delete(key);
}
