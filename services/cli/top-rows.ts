/** What `millrace top` shows: a row for each method of each instance, made of one snapshot. */
import {
  type HistogramData,
  type Measurement,
  mergeHistograms,
  type MetricsSnapshot,
  percentilesOf,
  printable,
} from '../../framework/index.js';
import type { Paint } from './terminal.js';

export interface TopRow {
  readonly instance: string;
  /** `films.title`, and whether the instance answers it or asks it of others. */
  readonly method: string;
  readonly side: string;
  /** Answers a second, and the part of them that were errors. */
  readonly rate: number;
  readonly errors: number;
  /** Milliseconds to the first item; undefined where nothing was answered. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly open: number;
  /** Of the instance: calls that it lets in at once. */
  readonly limit: number | undefined;
  /** Instances whose breakers for the method are open. */
  readonly breakers: number;
}

interface Sum {
  open: number;
  count: number;
  errors: number;
  times: HistogramData | undefined;
}

/** What an application answers of itself is no news. */
const OWN = /^(?:millrace|metrics)\./;

/** The busiest first. */
export function topRows({ from, to, measurements }: MetricsSnapshot): readonly TopRow[] {
  const sums = new Map<string, Sum>();
  const limits = new Map<string, number>();
  const breakers = new Map<string, number>();
  for (const each of measurements) {
    const { instance = '', method = '', side = '' } = each.tags;
    if (each.name === 'limit' && each.kind === 'gauge') limits.set(instance, each.value);
    if (each.name === 'breakers.open' && each.kind === 'gauge') breakers.set(`${instance} ${method}`, each.value);
    if ((each.name !== 'calls' && each.name !== 'calls.open') || OWN.test(method)) continue;
    const key = JSON.stringify([instance, method, side]);
    const sum = sums.get(key) ?? { open: 0, count: 0, errors: 0, times: undefined };
    sums.set(key, sum);
    add(sum, each);
  }
  const seconds = Math.max(0.001, (to - from) / 1000);
  const rows = [...sums].map(([key, { open, count, errors, times }]): TopRow => {
    const [instance = '', method = '', side = ''] = JSON.parse(key) as readonly string[];
    const [p50, p99] = times === undefined ? [undefined, undefined] : percentilesOf(times, [50, 99]);
    const calls = side === 'client';
    return {
      instance,
      method,
      side,
      rate: count / seconds,
      errors: count === 0 ? 0 : errors / count,
      p50,
      p99,
      open,
      limit: calls ? undefined : limits.get(instance),
      breakers: calls ? (breakers.get(`${instance} ${method}`) ?? 0) : 0,
    };
  });
  return rows.sort((a, b) => b.rate - a.rate || (a.method < b.method ? -1 : 1));
}

function add(sum: Sum, measured: Measurement): void {
  if (!('histogram' in measured)) {
    sum.open += measured.value;
    return;
  }
  const { histogram, tags } = measured;
  sum.count += histogram.count;
  if (tags['outcome'] !== 'ok' && tags['outcome'] !== 'canceled') sum.errors += histogram.count;
  sum.times = sum.times === undefined ? histogram : mergeHistograms(sum.times, histogram);
}

const NAMES = ['INSTANCE', 'METHOD', '', 'CALLS/S', 'ERRORS', 'P50 MS', 'P99 MS', 'OPEN', 'LIMIT', 'BREAKERS'];
const LEFT = 3;

export function topText(rows: readonly TopRow[], { instances }: MetricsSnapshot, paint: Paint): string {
  const lines = rows.map((row) => [
    printable(row.instance, 40),
    printable(row.method, 40),
    row.side === 'client' ? 'asks' : 'answers',
    row.rate.toFixed(row.rate < 10 ? 1 : 0),
    row.errors === 0 ? '-' : `${(row.errors * 100).toFixed(1)} %`,
    ms(row.p50),
    ms(row.p99),
    String(row.open),
    row.limit === undefined ? '' : String(row.limit),
    row.breakers === 0 ? '' : `${row.breakers} open`,
  ]);
  const all = [NAMES, ...lines];
  const widths = NAMES.map((_name, at) => Math.max(...all.map((line) => (line[at] ?? '').length)));
  const [head = '', ...others] = all.map((line) =>
    line
      .map((cell, at) => (at < LEFT ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const ill = (at: number): boolean => (rows[at]?.errors ?? 0) > 0 || (rows[at]?.breakers ?? 0) > 0;
  const said = `${instances} ${instances === 1 ? 'instance' : 'instances'}`;
  return [said, paint('bold', head), ...others.map((line, at) => (ill(at) ? paint('red', line) : line))].join('\n');
}

function ms(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(value < 10 ? 2 : 0);
}
