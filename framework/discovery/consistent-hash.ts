/** Calls of the same key go to the same endpoint, whoever comes and goes, as long as it isn't overloaded. */
import type { Call } from '../core/index.js';
import type { Balancer, Candidate, Picker } from './balancer.js';
import { hash32 } from './hash.js';
import { keyOf } from './instance.js';

export interface ConsistentHashOptions {
  /** What calls have in common that belong together; undefined for a call that may go anywhere. */
  readonly key: (call: Call<unknown>) => string | undefined;
  /** No endpoint gets more than so many times the average of open calls; the next on the ring gets the rest. Default 1.25. */
  readonly bound?: number;
  /** Places of each endpoint on the ring, for a weight of 1. More are more even, and slower to make. Default 100. */
  readonly places?: number;
}

/**
 * A ring of hashes with bounded loads. Of n endpoints that become n + 1 about a share of 1/(n + 1) of the keys moves.
 * Source: V. Mirrokni, M. Thorup and M. Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016.
 */
export function consistentHash({ key, bound = 1.25, places = 100 }: ConsistentHashOptions): Balancer {
  return {
    name: 'consistent-hash',
    over: (candidates, clock) => {
      const ring = ringOf(candidates, places);
      return (call) => {
        const hash = hash32(key(call) ?? String(clock.random()));
        return walk(ring, ring.from(hash), candidates, bound);
      };
    },
  };
}

interface Ring<C> {
  readonly owners: readonly C[];
  /** The place of the first owner at or behind a hash. */
  from(hash: number): number;
}

/** The heaviest counts as so many times the lightest at most: the ring has to end somewhere. */
const HEAVIEST = 20;

function ringOf<C extends Candidate>(candidates: readonly C[], places: number): Ring<C> {
  const lightest = Math.min(...candidates.map(({ instance }) => Math.max(instance.weight, Number.MIN_VALUE)));
  const marks = candidates.flatMap((owner) => {
    const times = Math.min(HEAVIEST, owner.instance.weight / lightest);
    return Array.from({ length: Math.max(1, Math.round(places * times)) }, (_, at) => ({
      hash: hash32(`${keyOf(owner.instance)}#${at}`),
      owner,
    }));
  });
  marks.sort((a, b) => a.hash - b.hash || (keyOf(a.owner.instance) < keyOf(b.owner.instance) ? -1 : 1));
  const hashes = Uint32Array.from(marks, ({ hash }) => hash);
  return {
    owners: marks.map(({ owner }) => owner),
    from(hash) {
      let [low, high] = [0, hashes.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((hashes[middle] ?? 0) < hash) low = middle + 1;
        else high = middle;
      }
      return low === hashes.length ? 0 : low;
    },
  };
}

function walk<C extends Candidate>(
  ring: Ring<C>,
  from: number,
  all: readonly C[],
  bound: number,
): ReturnType<Picker<C>> {
  let most: number | undefined;
  const { length } = ring.owners;
  for (let i = 0; i < length; i++) {
    const each = ring.owners[(from + i) % length];
    if (each?.available !== true) continue;
    if (each.pending === 0) return each;
    most ??= Math.ceil((bound * (pendingOf(all) + 1)) / all.length);
    if (each.pending < most) return each;
  }
  return undefined;
}

function pendingOf(all: readonly Candidate[]): number {
  let sum = 0;
  for (const { pending } of all) sum += pending;
  return sum;
}
