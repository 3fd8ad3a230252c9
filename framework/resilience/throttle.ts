/** Client-side throttling: who is refused too often asks less, so that a server need not spend itself on refusals. */
import {
  type Clock,
  duration,
  type ErrorTag,
  type MeshError,
  meshError,
  policyFilter,
  type PolicyFilter,
  systemClock,
} from '../core/index.js';
import { count, EMPTY_TALLY, PARTS, type RollingTally, tallyAt, totalOf } from './rolling-tally.js';

export interface ThrottleOptions {
  /** How many times as many calls as were accepted are let through; 2. Lower holds back sooner. */
  readonly multiplier?: number;
  /** How far back it looks; '2 min'. */
  readonly window?: string | number;
  /** Which failures are refusals; by default Rejected, Quota and Unavailable. */
  readonly isRefusal?: (error: MeshError) => boolean;
  readonly clock?: Clock;
}

const REFUSALS: ReadonlySet<ErrorTag> = new Set(['Rejected', 'Quota', 'Unavailable']);

/**
 * Refuses with Rejected, code `MILLRACE_THROTTLE`, by chance: with probability max(0, (requests − K × accepted) ÷ (requests + 1)), where
 * requests are all that wanted in.
 * Source: B. Beyer et al., "Site Reliability Engineering", 2016, chapter 21, "Client-Side Throttling".
 */
export function throttle(options: ThrottleOptions = {}): PolicyFilter {
  const { multiplier = 2, isRefusal = refused, clock = systemClock } = options;
  const window = duration(options.window ?? '2 min');
  if (!(multiplier >= 1 && window > 0)) {
    throw meshError('Invalid', `throttle wants a multiplier from 1 and a window, not ${multiplier} and ${window} ms`);
  }
  const at = (tally: RollingTally, now: number): RollingTally => tallyAt(tally, Math.floor((now * PARTS) / window));
  return policyFilter<RollingTally, undefined>(
    {
      name: 'throttle',
      initial: EMPTY_TALLY,
      admit(before, _call, now) {
        const tally = at(before, now);
        const chance = throttled(totalOf(tally).calls, totalOf(tally).calls - totalOf(tally).failed, multiplier);
        const local = chance > 0 && clock.random() < chance;
        // It counts as refused until it is known to be accepted: so do those that are refused here.
        count(tally, 1, 1, 0);
        return local ? { state: tally, refuse: refusal(chance) } : { state: tally };
      },
      first: (tally, _elapsed, _call, now) => accepted(at(tally, now)),
      settle(tally, { kind, first, error }, _call, now) {
        if (first !== undefined || kind === 'cancel' || (error !== undefined && isRefusal(error)))
          return { state: tally };
        return { state: accepted(at(tally, now)) };
      },
      view: (tally, now) => ({
        requests: totalOf(at(tally, now)).calls,
        refused: Math.max(0, totalOf(at(tally, now)).failed),
      }),
    },
    clock,
  );
}

function accepted(tally: RollingTally): RollingTally {
  count(tally, 0, -1, 0);
  return tally;
}

/** The probability with which a call is refused here. */
export function throttled(requests: number, accepted: number, multiplier: number): number {
  return Math.max(0, (requests - multiplier * accepted) / (requests + 1));
}

function refused({ tag }: MeshError): boolean {
  return REFUSALS.has(tag);
}

function refusal(chance: number): MeshError {
  const share = Math.round(chance * 100);
  return meshError('Rejected', `held back: the service refuses most calls, and ${share} % are not sent to it`, {
    code: 'MILLRACE_THROTTLE',
  });
}
