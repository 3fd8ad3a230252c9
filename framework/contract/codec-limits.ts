/** What a message may hold at most, and how a codec says no. */
import { count, meshError, MeshError, param, type Param, Params } from '../core/index.js';

/** The bounds of a message that is decoded, whatever its codec. */
export const CODEC_LIMITS = {
  depth: param(
    'codec.depth',
    64,
    count,
    'Arrays and objects within each other in one message; a deeper one is refused with Invalid.',
  ),
  items: param(
    'codec.items',
    100_000,
    count,
    'Keys of objects and elements of arrays in one message; more is refused with Invalid.',
  ),
} as const satisfies Record<string, Param<number>>;

/** A value for each row of {@link CODEC_LIMITS}. */
export type CodecLimits = { readonly [K in keyof typeof CODEC_LIMITS]: number };

/** Rows of {@link CODEC_LIMITS} that a codec is to have otherwise. */
export type CodecLimitOptions = { readonly [K in keyof CodecLimits]?: number | undefined };

/** The defaults with some rows replaced; a value that is no whole number throws Invalid. */
export function codecLimits({ depth, items }: CodecLimitOptions = {}): CodecLimits {
  return { depth: limit(CODEC_LIMITS.depth, depth), items: limit(CODEC_LIMITS.items, items) };
}

/** The error for bytes of a peer that are no message: Invalid, code `MILLRACE_CODEC`. */
export function undecodable(message: string, cause?: unknown): MeshError {
  return meshError('Invalid', message, { code: 'MILLRACE_CODEC', ...(cause === undefined ? {} : { cause }) });
}

/** The error for a value of ours that no message can hold: a Defect, code `MILLRACE_CODEC`, with the stack that leads to the value. */
export function unencodable(message: string, cause?: unknown): MeshError {
  return new MeshError('Defect', message, { code: 'MILLRACE_CODEC', ...(cause === undefined ? {} : { cause }) });
}

/** What a value is, for an error: `a function`, `NaN`, `a Set`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  const maker: unknown = value.constructor;
  const name = typeof maker === 'function' ? maker.name : 'Object';
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

function limit(row: Param<number>, value: number | undefined): number {
  return value === undefined ? row.initial : Params.empty.with(row, value).get(row);
}
