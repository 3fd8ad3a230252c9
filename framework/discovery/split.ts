/** Shares of the calls for instances that differ: nine in ten to the old version, one to the new. */
import type { Call, Clock } from '../core/index.js';
import type { Balancer, Candidate, Picker } from './balancer.js';
import { hash32 } from './hash.js';
import { type InstanceMatch, matches } from './instance-match.js';

export interface Share {
  readonly where: InstanceMatch;
  /** Its part of the sum of all shares. 0 for none. */
  readonly weight: number;
}

export interface SplitOptions {
  /** What has the same key has the same share; by chance where it is left out, or undefined for a call. */
  readonly key?: (call: Call<unknown>) => string | undefined;
}

/**
 * Chooses a share first, then by `inner` among the instances that match it. `shares` is asked for each call, so it can change at any
 * time; return the same array while it doesn't. A share that has no instances is left out, and where none has any, or there are no
 * shares, the choice is among all.
 */
export function split(inner: Balancer, shares: () => readonly Share[], { key }: SplitOptions = {}): Balancer {
  return {
    name: `split ${inner.name}`,
    over: (candidates, clock) => {
      const all = inner.over(candidates, clock);
      let known: readonly Share[] | undefined;
      let parts: Parts<(typeof candidates)[number]> = { sum: 0, each: [] };
      return (call) => {
        const wanted = shares();
        if (wanted !== known) {
          parts = partsOf(inner, wanted, candidates, clock);
          known = wanted;
        }
        if (parts.sum === 0) return all(call);
        const name = key?.(call);
        let at = (name === undefined ? clock.random() : hash32(name) / 2 ** 32) * parts.sum;
        for (const { weight, pick } of parts.each) {
          at -= weight;
          if (at < 0) return pick(call);
        }
        return parts.each.at(-1)?.pick(call);
      };
    },
  };
}

interface Parts<C extends Candidate> {
  readonly sum: number;
  readonly each: readonly { readonly weight: number; readonly pick: Picker<C> }[];
}

function partsOf<C extends Candidate>(
  inner: Balancer,
  shares: readonly Share[],
  candidates: readonly C[],
  clock: Clock,
): Parts<C> {
  const each = shares
    .map(({ where, weight }) => ({ weight, found: candidates.filter(({ instance }) => matches(instance, where)) }))
    .filter(({ weight, found }) => weight > 0 && found.length > 0)
    .map(({ weight, found }) => ({ weight, pick: inner.over(found, clock) }));
  return { sum: each.reduce((sum, { weight }) => sum + weight, 0), each };
}
