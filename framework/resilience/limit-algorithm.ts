/** How many calls at once a service bears, learnt from how long they take: what every such algorithm is. */

/** One call, as it is told to an algorithm. */
export interface LimitSample {
  /** Milliseconds to its first item, or to its end where it had none. */
  readonly latency: number;
  /** Calls in flight as it was measured, itself included. */
  readonly inFlight: number;
  /** It was lost to overload: refused below, or too slow. */
  readonly dropped: boolean;
}

/** A pure machine: `sampled` makes the next state of a state, a call and a number of chance from 0 up to 1. */
export interface LimitAlgorithm<State = unknown> {
  readonly name: string;
  readonly initial: State;
  /** Calls at once, a whole number of at least 1. */
  limit(state: State): number;
  sampled(state: State, sample: LimitSample, chance: number): State;
}

/** A limit that never changes. */
export function fixedLimit(limit: number): LimitAlgorithm<number> {
  return { name: 'fixed', initial: limit, limit: (state) => state, sampled: (state) => state };
}
