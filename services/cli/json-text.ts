/** Values as JSON: on one line for programs, laid out and coloured for people. */
import { printable } from '../../framework/index.js';
import { type Brackets, group, laidOut, type Layout, leaf, type Room, row } from './layout.js';

/** JSON on one line, in which nothing moves the cursor of a terminal. */
export function jsonLine(value: unknown): string {
  return printable(JSON.stringify(value) ?? 'null', Infinity);
}

/** JSON in so many columns. */
export function jsonText(value: unknown, room: Room): string {
  return laidOut(jsonLayout(value), room);
}

const OBJECT: Brackets = { open: '{', close: '}', between: ',', airy: true };
const ARRAY: Brackets = { open: '[', close: ']', between: ',', airy: false };

function jsonLayout(value: unknown): Layout {
  if (Array.isArray(value)) return group(ARRAY, value.map(jsonLayout));
  if (typeof value !== 'object' || value === null) return leaf(jsonLine(value), styleOf(value));
  const entries = Object.entries(value).map(([key, each]) => {
    return row(leaf(jsonLine(key), 'cyan'), leaf(': '), jsonLayout(each));
  });
  return group(OBJECT, entries);
}

function styleOf(value: unknown): 'green' | 'yellow' | 'dim' {
  if (typeof value === 'string') return 'green';
  return value === null ? 'dim' : 'yellow';
}
