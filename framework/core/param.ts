/** One declaration for each thing that can be set: its type, default, parser, documentation and live value. */
import { MeshError } from './errors.js';

export interface Param<T> {
  /** Dotted and lower case, `rsocket.frame`. */
  readonly name: string;
  readonly initial: T;
  /** Reads what a user wrote in code, a file, the environment or a flag; throws {@link MeshError} Invalid. */
  readonly parse: (value: unknown) => T;
  /** One sentence, for the docs and the console. */
  readonly about: string;
}

/** Declares a param beside the code that reads it. */
export function param<T>(name: string, initial: NoInfer<T>, parse: (value: unknown) => T, about: string): Param<T> {
  return { name, initial, parse, about };
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
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new MeshError('Invalid', `${wanted.name}: ${why}`, { cause, code: 'MILLRACE_PARAM' });
    }
  }
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

function wrong(value: unknown, wanted: string): MeshError {
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  return new MeshError('Invalid', `${shown} is not ${wanted}`, { code: 'MILLRACE_PARAM' });
}
