/** A moving mean: the plain mean of the first few samples, exponentially weighted from then on. */
export interface Mean {
  readonly value: number;
  /** Samples taken, as far as the plain mean counts. */
  readonly count: number;
}

export const NO_MEAN: Mean = { value: 0, count: 0 };
const PLAIN = 10;

/** `window` samples ago weigh about an eighth of the newest. */
export function meanWith({ value, count }: Mean, sample: number, window: number): Mean {
  if (count < PLAIN) return { value: (value * count + sample) / (count + 1), count: count + 1 };
  const share = 2 / (window + 1);
  return { value: value * (1 - share) + sample * share, count };
}
