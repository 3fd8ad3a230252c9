/** A circuit breaker as a pure machine: closed, open, half-open, by how the last calls went. */
import {
  addTo,
  EMPTY_TALLY,
  isClean,
  PARTS,
  type RollingTally,
  tallyAt,
  type Tally,
  totalOf,
} from './rolling-tally.js';

export type BreakerState =
  | {
      readonly kind: 'closed';
      readonly tally: RollingTally;
      /** Calls counted since it closed. */ readonly count: number;
    }
  | { readonly kind: 'open'; readonly until: number; readonly seen: Tally }
  | {
      readonly kind: 'half-open';
      /** Who was admitted before is no trial. */
      readonly since: number;
      /** Trials that run, and how the others went. */
      readonly running: number;
      readonly done: Tally;
      /** When the last trial began. */
      readonly at: number;
    };

export interface BreakerRules {
  /** Milliseconds that the window reaches back, or how many calls. */
  readonly window: { readonly ms: number } | { readonly calls: number };
  /** Calls in the window below which nothing is concluded. */
  readonly minimumCalls: number;
  /** From this share of failures, or of slow calls, on it opens. */
  readonly failureRate: number;
  readonly slowRate: number;
  /** Milliseconds from which a call is slow. */
  readonly slowAfter: number;
  /** Milliseconds that it stays open. */
  readonly sleep: number;
  /** Calls let through to see whether it can be closed. */
  readonly trials: number;
}

const NONE: Tally = { calls: 0, failed: 0, slow: 0 };

export const CLOSED: BreakerState = { kind: 'closed', tally: EMPTY_TALLY, count: 0 };

/** A call wants in: the state with it, or undefined where it is refused. */
export function entered(state: BreakerState, now: number, rules: BreakerRules): BreakerState | undefined {
  switch (state.kind) {
    case 'closed':
      return state;
    case 'open':
      if (now < state.until) return undefined;
      return { kind: 'half-open', since: now, running: 1, done: NONE, at: now };
    case 'half-open':
      if (state.running + state.done.calls < rules.trials) return { ...state, running: state.running + 1, at: now };
      // A trial that says nothing for so long is not waited for.
      return now - state.at < rules.sleep ? undefined : { ...state, running: state.running + 1, at: now };
  }
}

/** A call that was let in `elapsed` ago went well, or failed. Trials decide as soon as those to come can't change it. */
export function went(
  state: BreakerState,
  failed: boolean,
  elapsed: number,
  now: number,
  rules: BreakerRules,
): BreakerState {
  const slow = elapsed >= rules.slowAfter;
  switch (state.kind) {
    case 'open':
      return state;
    case 'closed': {
      const tally = tallyAt(state.tally, partOf(state.count, now, rules));
      addTo(tally, 1, failed ? 1 : 0, slow ? 1 : 0);
      if (!isClean(tally)) {
        const seen = totalOf(tally);
        if (seen.calls >= rules.minimumCalls && isBad(seen, rules)) return opened(now, seen, rules);
      }
      if (tally === state.tally && 'ms' in rules.window) return state;
      return { kind: 'closed', tally, count: state.count + 1 };
    }
    case 'half-open': {
      if (now - elapsed < state.since) return state;
      const { calls, failed: bad, slow: late } = state.done;
      const done = { calls: calls + 1, failed: bad + (failed ? 1 : 0), slow: late + (slow ? 1 : 0) };
      const all = Math.max(done.calls, rules.trials);
      const coming = all - done.calls;
      if (isBad({ ...done, calls: all }, rules)) return opened(now, done, rules);
      const worst = { calls: all, failed: done.failed + coming, slow: done.slow + coming };
      if (!isBad(worst, rules)) return CLOSED;
      return { ...state, running: Math.max(0, state.running - 1), done };
    }
  }
}

/** A call that was let in has ended without saying how well the service is. */
export function leftEarly(state: BreakerState, elapsed: number, now: number): BreakerState {
  if (state.kind !== 'half-open' || now - elapsed < state.since) return state;
  return { ...state, running: Math.max(0, state.running - 1) };
}

/** Of what is in the window now. */
export function seenBy(state: BreakerState, now: number, rules: BreakerRules): Tally {
  if (state.kind === 'closed') return totalOf(tallyAt(state.tally, partOf(state.count, now, rules)));
  return state.kind === 'open' ? state.seen : state.done;
}

function isBad({ calls, failed, slow }: Tally, { failureRate, slowRate }: BreakerRules): boolean {
  return failed >= failureRate * calls || slow >= slowRate * calls;
}

function opened(now: number, seen: Tally, { sleep }: BreakerRules): BreakerState {
  return { kind: 'open', until: now + sleep, seen };
}

function partOf(count: number, now: number, { window }: BreakerRules): number {
  if ('ms' in window) return Math.floor((now * PARTS) / window.ms);
  return Math.floor(count / Math.max(1, window.calls / PARTS));
}
