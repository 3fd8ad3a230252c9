/** Values in nested groups, as code and files have them, found by the names of params. */
import type { Fault, Finding } from './config-faults.js';
import { fault } from './config-faults.js';
import type { Names } from './config-names.js';

/** A key of a group, wherever the group stands. */
export interface Entry {
  /** A word, or some with dots between. */
  readonly key: string;
  readonly from: string;
  /** The value for a param; may throw, with a message that says why. */
  readonly value: () => unknown;
  /** The entries of a group; undefined if this is none, an empty array for null. */
  readonly inside: () => readonly Entry[] | undefined;
}

/** The values of params in a tree. What stands under an unknown name is not looked at: the name is the fault. */
export function findingsIn(names: Names, entries: readonly Entry[]): Finding[] {
  const seen = new Map<string, string>();
  return walk(names, entries, '').map((finding) => {
    if (!('param' in finding)) return finding;
    const { name } = finding.param;
    const first = seen.get(name);
    if (first !== undefined) return fault(finding.from, `${name} stands here a second time; the first is at ${first}`);
    seen.set(name, finding.from);
    return finding;
  });
}

/** The entries of a plain object; a value of undefined is none. */
export function entriesOf(object: Readonly<Record<string, unknown>>, from: string): Entry[] {
  return Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({
      key,
      from,
      value: () => value,
      inside: () => (value === null ? [] : isPlain(value) ? entriesOf(value, from) : undefined),
    }));
}

function walk(names: Names, entries: readonly Entry[], prefix: string): Finding[] {
  return entries.flatMap((entry): Finding[] => {
    const name = `${prefix}${entry.key}`;
    const param = names.find(name);
    if (param !== undefined) return [findingOf(entry, (value) => ({ param, value, from: entry.from }))];
    if (!names.isGroup(name)) return [names.unknown(name, entry.from)];
    const inside = entry.inside();
    return inside === undefined ? [notAGroup(name, entry.from)] : walk(names, inside, `${name}.`);
  });
}

function findingOf(entry: Entry, make: (value: unknown) => Finding): Finding {
  try {
    return make(entry.value());
  } catch (error) {
    return fault(entry.from, error instanceof Error ? error.message : String(error));
  }
}

function notAGroup(name: string, from: string): Fault {
  return fault(from, `${name} is a group of params, and has a single value`);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
