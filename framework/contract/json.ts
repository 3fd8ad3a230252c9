/** JSON that survives hostile texts: bounded before it is parsed, and without keys that reach a prototype. */
import { parse } from 'secure-json-parse';
import type { Encoded } from '../core/index.js';
import { type CodecLimitOptions, codecLimits, kindOf, undecodable, unencodable } from './codec-limits.js';
import { checkJson } from './json-bounds.js';

export interface JsonCodec {
  readonly mime: 'application/json';
  encode(value: unknown): string;
  decode(message: Encoded): unknown;
}

/**
 * The codec `application/json`. `undefined` is a message without bytes, both ways.
 *
 * Decodes what JSON.parse does, but refuses with Invalid what passes `depth` or `items`, and objects with the key
 * `__proto__` or with a `constructor` that has a `prototype`, which would change what other objects inherit where
 * they are merged. Of equal keys the last counts. What is not UTF-8 becomes U+FFFD.
 *
 * Encodes what JSON.stringify does: properties that are undefined or functions are left out, and NaN within a value
 * becomes null. A cycle, a BigInt, a toJSON that throws, and a value that as a whole has no JSON (a function, NaN)
 * are Defects: they are mistakes of this side.
 */
export function json(options: CodecLimitOptions = {}): JsonCodec {
  const limits = codecLimits(options);
  return {
    mime: 'application/json',
    encode: encodeJson,
    decode(message) {
      const text = message.text?.() ?? decoder.decode(message.data);
      if (text === '') return undefined;
      checkJson(text, message, limits);
      try {
        return parse(text) as unknown;
      } catch (cause) {
        throw undecodable(refusal(text, cause), cause);
      }
    },
  };
}

const decoder = new TextDecoder();

function encodeJson(value: unknown): string {
  if (value === undefined) return '';
  const text = stringify(value);
  if (text === undefined || (text === 'null' && (typeof value === 'number' || value instanceof Date))) {
    throw unencodable(`${kindOf(value)} has no JSON`);
  }
  return text;
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) as string | undefined;
  } catch (cause) {
    throw unencodable(noJson(value, cause), cause);
  }
}

function noJson(value: unknown, cause: unknown): string {
  const bigint = bigintIn(value);
  if (bigint !== undefined) return `the BigInt at ${bigint} has no JSON: send it as a string`;
  const why = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ') : String(cause);
  return `${kindOf(value)} has no JSON: ${why}`;
}

/** The key of the BigInt on which JSON.stringify gave up, if that was the reason. */
function bigintIn(value: unknown): string | undefined {
  let last: unknown;
  let at = '';
  try {
    JSON.stringify(value, (key, each: unknown) => {
      at = key;
      last = each;
      return each;
    });
  } catch {
    return typeof last === 'bigint' ? `'${at}'` : undefined;
  }
  return undefined;
}

function refusal(text: string, cause: unknown): string {
  const why = cause instanceof Error ? cause.message : String(cause);
  if (!why.includes('forbidden prototype')) return `no JSON of ${text.length} characters: ${why}`;
  const at = Math.max(text.indexOf('"__proto__"'), text.indexOf('"constructor"'));
  const where = at === -1 ? '' : ` at character ${at}`;
  return `JSON with a key that reaches a prototype (__proto__, or prototype in a constructor)${where}`;
}
