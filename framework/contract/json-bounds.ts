/** How deep and how large a JSON text is, before JSON.parse spends time and memory on it. */
import type { Encoded, MeshError } from '../core/index.js';
import { type CodecLimits, undecodable } from './codec-limits.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What a byte outside of strings means here. A table is a third faster than to compare. */
const NOTHING = 0;
const STRING = 1;
const COMMA = 2;
const OPEN = 3;
const CLOSE = 4;
const MEANING = new Uint8Array(256);
MEANING[QUOTE] = STRING;
MEANING[0x2c] = COMMA;
MEANING[0x5b] = MEANING[0x7b] = OPEN;
MEANING[0x5d] = MEANING[0x7d] = CLOSE;

/**
 * Throws Invalid where the text passes the limits. Most texts need no look at each byte: those too short for so many
 * levels or items, and those with fewer brackets and commas altogether, which an indexOf finds at the speed of memory.
 * What is not JSON may pass: it is counted right up to where JSON.parse gives up.
 */
export function checkJson(text: string, message: Encoded, limits: CodecLimits): void {
  const { depth, items } = limits;
  const shallow = text.length <= depth * 2 || countUpTo(text, '[{', depth) <= depth;
  if (shallow && (text.length <= items * 2 || countUpTo(text, '[{,', items) <= items)) return;
  checkBytes(message.data, limits);
}

/** How often the characters occur, or more than `most`. */
function countUpTo(text: string, characters: string, most: number): number {
  let found = 0;
  for (const each of characters) {
    for (let at = text.indexOf(each); at !== -1; at = text.indexOf(each, at + 1)) {
      found += 1;
      if (found > most) return found;
    }
  }
  return found;
}

/**
 * Each byte is looked at once; strings are passed over in place, which takes a third less time than to call a function
 * for each. In UTF-8 no byte of a longer character looks like a quote or a bracket.
 */
function checkBytes(bytes: Uint8Array, { depth, items }: CodecLimits): void {
  let open = 0;
  let found = 0;
  const end = bytes.length;
  for (let at = 0; at < end; at++) {
    const meaning = meaningOf(bytes[at]);
    if (meaning === NOTHING) continue;
    if (meaning === STRING) {
      for (at++; at < end && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at += 1;
    } else if (meaning === CLOSE) {
      open -= 1;
    } else {
      if (meaning === OPEN) open += 1;
      if (open > depth) throw tooDeep(depth, at);
      if (meaning === COMMA || !isEmpty(bytes, at + 1)) found += 1;
      if (found > items) throw tooMany(items, at);
    }
  }
}

function meaningOf(byte: number | undefined): number | undefined {
  return MEANING[byte as number];
}

/** Whether the array or object whose bracket came before `start` holds nothing. */
function isEmpty(bytes: Uint8Array, start: number): boolean {
  let at = start;
  while (isSpace(bytes[at])) at += 1;
  return meaningOf(bytes[at]) === CLOSE;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function tooDeep(depth: number, at: number): MeshError {
  return undecodable(`JSON nests deeper than ${depth} at byte ${at}; codec.depth sets how deep it may`);
}

function tooMany(items: number, at: number): MeshError {
  return undecodable(`JSON holds more than ${items} keys and elements at byte ${at}; codec.items sets how many it may`);
}
