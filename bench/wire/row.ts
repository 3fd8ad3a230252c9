// A line of the results: one peer in one case, medians over its rounds.

import { median } from '../median.js';
import type { CaseName } from './case.js';
import type { Measured } from './load.js';
import type { PeerName } from './peer.js';

export interface Row {
  readonly case: CaseName;
  readonly peer: PeerName;
  readonly opsPerSecond: number;
  /** Of client and server, user and system, for 100,000 operations. */
  readonly cpuSecondsPer100k: number;
  readonly p50ms: number;
  readonly p99ms: number;
  readonly rounds: number;
}

export type Round = Measured & { readonly cpuSeconds: number };

export function rowOf(name: CaseName, peer: PeerName, rounds: readonly Round[]): Row {
  return {
    case: name,
    peer,
    opsPerSecond: Math.round(median(rounds.map(({ operations, seconds }) => operations / seconds))),
    cpuSecondsPer100k: rounded(median(rounds.map(({ operations, cpuSeconds }) => (cpuSeconds / operations) * 1e5)), 4),
    p50ms: rounded(median(rounds.map(({ p50ms }) => p50ms)), 3),
    p99ms: rounded(median(rounds.map(({ p99ms }) => p99ms)), 3),
    rounds: rounds.length,
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
