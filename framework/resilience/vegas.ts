/** Vegas: from the least latency seen it estimates how many calls wait in the service, and keeps these between two marks. */
import { count, meshError } from '../core/index.js';
import type { LimitAlgorithm } from './limit-algorithm.js';

export interface VegasOptions {
  /** 20. */
  readonly initial?: number;
  /** 1000. */
  readonly max?: number;
  /** How much of each new limit is taken over, above 0 up to 1; 1. */
  readonly smoothing?: number;
  /** Calls in the queue, times log10 of the limit: below the first the limit grows, above the second it shrinks; 3 and 6. */
  readonly alpha?: number;
  readonly beta?: number;
  /** The least latency is measured anew after so many samples for each call of the limit, less up to half by chance; 30. */
  readonly probe?: number;
}

export interface VegasState {
  readonly estimate: number;
  /** Least latency in milliseconds; 0 before the first sample. */
  readonly least: number;
  readonly sinceProbe: number;
  /** From 0.5 up to 1, so that instances don't probe together. */
  readonly jitter: number;
}

/** Source: Netflix concurrency-limits, VegasLimit, from which the defaults are; Brakmo and Peterson, "TCP Vegas", 1995. */
export function vegas(options: VegasOptions = {}): LimitAlgorithm<VegasState> {
  const { initial = 20, max = 1000, smoothing = 1, alpha = 3, beta = 6, probe = 30 } = options;
  for (const whole of [initial, max, probe]) count(whole);
  if (!(smoothing > 0 && smoothing <= 1 && alpha > 0 && beta >= alpha)) {
    throw meshError('Invalid', 'vegas wants smoothing above 0 up to 1, alpha above 0 and beta of at least alpha');
  }

  function wanted(estimate: number, queue: number): number {
    const step = logOf(estimate);
    if (queue <= step) return estimate + beta * step;
    if (queue < alpha * step) return estimate + step;
    return queue > beta * step ? estimate - step : estimate;
  }

  return {
    name: 'vegas',
    initial: { estimate: initial, least: 0, sinceProbe: 0, jitter: 0.75 },
    limit: ({ estimate }) => Math.floor(estimate),
    sampled(state, { latency, inFlight, dropped }, chance) {
      const { estimate, least, jitter } = state;
      const sinceProbe = state.sinceProbe + 1;
      if (jitter * probe * estimate <= sinceProbe) {
        return { estimate, least: latency, sinceProbe: 0, jitter: 0.5 + chance / 2 };
      }
      if (least === 0 || latency < least) return { estimate, least: latency, sinceProbe, jitter };
      const idle = inFlight * 2 < estimate;
      if (idle && !dropped) return { estimate, least, sinceProbe, jitter };
      const queue = Math.ceil(estimate * (1 - least / latency));
      const next = dropped ? estimate - logOf(estimate) : wanted(estimate, queue);
      const bounded = Math.max(1, Math.min(max, next));
      return { estimate: (1 - smoothing) * estimate + smoothing * bounded, least, sinceProbe, jitter };
    },
  };
}

/** log10 rounded down, at least 1. */
function logOf(limit: number): number {
  return Math.max(1, Math.floor(Math.log10(limit)));
}
