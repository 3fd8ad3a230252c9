/** What the code must not say, outside the few files that own it. */
import { lineAt, type Source } from './source.js';

interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly where: RegExp;
  /** The files that may, each the one place for it. */
  readonly owners: readonly string[];
  readonly reason: string;
}

const library = /^(?:framework|transports|services)\//;
const untested = /^(?!test\/)/;
const clock = 'framework/core/clock.ts';
const fromClock = 'time comes from the Clock, so that tests run in virtual time and repeat';
const typed = 'unknown at the border with a check behind it';

const bans: readonly Ban[] = [
  { what: 'Date.now', pattern: /\bDate\s*\.\s*now\b/g, where: library, owners: [clock], reason: fromClock },
  { what: 'new Date(', pattern: /\bnew\s+Date\b/g, where: library, owners: [clock], reason: fromClock },
  {
    what: 'performance.now',
    pattern: /\bperformance\s*\.\s*(?:now|timeOrigin)\b/g,
    where: library,
    owners: [clock],
    reason: fromClock,
  },
  { what: 'process.hrtime', pattern: /\bhrtime\b/g, where: library, owners: [clock], reason: fromClock },
  { what: 'setTimeout', pattern: global('setTimeout'), where: library, owners: [clock], reason: fromClock },
  { what: 'setInterval', pattern: global('setInterval'), where: library, owners: [clock], reason: fromClock },
  {
    what: 'setImmediate',
    pattern: global('setImmediate'),
    where: library,
    owners: ['framework/core/turn.ts'],
    reason: 'turns of the event loop come from turn.ts, which works in a browser and under virtual time',
  },
  {
    what: 'a scheduler of real time',
    pattern: /\b(?:async|asap|animationFrame)Scheduler\b/g,
    where: library,
    owners: [clock],
    reason: fromClock,
  },
  {
    what: 'Math.random',
    pattern: /\bMath\s*\.\s*random\b/g,
    where: library,
    owners: [clock],
    reason: 'chance comes from the injected random, so that a test repeats',
  },
  {
    what: 'console',
    pattern: global('console'),
    where: library,
    owners: ['framework/core/warn.ts'],
    reason: "a library speaks through its user's log; warn.ts is the last resort",
  },
  {
    what: 'any',
    pattern: /(?:[:<|&,]|\bas|=>|=)\s*any\b(?=\s*(?:[[\]>;,)|&={}]|$))/gm,
    where: untested,
    owners: [],
    reason: typed,
  },
  {
    what: 'a non-null !',
    pattern: /[\w$)\]]!(?!=)/g,
    where: untested,
    owners: [],
    reason: 'say what happens when it is null',
  },
  { what: 'as unknown as', pattern: /\bas\s+unknown\s+as\b/g, where: untested, owners: [], reason: typed },
];

const maxLines = 400;

/** Files that may be longer, each with its reason. */
const longFiles: Readonly<Record<string, string>> = {};

/** A message for each thing that a source says and must not. */
export function banned(source: Source): string[] {
  return bans
    .filter(({ where, owners }) => where.test(source.path) && !owners.includes(source.path))
    .flatMap(({ what, pattern, reason, owners }) =>
      [...source.code.matchAll(pattern)].map(({ index }) => {
        const only = owners.length > 0 ? ` outside ${owners.join(', ')}` : '';
        return `${source.path}:${lineAt(source.code, index)} says ${what}, which is banned${only}: ${reason}`;
      }),
    );
}

/** A message when a source is longer than a reader keeps in mind. */
export function tooLong({ path, lines }: Source): string[] {
  if (lines <= maxLines || path in longFiles) return [];
  return [`${path} has ${lines} lines; past ${maxLines} look for the second idea in the file`];
}

/** A global by its name, not a member of something else: `setTimeout(` and `globalThis.setTimeout`, not `socket.setTimeout`. */
function global(name: string): RegExp {
  return new RegExp(`(?:(?<![.\\w$])|\\b(?:globalThis|window|self|global)\\s*\\.\\s*)${name}\\b`, 'g');
}
