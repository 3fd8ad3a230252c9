/** How one of several endpoints is chosen for a call. */
import type { Call, Clock } from '../core/index.js';
import type { Instance } from './instance.js';

/** An endpoint that may be chosen, as a balancer sees it. */
export interface Candidate {
  readonly instance: Instance;
  /** Calls that are open there. */
  readonly pending: number;
  /** Whether it would take a call now: false where it grants leases and none is left. */
  readonly available: boolean;
  /** Smoothed milliseconds to the first item of an answer; 0 where nothing is known yet. */
  latency(now: number): number;
  /** The least that its latency has lately been: what it is when nobody waits there. */
  rest(): number;
  /** What a further call would have to wait for, for comparison only: latency × (pending + 1) ÷ share. */
  load(now: number): number;
  /** Its share of the calls against others, more than 0: the instance's weight, less while it warms up. */
  share(now: number): number;
}

/** Chooses for one call; undefined where no candidate is available. */
export type Picker<C extends Candidate> = (call: Call<unknown>) => C | undefined;

/** A way of choosing. `over` is asked anew whenever the set of candidates changes, and so seldom; what it returns for each call. */
export interface Balancer {
  readonly name: string;
  over<C extends Candidate>(candidates: readonly C[], clock: Clock): Picker<C>;
}

/** The first that is available, from a place on: for pickers whose choice isn't. */
export function nextAvailable<C extends Candidate>(candidates: readonly C[], from: number): C | undefined {
  for (let i = 0; i < candidates.length; i++) {
    const each = candidates[(from + i) % candidates.length];
    if (each?.available === true) return each;
  }
  return undefined;
}
