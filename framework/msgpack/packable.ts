/** What of a value goes into MessagePack: decided here, because msgpackr writes some values wrongly without a word. */
import { kindOf } from '../contract/index.js';

/** The value itself where it is all plain, else a copy without what is left out. Throws an Error that says what has no form. */
export function packable(value: unknown): unknown {
  const plain = plainOf(value, []);
  if (plain === undefined) throw new TypeError(`${kindOf(value)} has no form`);
  return plain;
}

/** `undefined` for what is left out. `within` are the objects that lead to the value. */
function plainOf(value: unknown, within: object[]): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) return dateOf(value);
  if (within.includes(value)) throw new TypeError(`${kindOf(value)} holds itself, ${within.length} levels down`);
  within.push(value);
  const plain = plainInside(value, within);
  within.pop();
  return plain;
}

function plainInside(value: object, within: object[]): unknown {
  if (Array.isArray(value)) return plainArray(value, within);
  const said = 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
  if (said !== value) return plainOf(said, within);
  if (value instanceof Map) return plainMap(value, within);
  if (FORMLESS.some((type) => value instanceof type) || ArrayBuffer.isView(value)) {
    throw new TypeError(`${kindOf(value)} has no form: send an array, a Uint8Array or a string`);
  }
  return plainObject(value as Readonly<Record<string, unknown>>, within);
}

/** Types whose content is not in their properties: msgpackr would write them as something else. */
const FORMLESS = [Set, Promise, Error, RegExp, ArrayBuffer];

function plainArray(value: readonly unknown[], within: object[]): unknown {
  let copy: unknown[] | undefined;
  for (let at = 0; at < value.length; at++) {
    const each = value[at];
    const plain = plainOf(each, within);
    if (!Object.is(plain, each)) (copy ??= [...value])[at] = plain;
  }
  return copy ?? value;
}

function plainObject(value: Readonly<Record<string, unknown>>, within: object[]): unknown {
  const keys = Object.keys(value);
  let copy: Map<string, unknown> | undefined;
  for (const key of keys) {
    const each = value[key];
    const plain = plainOf(each, within);
    if (plain !== undefined && Object.is(plain, each)) continue;
    copy ??= new Map(keys.map((name) => [name, value[name]]));
    if (plain === undefined) copy.delete(key);
    else copy.set(key, plain);
  }
  return copy ?? value;
}

function plainMap(value: ReadonlyMap<unknown, unknown>, within: object[]): unknown {
  const plain = new Map<unknown, unknown>();
  for (const [key, each] of value) {
    if (typeof key !== 'string' && !Number.isInteger(key)) throw new TypeError(`${kindOf(key)} is no key of a map`);
    const one = plainOf(each, within);
    if (one !== undefined) plain.set(key, one);
  }
  return plain;
}

function dateOf(value: Date): Date {
  if (Number.isNaN(value.getTime())) throw new TypeError('an invalid Date has no form');
  return value;
}
