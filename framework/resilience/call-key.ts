/** A call as a text: the same for calls that ask for the same. */
import { type Call, meshError } from '../core/index.js';

/** Deeper, or longer as a text, a request has no key. */
const DEPTH = 32;
const LENGTH = 16_384;

/**
 * Method and request, with the names of objects in order. Undefined for what has no such text, which is then neither cached nor shared:
 * functions, class instances but dates and bigints, a request that is too deep or too long.
 */
export function callKey(call: Call<unknown>): string | undefined {
  try {
    const text = `${call.method} ${textOf(call.request, 0)}`;
    return text.length > LENGTH ? undefined : text;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown, depth: number): string {
  if (depth > DEPTH) throw unkeyed();
  if (value === undefined) return 'undefined';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null)
    return JSON.stringify(value);
  if (typeof value !== 'object') throw unkeyed();
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (Array.isArray(value)) return `[${value.map((each) => textOf(each, depth + 1)).join()}]`;
  const kind: unknown = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null) throw unkeyed();
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${textOf(each, depth + 1)}`).join()}}`;
}

function unkeyed(): Error {
  return meshError('Invalid', 'a request of this kind has no key');
}
