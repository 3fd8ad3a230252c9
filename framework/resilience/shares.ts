/** How calls of different priority share one limit: bulk is the first to be refused, critical the last. */
import { meshError, type Priority } from '../core/index.js';

/** What a priority may take of the limit, both from 0 up to 1. */
export interface PriorityShare {
  /** A call is let in while all calls in flight are fewer than this share of the limit. */
  readonly reach: number;
  /** A call is let in while those of its own priority are fewer, however full the limit is. */
  readonly guaranteed: number;
}

export type Shares = Readonly<Record<Priority, PriorityShare>>;

/** `bulk` reaches past half of the limit: an algorithm lets a limit grow that is half used, so bulk alone finds the capacity too. */
export const SHARES: Shares = {
  critical: { reach: 1, guaranteed: 0.5 },
  default: { reach: 0.9, guaranteed: 0.1 },
  degraded: { reach: 0.75, guaranteed: 0 },
  bulk: { reach: 0.6, guaranteed: 0 },
};

/** Calls in flight, by priority. */
export type InFlight = Readonly<Record<Priority, number>>;

export const NOBODY: InFlight = { critical: 0, default: 0, degraded: 0, bulk: 0 };

/** Whether another call of `priority` may start. One call may always run where none does. */
export function mayStart(shares: Shares, limit: number, inFlight: InFlight, priority: Priority): boolean {
  const { reach, guaranteed } = shares[priority];
  const all = allOf(inFlight);
  return all === 0 || all < limit * reach || inFlight[priority] < Math.floor(limit * guaranteed);
}

export function allOf(inFlight: InFlight): number {
  return inFlight.critical + inFlight.default + inFlight.degraded + inFlight.bulk;
}

/** Some shares, with defaults for the rest; throws Invalid where one is not from 0 up to 1, or more than all is guaranteed. */
export function sharesOf(some: Partial<Shares> = {}): Shares {
  const shares = { ...SHARES, ...some };
  const all = Object.values(shares);
  const wrong = all.some(({ reach, guaranteed }) => !(reach >= 0 && reach <= 1 && guaranteed >= 0 && guaranteed <= 1));
  const promised = all.reduce((sum, { guaranteed }) => sum + guaranteed, 0);
  if (wrong || promised > 1) {
    throw meshError('Invalid', 'shares of a limit are from 0 to 1, and those guaranteed no more than 1 together');
  }
  return shares;
}
