/** The names by which params are set: in code and files, in the environment, by flags. */
import { isDeepStrictEqual } from 'node:util';
import { nearest, type Param, printable } from '../core/index.js';
import { type Fault, refuse } from './config-faults.js';

/** The params of a configuration, by each of their names. */
export interface Names {
  /** One for each name, in order of name. */
  readonly params: readonly Param<unknown>[];
  find(name: string): Param<unknown> | undefined;
  /** The param that a variable of the environment sets. */
  ofVariable(variable: string): Param<unknown> | undefined;
  /** Whether params stand under `name`, as `rsocket.frame` under `rsocket`. */
  isGroup(name: string): boolean;
  /** The fault of a name that is none of these, with the one that was probably meant. */
  unknown(name: string, from: string): Fault;
  unknownVariable(variable: string): Fault;
  /** `word` with its dashes. */
  unknownFlag(word: string): Fault;
}

/** What begins each variable of the environment that Millrace reads. */
export const VARIABLES = 'MILLRACE_';

/** Names the file, as the flag `--config` does; hence no param is called so. */
export const FILE_VARIABLE = `${VARIABLES}CONFIG`;
const FILE_NAME = 'config';

/** The variable of the environment that sets a param: `MILLRACE_RSOCKET_FRAME` for `rsocket.frame`. */
export function variableOf(name: string): string {
  return `${VARIABLES}${name.toUpperCase().replaceAll(/[.-]/g, '_')}`;
}

/**
 * Gathers params by their names. Throws Invalid, with all that is wrong, where two declarations of a name differ, where a
 * source could not tell two params apart, and where a name is not made of lower case words with dots and dashes.
 */
export function namesOf(params: readonly Param<unknown>[]): Names {
  const byName = new Map<string, Param<unknown>>();
  const faults: Fault[] = [];
  const wrong = (says: string): number => faults.push({ from: 'definition', says: () => says });
  for (const param of params) {
    const { name } = param;
    const other = byName.get(name);
    if (other !== undefined && !isSame(param, other)) {
      wrong(`${name} is declared twice, and differently: "${other.about}" and "${param.about}"`);
    }
    if (other === undefined) byName.set(name, param);
  }
  const byVariable = new Map<string, Param<unknown>>();
  const groups = new Set([...byName.keys()].flatMap(groupsOf));
  for (const param of byName.values()) {
    const { name } = param;
    const variable = variableOf(name);
    const other = byVariable.get(variable);
    if (!NAME.test(name)) wrong(`${printable(name, 100)} is not lower case words with dots and dashes between`);
    if (name === FILE_NAME) wrong(`no param can be called ${name}: --${name} and ${FILE_VARIABLE} name the file`);
    if (groups.has(name)) wrong(`${name} is a param and a group of params: a file could not tell them apart`);
    if (other !== undefined) wrong(`${other.name} and ${name} are both set by ${variable}`);
    byVariable.set(variable, param);
  }
  if (faults.length > 0) throw refuse(faults);
  return {
    params: [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    find: (name) => byName.get(name),
    ofVariable: (variable) => byVariable.get(variable),
    isGroup: (name) => groups.has(name),
    unknown: (name, from) => unknown({ shown: name, name, from, prefix: '' }, [...byName.keys(), ...groups]),
    unknownFlag: (word) => {
      const asked = { shown: word, name: word.replace(/^-+/, ''), from: `flag ${printable(word, 100)}`, prefix: '--' };
      return unknown(asked, [...byName.keys(), FILE_NAME]);
    },
    unknownVariable: (variable) => {
      const name = variable.slice(VARIABLES.length);
      const known = [...byVariable.keys(), FILE_VARIABLE].map((each) => each.slice(VARIABLES.length));
      return unknown(
        { shown: variable, name, from: `environment ${printable(variable, 100)}`, prefix: VARIABLES },
        known,
      );
    },
  };
}

/** Whether two declarations of one name are the same in all that matters. */
export function isSame(a: Param<unknown>, b: Param<unknown>): boolean {
  if (a === b) return true;
  const alike = a.name === b.name && a.about === b.about && a.secret === b.secret && a.expected === b.expected;
  return alike && a.parse === b.parse && isDeepStrictEqual(a.initial, b.initial);
}

const NAME = /^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$/;

function groupsOf(name: string): string[] {
  const words = name.split('.');
  return words.slice(1).map((_, at) => words.slice(0, at + 1).join('.'));
}

interface Asked {
  /** The name as it was written, and without what all names of its source begin with. */
  readonly shown: string;
  readonly name: string;
  readonly prefix: string;
  readonly from: string;
}

/** Looks for the nearest only when somebody reads it: a file of another program has many names that are unknown. */
function unknown({ shown, name, prefix, from }: Asked, known: Iterable<string>): Fault {
  const says = (): string => {
    const meant = nearest(name, known);
    const hint = meant === undefined ? '' : `; did you mean ${prefix}${meant}?`;
    return `${printable(shown, 100)} is not the name of a param${hint}`;
  };
  return { from, says };
}
