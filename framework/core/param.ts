/** One declaration for each thing that can be set: its type, default, parser, documentation and live value. */
import { isMeshError, MeshError } from './errors.js';

export interface Param<T> {
  /** Dotted and lower case, `rsocket.frame`. */
  readonly name: string;
  readonly initial: T;
  /** Reads what a user wrote in code, a file, the environment or a flag; throws {@link MeshError} Invalid. */
  readonly parse: (value: unknown) => T;
  /** One sentence, for the docs and the console. */
  readonly about: string;
  /** Whether its value is kept out of errors, tables and logs. */
  readonly secret: boolean;
  /** What a value must be, where that is not what the parser says: `a URL such as 'https://example.org'`. */
  readonly expected: string | undefined;
}

/** What {@link param} may be told beside the four that each param has. */
export interface ParamOptions {
  /** Default: false. */
  readonly secret?: boolean | undefined;
  /** A phrase to follow `is not`. Default: what the parser's error says was expected. */
  readonly expected?: string | undefined;
}

/** Declares a param beside the code that reads it. */
export function param<T>(
  name: string,
  initial: NoInfer<T>,
  parse: (value: unknown) => T,
  about: string,
  { secret = false, expected }: ParamOptions = {},
): Param<T> {
  return { name, initial, parse, about, secret, expected };
}

/** Values of params; immutable. */
export class Params {
  static readonly empty = new Params(new Map());
  private constructor(private readonly values: ReadonlyMap<string, unknown>) {}

  get<T>(wanted: Param<T>): T {
    return this.values.has(wanted.name) ? wanted.parse(this.values.get(wanted.name)) : wanted.initial;
  }

  /** The same values but for one. The value is parsed now, so that a wrong one is refused where it is written. */
  with<T>(wanted: Param<T>, value: unknown): Params {
    try {
      return new Params(new Map(this.values).set(wanted.name, wanted.parse(value)));
    } catch (cause) {
      const details = { code: 'MILLRACE_PARAM', ...(wanted.secret ? {} : { cause }) };
      throw new MeshError('Invalid', `${wanted.name}: ${refusal(wanted, value, cause)}`, details);
    }
  }
}

/** Stands where the value of a secret would. */
export const HIDDEN = '•••';

/** Why a param's parser threw `cause` at a value: `'soon' is not a duration such as '50 ms'`; of a secret without the value. */
export function refusal({ secret, expected, about }: Param<unknown>, value: unknown, cause: unknown): string {
  const wanted = expected ?? expectation(cause);
  if (wanted !== undefined) return `${secret ? HIDDEN : shown(value)} is not ${wanted}`;
  if (secret) return `${HIDDEN} is not what it has to be (${about})`;
  return cause instanceof Error ? cause.message : String(cause);
}

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZES: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

/** Milliseconds of `'50 ms'`, `'2 s'`, `'1.5 min'`, `'1 h'`, `'1 d'`, or of a number of milliseconds. */
export function duration(value: unknown): number {
  return quantity(value, DURATIONS, "a duration such as '50 ms', '2 s' or '1 min'");
}

/** Bytes of `'64 KiB'`, `'4 MiB'`, `'1 MB'`, or of a number of bytes. */
export function size(value: unknown): number {
  return Math.floor(quantity(value, SIZES, "a size such as '512 B', '64 KiB' or '4 MiB'"));
}

/** A whole number, 0 or more. */
export function count(value: unknown): number {
  const read = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
  if (typeof read === 'number' && Number.isSafeInteger(read) && read >= 0) return read;
  throw wrong(value, 'a whole number, 0 or more');
}

/** A number from 0 to 1, or its text: `0.25`. */
export function ratio(value: unknown): number {
  const read = typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value;
  if (typeof read === 'number' && read >= 0 && read <= 1) return read;
  throw wrong(value, 'a number from 0 to 1');
}

/** A port from 0, which takes a free one, to 65535; or its text. */
export function port(value: unknown): number {
  const read = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof read === 'number' && Number.isInteger(read) && read >= 0 && read <= 65_535) return read;
  throw wrong(value, 'a port from 0 to 65535');
}

/** Any string, as it is. A number is refused, for a file has lost its leading zeros by then. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw wrong(value, 'a text (put what looks like a number in quotes)');
}

/** Strings: an array of them, or one text with commas between, whose spaces around are dropped. An empty text is none. */
export function list(value: unknown): readonly string[] {
  const wanted = "a list of texts, such as 'a, b'";
  const items: readonly unknown[] | undefined = typeof value === 'string' ? split(value) : asArray(value);
  if (items === undefined) throw wrong(value, wanted);
  return items.map((item) => {
    if (typeof item === 'string' && item !== '') return item;
    throw wrong(value, wanted);
  });
}

/** One of these names, to the letter. */
export function oneOf<const Name extends string>(...names: readonly Name[]): (value: unknown) => Name {
  const quoted = names.map((name) => `'${name}'`);
  const wanted = [quoted.slice(0, -1).join(', '), ...quoted.slice(-1)].filter((part) => part !== '').join(' or ');
  return (value) => {
    const found = names.find((name) => name === value);
    if (found === undefined) throw wrong(value, wanted);
    return found;
  };
}

/** What `parse` reads, or undefined for undefined, null and an empty text. */
export function optional<T>(parse: (value: unknown) => T): (value: unknown) => T | undefined {
  return (value) => (value === undefined || value === null || value === '' ? undefined : parse(value));
}

/** `true` or `false`. */
export function flag(value: unknown): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw wrong(value, 'true or false');
}

function quantity(value: unknown, units: Readonly<Record<string, number>>, wanted: string): number {
  if (typeof value === 'number' && value >= 0) return value;
  const parts = typeof value === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(value) : null;
  const unit = parts?.[2] === undefined || !Object.hasOwn(units, parts[2]) ? undefined : units[parts[2]];
  if (parts === null || unit === undefined) throw wrong(value, wanted);
  return Number(parts[1]) * unit;
}

/** A value as an error shows it: on one line, and no longer than a reader bears. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${printable(value, LONGEST)}'`;
  if (typeof value !== 'object' || value === null) return printable(String(value), LONGEST);
  return printable(json(value), LONGEST);
}

/** A text without what would move a terminal's cursor or break its line, cut to `most` characters. */
export function printable(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return cut.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (each) => {
    return `\\u${(each.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

const LONGEST = 80;

function json(value: object): string {
  try {
    return JSON.stringify(value) ?? 'an object';
  } catch {
    return 'an object';
  }
}

function split(value: string): readonly string[] {
  return value.trim() === '' ? [] : value.split(',').map((item) => item.trim());
}

function asArray(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function wrong(value: unknown, expected: string): MeshError {
  return new MeshError('Invalid', `${shown(value)} is not ${expected}`, {
    code: 'MILLRACE_PARAM',
    detail: { expected },
  });
}

/** What a parser's error says was expected, in its detail. */
function expectation(error: unknown): string | undefined {
  if (!isMeshError(error) || typeof error.detail !== 'object' || error.detail === null) return undefined;
  return 'expected' in error.detail && typeof error.detail.expected === 'string' ? error.detail.expected : undefined;
}
