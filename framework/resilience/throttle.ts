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
import { type Live, liveOf } from './live.js';
import { addTo, EMPTY_TALLY, PARTS, type RollingTally, type Tally, tallyAt, totalOf } from './rolling-tally.js';

export interface ThrottleOptions {
  /** How many times as many calls as were accepted are let through; 2. Lower holds back sooner. May be a function. */
  readonly multiplier?: Live<number>;
  /** How far back it looks; '2 min'. */
  readonly window?: string | number;
  /** Which failures are refusals; by default Rejected, Quota and Unavailable. */
  readonly isRefusal?: (error: MeshError) => boolean;
  readonly clock?: Clock;
}

const REFUSALS: ReadonlySet<ErrorTag> = new Set(['Rejected', 'Quota', 'Unavailable']);

/**
 * Refuses with Rejected, code `MILLRACE_THROTTLE`, by chance: with probability max(0, (requests − K × accepted) ÷ (requests + 1)), where
 * requests are all that wanted in but for those whose callers left, and accepted are all that were not refused, here or there.
 * Source: B. Beyer et al., "Site Reliability Engineering", 2016, chapter 21, "Client-Side Throttling".
 */
export function throttle(options: ThrottleOptions = {}): PolicyFilter {
  const { isRefusal = refused, clock = systemClock } = options;
  const window = duration(options.window ?? '2 min');
  if (!(window > 0)) throw meshError('Invalid', `throttle wants a window of more than 0 ms, not ${window}`);
  const multiplier = liveOf(options.multiplier, 2, from1);
  const at = (tally: RollingTally, now: number): RollingTally => tallyAt(tally, Math.floor((now * PARTS) / window));
  return policyFilter<RollingTally, undefined>(
    {
      name: 'throttle',
      initial: EMPTY_TALLY,
      admit(before, _call, now) {
        const tally = at(before, now);
        const { calls, failed } = totalOf(tally);
        const chance = throttled(Math.max(0, calls), Math.max(0, calls - failed), multiplier());
        const held = chance > 0 && clock.random() < chance;
        // One that is out counts as accepted until it is known to be refused: else many at once would hold back each other.
        const state = counted(tally, held ? REFUSED_HERE : ASKED);
        return held ? { state, refuse: refusal(chance) } : { state };
      },
      settle(tally, { kind, first, error }, _call, now) {
        if (first !== undefined) return { state: tally };
        if (kind === 'cancel') return { state: counted(at(tally, now), LEFT) };
        if (error === undefined || !isRefusal(error)) return { state: tally };
        return { state: counted(at(tally, now), REFUSED_THERE) };
      },
      view: (tally, now) => ({
        requests: Math.max(0, totalOf(at(tally, now)).calls),
        refused: Math.max(0, totalOf(at(tally, now)).failed),
      }),
    },
    clock,
  );
}

function from1(value: number): number {
  if (value >= 1) return value;
  throw meshError('Invalid', `throttle wants a multiplier from 1, not ${value}`);
}

const ASKED = { calls: 1, failed: 0, slow: 0 };
const REFUSED_HERE = { calls: 1, failed: 1, slow: 0 };
const REFUSED_THERE = { calls: 0, failed: 1, slow: 0 };
/** Who left before an answer came says nothing. */
const LEFT = { calls: -1, failed: 0, slow: 0 };

function counted(tally: RollingTally, { calls, failed, slow }: Tally): RollingTally {
  addTo(tally, calls, failed, slow);
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
