/** Values of params in flags of a command line. */
import { flag as parseFlag, type Param, printable } from '../core/index.js';
import { fault, type Finding } from './config-faults.js';
import type { Names } from './config-names.js';

/** What a command line says of a configuration. */
export interface Flags {
  /** The file that `--config` names. */
  readonly file: string | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Reads `--name value` and `--name=value`, and `--name` alone for true. Where a flag is repeated, the last holds. Words
 * without a dash are the program's own, as is all that follows `--`.
 */
export function readFlags(names: Names, argv: readonly string[]): Flags {
  const last = new Map<string, Finding>();
  let file: string | undefined;
  for (const { word, value } of flagsIn(names, argv)) {
    const name = nameOf(word);
    const param = names.find(name ?? '');
    const from = `flag ${printable(word, 100)}`;
    if (name === 'config' && value !== undefined && value !== '') file = value;
    else if (name === 'config') last.set(word, fault(from, 'names no file'));
    else if (param === undefined) last.set(word, names.unknownFlag(word));
    else if (value === undefined) last.set(word, fault(from, `has no value (one that begins with -- goes after =)`));
    else last.set(word, { param, value, from });
  }
  return { file, findings: [...last.values()] };
}

interface Flag {
  /** With its dashes, without its value. */
  readonly word: string;
  readonly value: string | undefined;
}

function flagsIn(names: Names, argv: readonly string[]): Flag[] {
  const flags: Flag[] = [];
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  for (let at = 0; at < words.length; at++) {
    const [, word, value] = FLAG.exec(words[at] ?? '') ?? [];
    if (word === undefined) continue;
    const param = names.find(nameOf(word) ?? '');
    const taken = value === undefined && takes(param, words[at + 1]);
    if (taken) at += 1;
    flags.push({ word, value: taken ? words[at] : (value ?? (isSwitch(param) ? 'true' : undefined)) });
  }
  return flags;
}

/** Dashes and then a letter, so that `-` and `-5` are words; and a value after an equals sign. */
const FLAG = /^(-{1,2}[^-=\d\s][^=]*)(?:=(.*))?$/s;

/** Only two dashes begin the name of a param. */
function nameOf(word: string): string | undefined {
  return word.startsWith('--') ? word.slice(2) : undefined;
}

/** Whether the word after a flag is its value. An unknown flag takes it too: what follows it is no other flag's. */
function takes(param: Param<unknown> | undefined, next: string | undefined): boolean {
  if (next === undefined || next.startsWith('--')) return false;
  return !isSwitch(param) || YES_OR_NO.test(next);
}

/** What follows a switch as its value, so that its parser refuses `no` rather than nobody reading it. */
const YES_OR_NO = /^(?:true|false|yes|no|on|off|[01])$/i;

function isSwitch(param: Param<unknown> | undefined): boolean {
  return param !== undefined && (typeof param.initial === 'boolean' || param.parse === parseFlag);
}
