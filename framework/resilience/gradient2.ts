/** Gradient2: the limit shrinks as present latency rises above its long mean, and grows by a small queue while it doesn't. */
import { count, meshError } from '../core/index.js';
import type { LimitAlgorithm } from './limit-algorithm.js';
import { type Mean, meanWith, NO_MEAN } from './mean.js';

export interface Gradient2Options {
  /** Calls at once before anything is known; 20. */
  readonly initial?: number;
  /** 20. A service that bears fewer than this is not protected: lower it there. */
  readonly min?: number;
  /** 200. */
  readonly max?: number;
  /** How much of each new limit is taken over, above 0 up to 1; 0.2. */
  readonly smoothing?: number;
  /** Samples that the long mean reaches back; 600. */
  readonly window?: number;
  /** Latency may be so many times its long mean before the limit shrinks, at least 1; 1.5. */
  readonly tolerance?: number;
  /** Calls by which the limit tries to grow, which wait if it was right already; 4. */
  readonly queue?: number;
}

export interface Gradient2State {
  readonly estimate: number;
  readonly long: Mean;
}

/** A long mean so many times the present latency is from a bad time that is over, and is brought down by {@link FORGET}. */
const STALE = 2;
const FORGET = 0.95;

/** Source: Netflix concurrency-limits, Gradient2Limit, from which the defaults are. */
export function gradient2(options: Gradient2Options = {}): LimitAlgorithm<Gradient2State> {
  const { initial = 20, min = 20, max = 200, smoothing = 0.2, window = 600, tolerance = 1.5, queue = 4 } = options;
  for (const whole of [initial, min, max, window]) count(whole);
  if (!(smoothing > 0 && smoothing <= 1 && tolerance >= 1 && queue >= 0 && min <= max)) {
    throw meshError(
      'Invalid',
      'gradient2 wants smoothing above 0 up to 1, tolerance from 1, queue from 0, min up to max',
    );
  }
  return {
    name: 'gradient2',
    initial: { estimate: initial, long: NO_MEAN },
    limit: ({ estimate }) => Math.floor(estimate),
    sampled({ estimate, long }, { latency, inFlight }) {
      const mean = meanWith(long, latency, window);
      const next = mean.value > STALE * latency ? { ...mean, value: mean.value * FORGET } : mean;
      if (inFlight < estimate / 2) return { estimate, long: next };
      const gradient = Math.max(0.5, Math.min(1, (tolerance * mean.value) / latency));
      const wanted = estimate * (1 - smoothing) + (estimate * gradient + queue) * smoothing;
      return { estimate: Math.max(min, Math.min(max, wanted)), long: next };
    },
  };
}
