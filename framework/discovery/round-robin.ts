/** One after the other: equal shares, or shares by weight. */
import { type Balancer, type Candidate, nextAvailable, type Picker } from './balancer.js';

/** Each in turn, whatever its load and weight. */
export function roundRobin(): Balancer {
  return {
    name: 'round-robin',
    over: (candidates, clock) => {
      let turn = Math.floor(clock.random() * candidates.length);
      return () => nextAvailable(candidates, turn++);
    },
  };
}

/**
 * Each in turn, as often as its weight says, and spread out: of weights 3 and 1 the turns are a a b a.
 * Source: nginx, "Upstream: smooth weighted round-robin balancing", 2012.
 */
export function weighted(): Balancer {
  return { name: 'weighted', over: (candidates, clock) => smooth(candidates, () => clock.now()) };
}

function smooth<C extends Candidate>(candidates: readonly C[], now: () => number): Picker<C> {
  const due = candidates.map(() => 0);
  return () => {
    const at = now();
    let total = 0;
    let best = -1;
    candidates.forEach((each, i) => {
      if (!each.available) return;
      const share = each.share(at);
      total += share;
      due[i] = (due[i] ?? 0) + share;
      if (best === -1 || (due[i] ?? 0) > (due[best] ?? 0)) best = i;
    });
    if (best === -1) return undefined;
    due[best] = (due[best] ?? 0) - total;
    return candidates[best];
  };
}

/** The one with the fewest calls open for its share; those that are equal in turn. */
export function leastPending(): Balancer {
  return {
    name: 'least-pending',
    over: (candidates, clock) => {
      let turn = Math.floor(clock.random() * candidates.length);
      return () => {
        turn += 1;
        const now = clock.now();
        let best: (typeof candidates)[number] | undefined;
        let least = Infinity;
        for (let i = 0; i < candidates.length; i++) {
          const each = candidates[(i + turn) % candidates.length];
          if (each?.available !== true) continue;
          const pending = (each.pending + 1) / each.share(now);
          if (pending < least) [best, least] = [each, pending];
        }
        return best;
      };
    },
  };
}
