/** The same zone first, then the same region, then the rest; and further out when it is crowded nearby. */
import type { Clock } from '../core/index.js';
import type { Balancer, Candidate, Picker } from './balancer.js';
import type { Instance } from './instance.js';

export interface ZoneOptions {
  /** Where the caller is; empty where it doesn't matter. */
  readonly zone: string;
  readonly region: string;
  /** A call goes further out when latency nearby is so many times what it is at rest, and less out there. Default 3. */
  readonly spill?: number;
}

/**
 * Chooses by `inner` within the nearest tier that has endpoints: the caller's zone, its region, anywhere. What isn't available
 * nearby, or has grown slow by its own load, spills over to the next tier.
 */
export function zoneAware(inner: Balancer, { zone, region, spill = 3 }: ZoneOptions): Balancer {
  if (zone === '' && region === '') return inner;
  return {
    name: `zone-aware ${inner.name}`,
    over: <C extends Candidate>(candidates: readonly C[], clock: Clock): Picker<C> => {
      const tiers: C[][] = [[], [], []];
      for (const each of candidates) tiers[tierOf(each.instance, zone, region)]?.push(each);
      const pickers = tiers.filter(({ length }) => length > 0).map((tier) => inner.over(tier, clock));
      if (pickers.length === 1) return pickers[0] as Picker<C>;
      return (call) => {
        let chosen: C | undefined;
        for (const pick of pickers) {
          const found = pick(call);
          if (found === undefined) continue;
          if (chosen === undefined) chosen = found;
          else if (found.latency(clock.now()) < chosen.latency(clock.now())) chosen = found;
          if (!crowded(chosen, clock.now(), spill)) return chosen;
        }
        return chosen;
      };
    },
  };
}

function tierOf(instance: Instance, zone: string, region: string): number {
  if (zone !== '' && instance.zone === zone) return 0;
  return region !== '' && instance.region === region ? 1 : 2;
}

/** Latency below this many milliseconds is noise, however small it is at rest. */
const NOISE = 5;

function crowded(candidate: Candidate, now: number, spill: number): boolean {
  return candidate.latency(now) > Math.max(NOISE, spill * candidate.rest());
}
