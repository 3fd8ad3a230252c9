/** A key stays with the endpoint that it was given to first, for as long as that is there. */
import type { Call } from '../core/index.js';
import type { Balancer } from './balancer.js';
import { keyOf } from './instance.js';

export interface StickyOptions {
  /** What calls have in common that belong together; undefined for a call that may go anywhere. */
  readonly key: (call: Call<unknown>) => string | undefined;
  /** Keys that are remembered; those that were used least lately are forgotten. Default 10,000. */
  readonly most?: number;
}

/** Chooses as `first` does for a key that is new, or whose endpoint has gone; then always the same. */
export function sticky(first: Balancer, { key, most = 10_000 }: StickyOptions): Balancer {
  /** By key; in the order of their last use. Kept over changes of the set. */
  const homes = new Map<string, string>();
  const remember = (name: string, home: string): void => {
    homes.delete(name);
    homes.set(name, home);
    const oldest = homes.size > most ? homes.keys().next().value : undefined;
    if (oldest !== undefined) homes.delete(oldest);
  };
  return {
    name: `sticky ${first.name}`,
    over: (candidates, clock) => {
      const pick = first.over(candidates, clock);
      const byKey = new Map(candidates.map((each) => [keyOf(each.instance), each]));
      return (call) => {
        const name = key(call);
        if (name === undefined) return pick(call);
        const home = byKey.get(homes.get(name) ?? '');
        const chosen = home?.available === true ? home : pick(call);
        // Who is only full for a moment stays the home.
        if (chosen !== undefined && (home === undefined || home === chosen)) remember(name, keyOf(chosen.instance));
        return chosen;
      };
    },
  };
}
