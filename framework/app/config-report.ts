/** A configuration as a table: what holds, and who said so. */
import { HIDDEN, type Param, printable } from '../core/index.js';

/** A param with its value and where that comes from. */
export interface ConfigRow {
  readonly name: string;
  /** As a user could write it; `•••` for a secret. */
  readonly value: string;
  /** `default`, `code`, `file millrace.yaml:12`, `environment MILLRACE_X`, `flag --x` or `set live`. */
  readonly from: string;
  /** What the param is for. */
  readonly about: string;
}

const LONGEST = 10_000;
const WIDEST = 60;

/** The row of a param that has this value. */
export function rowOf(param: Param<unknown>, value: unknown, from: string): ConfigRow {
  return { name: param.name, value: param.secret ? HIDDEN : written(param, value), from, about: param.about };
}

/** Rows in columns, under a line that names them; what is wider than 60 characters is cut. */
export function tableOf(rows: readonly ConfigRow[]): string {
  const lines = [{ name: 'name', value: 'value', from: 'from', about: 'about' }, ...rows].map((row) => [
    row.name,
    printable(row.value, WIDEST),
    printable(row.from, WIDEST),
    row.about,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function written(param: Param<unknown>, value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'number') return withUnit(param, value);
  if (Array.isArray(value)) return printable(value.map((item) => plain(item)).join(', '), LONGEST);
  return printable(plain(value), LONGEST);
}

function plain(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? 'an object';
  } catch {
    return 'an object';
  }
}

interface Units {
  /** One that proves to a param's parser that these are its units. */
  readonly proof: readonly [string, number];
  /** Largest first; the last one is the value's own. */
  readonly units: readonly (readonly [string, number])[];
}

const UNITS: readonly Units[] = [
  {
    proof: ['s', 1000],
    units: [
      ['d', 86_400_000],
      ['h', 3_600_000],
      ['min', 60_000],
      ['s', 1000],
      ['ms', 1],
    ],
  },
  {
    proof: ['KiB', 1024],
    units: [
      ['GiB', 2 ** 30],
      ['MiB', 2 ** 20],
      ['KiB', 1024],
      ['B', 1],
    ],
  },
];

/** `30 s` for 30000, if the param's parser would read a duration. */
function withUnit(param: Param<unknown>, value: number): string {
  const fitting = UNITS.find(({ proof: [unit, factor] }) => readsAs(param, `${value / factor} ${unit}`, value));
  const found = fitting?.units.find(([, factor]) => factor === 1 || (value > 0 && value % factor === 0));
  return found === undefined ? String(value) : `${value / found[1]} ${found[0]}`;
}

/** Within what dividing and multiplying a float again loses. */
function readsAs(param: Param<unknown>, text: string, value: number): boolean {
  try {
    const read = param.parse(text);
    return typeof read === 'number' && Math.abs(read - value) <= Math.abs(value) * 1e-9;
  } catch {
    return false;
  }
}
