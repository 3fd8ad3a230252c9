/** Values of params from code, a file, the environment and flags, checked once and all together, and changed live. */
import { BehaviorSubject, distinctUntilChanged, map, type Observable } from 'rxjs';
import { isDeepStrictEqual } from 'node:util';
import type { Param } from '../core/index.js';
import { findingsInEnvironment } from './config-environment.js';
import { type Fault, fault, refuse, wrongValue, type Written } from './config-faults.js';
import { findingsInFile } from './config-file.js';
import { readFlags } from './config-flags.js';
import { isSame, type Names, namesOf } from './config-names.js';
import { type ConfigRow, rowOf, tableOf } from './config-report.js';
import { entriesOf, findingsIn } from './config-tree.js';

export { readConfigFile } from './config-file.js';
export type { ConfigRow } from './config-report.js';

/** Values of params as code says them. */
export type CodeValues = Readonly<Record<string, unknown>>;

/** What a configuration is made of. What is left out is empty: nothing comes from the process by itself. */
export interface ConfigurationSources {
  /** By names with dots, or in groups within each other; of several, the last that says a value. */
  readonly code?: CodeValues | readonly CodeValues[] | undefined;
  /** The text of a file, undefined where there is none; {@link readConfigFile} outside tests. Default: there are no files. */
  readonly readFile?: ((path: string) => string | undefined) | undefined;
  /**
   * The file where neither `--config` nor `MILLRACE_CONFIG` names one; false looks for none. Default: millrace.yaml,
   * millrace.yml or millrace.json in `cwd`, if one is there.
   */
  readonly file?: string | false | undefined;
  /** From where paths of files go on. Default: `.`. */
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The words of the command line after the program's name. */
  readonly argv?: readonly string[] | undefined;
}

/** Values of params, read once; secrets are in no text that it makes. */
export interface Configuration {
  /** The value that holds now. Throws Invalid for a param that the configuration was not made with. */
  get<T>(param: Param<T>): T;
  /** The value that holds when it is subscribed, then each other one. Never ends. */
  watch<T>(param: Param<T>): Observable<T>;
  /** Changes a value live. Throws Invalid, and changes nothing, for a wrong value or an unknown name. */
  set(name: string, value: unknown): void;
  /** A row for each param, in order of name. */
  rows(): readonly ConfigRow[];
  /** The rows as a table for a terminal. */
  report(): string;
}

interface Held {
  readonly value: unknown;
  readonly from: string;
}

interface Setting {
  readonly param: Param<unknown>;
  readonly held: BehaviorSubject<Held>;
}

/**
 * Reads the values of params: the default holds, unless code says otherwise, then the file, then the environment, then
 * flags. Throws Invalid, code `MILLRACE_CONFIG`, with a line for each wrong value and unknown name in any of them.
 */
export function configuration(params: readonly Param<unknown>[], sources: ConfigurationSources = {}): Configuration {
  const names = namesOf(params);
  const values = valuesOf(names, sources);
  const settings = new Map<string, Setting>();
  for (const param of names.params) {
    const held = new BehaviorSubject(values.get(param.name) ?? { value: param.initial, from: 'default' });
    settings.set(param.name, { param, held });
  }
  const heldOf = (param: Param<unknown>): BehaviorSubject<Held> => {
    const setting = settings.get(param.name);
    if (setting === undefined) throw refuse([names.unknown(param.name, 'code')]);
    if (setting.param !== param && !isSame(setting.param, param)) throw refuse([another(param)]);
    return setting.held;
  };
  const rows = (): ConfigRow[] => {
    return [...settings.values()].map(({ param, held }) => rowOf(param, held.value.value, held.value.from));
  };
  return {
    get: <T>(param: Param<T>) => heldOf(param).value.value as T,
    watch: <T>(param: Param<T>) =>
      heldOf(param).pipe(
        distinctUntilChanged((before, after) => isDeepStrictEqual(before.value, after.value)),
        map(({ value }) => value as T),
      ),
    set: (name, value) => {
      const setting = settings.get(name);
      if (setting === undefined) throw refuse([names.unknown(name, 'set live')]);
      const read = parsed({ param: setting.param, value, from: 'set live' });
      if ('says' in read) throw refuse([read]);
      setting.held.next(read);
    },
    rows,
    report: () => tableOf(rows()),
  };
}

/** What sources say, by name of param; throws with all that is wrong in any. */
function valuesOf(
  names: Names,
  { code = {}, env = {}, argv = [], cwd = '.', file, readFile = noFile }: ConfigurationSources,
) {
  const flags = readFlags(names, argv);
  const values = new Map<string, Held>();
  const faults: Fault[] = [];
  for (const finding of [
    ...[code].flat().flatMap((values) => findingsIn(names, entriesOf(values as CodeValues, 'code'))),
    ...findingsInFile(names, { flag: flags.file, env, file, cwd, readFile }),
    ...findingsInEnvironment(names, env),
    ...flags.findings,
  ]) {
    const read = 'says' in finding ? finding : parsed(finding);
    if ('says' in read) faults.push(read);
    else if ('param' in finding) values.set(finding.param.name, read);
  }
  if (faults.length > 0) throw refuse(faults);
  return values;
}

function parsed(written: Written): Held | Fault {
  try {
    return { value: written.param.parse(written.value), from: written.from };
  } catch (cause) {
    return wrongValue(written, cause);
  }
}

function another({ name }: Param<unknown>): Fault {
  return fault('code', `${name} is another declaration than the one that the configuration was made with`);
}

function noFile(): undefined {
  return undefined;
}
