// The results as text: a table a case, and the ratios that Millrace is accepted by.

import type { CaseName } from './case.js';
import type { PeerName } from './peer.js';
import type { Row } from './row.js';

const reference: PeerName = 'raw-tcp-batched';

/** Each cell has the figure and its ratio to the reference peer's. */
export function table(rows: readonly Row[]): string {
  const names = [...new Set(rows.map((row) => row.case))];
  return names
    .map((name) =>
      caseTable(
        name,
        rows.filter((row) => row.case === name),
      ),
    )
    .join('\n\n');
}

function caseTable(name: CaseName, rows: readonly Row[]): string {
  const base = rows.find(({ peer }) => peer === reference);
  const cell = (row: Row, key: 'cpuSecondsPer100k' | 'opsPerSecond' | 'p50ms' | 'p99ms', digits: number) => {
    const ratio = base === undefined ? '-' : `×${(row[key] / base[key]).toFixed(2)}`;
    return `${row[key].toFixed(digits)} ${ratio.padStart(7)}`;
  };
  const lines = rows.map((row) => [
    row.peer,
    cell(row, 'cpuSecondsPer100k', 3),
    cell(row, 'opsPerSecond', 0),
    cell(row, 'p50ms', 3),
    cell(row, 'p99ms', 3),
  ]);
  return aligned([[name, 'CPU s / 100k', 'ops / s', 'p50 ms', 'p99 ms'], ...lines]);
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = [18, 20, 20, 18, 18];
  return lines
    .map((line) =>
      line
        .map((part, at) => (at === 0 ? part.padEnd(widths[at] ?? 0) : part.padStart(widths[at] ?? 0)))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

/** A line for each goal; one that lacks its figures says so. */
export function acceptance(rows: readonly Row[]): string {
  const find = (name: CaseName, peer: PeerName) => rows.find((row) => row.case === name && row.peer === peer);
  const line = (
    what: string,
    over: number | undefined,
    under: number | undefined,
    goal: string,
    met: (ratio: number) => boolean,
  ) => {
    if (over === undefined || under === undefined) return `${what}: not measured in this run (goal ${goal})`;
    const ratio = over / under;
    return `${what}: ${ratio.toFixed(2)} (goal ${goal}, ${met(ratio) ? 'met' : 'not met'})`;
  };
  const cpu = (peer: PeerName) => find('unary-100B-c256', peer)?.cpuSecondsPer100k;
  const items = (peer: PeerName) => find('stream-100B', peer)?.opsPerSecond;
  return [
    line(
      'CPU a call at unary-100B-c256, millrace-wire / raw-tcp-batched',
      cpu('millrace-wire'),
      cpu(reference),
      '≤ 1.3',
      (ratio) => ratio <= 1.3,
    ),
    line(
      'CPU a call at unary-100B-c256, rsocket-js-tcp / millrace-wire',
      cpu('rsocket-js-tcp'),
      cpu('millrace-wire'),
      '≥ 3',
      (ratio) => ratio >= 3,
    ),
    line(
      'stream items per second, millrace-wire / raw-tcp-batched',
      items('millrace-wire'),
      items(reference),
      '≥ 0.7',
      (ratio) => ratio >= 0.7,
    ),
  ].join('\n');
}
