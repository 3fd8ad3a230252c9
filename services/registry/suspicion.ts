/** Who of those that give no sign of life is believed to be dead. Pure. */
import { atLeastOne, isExpired, isOverdue, type Lease } from './lease-book.js';

export interface SuspicionRules {
  /** The share that may fall silent together and be believed. */
  readonly most: number;
  /** Milliseconds: channels that break within that time are judged together. */
  readonly window: number;
  /** As {@link isOverdue} has it. */
  readonly tolerance: number;
  /** When the channels began to break that still do so: those that broke since are not judged yet. Infinity for none. */
  readonly unsettled: number;
}

export interface Watched {
  readonly lease: Lease;
  /** Whether it is one already: it stays one until it renews. */
  readonly suspect: boolean;
  /** Whether it was last heard of by a registry that can't be heard itself at present. */
  readonly unheard: boolean;
}

/**
 * Whom to make a suspect now.
 * - Where few are silent in all, each of them.
 * - Where many are, whoever's channel broke without many others': one that dies is not hidden by those that died before.
 * - Whose lease has ended, as long as anybody renews at all, unless it may be heard where it can't be told from.
 * Those of a mass cut are none of these: the network has broken their channels, and they will be back.
 */
export function suspectsOf<K>(all: ReadonlyMap<K, Watched>, now: number, rules: SuspicionRules): readonly K[] {
  const most = atLeastOne(all.size, rules.most);
  let silent = 0;
  const broken: number[] = [];
  const candidates: [K, Watched][] = [];
  for (const [key, watched] of all) {
    const { lease, suspect } = watched;
    if (!isOverdue(lease, now, rules.tolerance)) continue;
    silent += 1;
    if (lease.cut !== undefined) broken.push(lease.cut);
    if (!suspect && (lease.cut === undefined || lease.cut < rules.unsettled)) candidates.push([key, watched]);
  }
  if (candidates.length === 0) return [];
  broken.sort((a, b) => a - b);
  const believed = ({ lease, unheard }: Watched): boolean => {
    if (silent <= most || (isExpired(lease, now) && silent < all.size && !unheard)) return true;
    return lease.cut !== undefined && countWithin(broken, lease.cut, rules.window) <= most;
  };
  return candidates.filter(([, watched]) => believed(watched)).map(([key]) => key);
}

/** How many of the sorted times are no further than `distance` from one. */
function countWithin(times: readonly number[], time: number, distance: number): number {
  return firstAfter(times, time + distance) - firstAfter(times, time - distance);
}

function firstAfter(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? Infinity) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
