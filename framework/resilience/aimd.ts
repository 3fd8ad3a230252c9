/** AIMD: one call more while the limit is used, a tenth fewer with each call that is lost or too slow. */
import { count, duration, meshError } from '../core/index.js';
import type { LimitAlgorithm } from './limit-algorithm.js';

export interface AimdOptions {
  /** 20. */
  readonly initial?: number;
  /** 20. */
  readonly min?: number;
  /** 200. */
  readonly max?: number;
  /** What is left of the limit after a lost call, from 0.5 up to, not including, 1; 0.9. */
  readonly backOff?: number;
  /** A call that took longer counts as lost; '5 s'. */
  readonly timeout?: string | number;
}

/** Source: Netflix concurrency-limits, AIMDLimit, from which the defaults are; Chiu and Jain, 1989. */
export function aimd(options: AimdOptions = {}): LimitAlgorithm<number> {
  const { initial = 20, min = 20, max = 200, backOff = 0.9 } = options;
  const timeout = duration(options.timeout ?? '5 s');
  for (const whole of [initial, min, max]) count(whole);
  if (!(backOff >= 0.5 && backOff < 1 && min <= max)) {
    throw meshError('Invalid', 'aimd wants backOff from 0.5 up to, not including, 1, and min up to max');
  }
  return {
    name: 'aimd',
    initial,
    limit: (state) => state,
    sampled(state, { latency, inFlight, dropped }) {
      const lost = dropped || latency > timeout;
      const used = inFlight * 2 >= state;
      const next = lost ? Math.floor(state * backOff) : used ? state + 1 : state;
      return Math.min(max, Math.max(min, next));
    },
  };
}
