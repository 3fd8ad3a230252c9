/** Which file a configuration is read from, and what it says. */
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMeshError, MeshError, printable } from '../core/index.js';
import { fault, type Finding } from './config-faults.js';
import { FILE_VARIABLE, type Names } from './config-names.js';
import { findingsIn } from './config-tree.js';
import { readYaml } from './config-yaml.js';

/** How a configuration comes to its file. */
export interface FileSource {
  /** What `--config` named. */
  readonly flag: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What code names where neither flag nor environment do; false looks for none. */
  readonly file: string | false | undefined;
  readonly cwd: string;
  /** The text of a file, undefined where there is none; throws where it can't be read. */
  readonly readFile: (path: string) => string | undefined;
}

/** Looked for in the working folder, where no file is named. */
const USUAL: readonly string[] = ['millrace.yaml', 'millrace.yml', 'millrace.json'];

const MOST_BYTES = 2 ** 20;
const TOO_LONG = `has more than ${MOST_BYTES} bytes`;

/** The values of params in the file, and all that is wrong with it. */
export function findingsInFile(names: Names, source: FileSource): Finding[] {
  const named = nameOf(source);
  if (named === undefined && source.file === false) return [];
  if (named?.path === '') return [fault(named.from, 'names no file')];
  const read = (named === undefined ? USUAL : [named.path]).map((path) => reading(path, source));
  const failed = read.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const found = read.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]));
  const [first, second] = found;
  if (failed.length > 0) return failed;
  if (first === undefined)
    return named === undefined ? [] : [fault(named.from, `there is no file ${shownPath(named.path)}`)];
  if (second === undefined) return findingsInText(names, first.path, first.text);
  return [
    fault(`file ${second.path}`, `stands beside ${first.path}: keep one, or name one by --config or ${FILE_VARIABLE}`),
  ];
}

/**
 * The text of a file in UTF-8; undefined where there is none. Throws what Node does where it can't be read, or isn't UTF-8,
 * and Invalid past 1 MiB, of which it reads no more whatever the path leads to.
 */
export function readConfigFile(path: string): string | undefined {
  const bytes = bytesOf(path);
  if (bytes !== undefined && bytes.length > MOST_BYTES) throw new MeshError('Invalid', TOO_LONG);
  return bytes === undefined ? undefined : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function nameOf({ flag, env, file }: FileSource): { readonly path: string; readonly from: string } | undefined {
  const variable = env[FILE_VARIABLE];
  if (flag !== undefined) return { path: flag, from: 'flag --config' };
  if (variable !== undefined) return { path: variable, from: `environment ${FILE_VARIABLE}` };
  return file === undefined || file === false ? undefined : { path: file, from: 'code' };
}

interface Reading {
  readonly path: string;
  readonly text?: string | undefined;
  readonly problem?: Finding;
}

function reading(path: string, { cwd, readFile }: FileSource): Reading {
  try {
    return { path, text: readFile(resolve(cwd, path)) };
  } catch (error) {
    const why = isMeshError(error) ? error.message : whyUnread(error);
    return { path, problem: fault(`file ${shownPath(path)}`, why) };
  }
}

function whyUnread(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason is given';
  return code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8' : `cannot be read (${code})`;
}

function findingsInText(names: Names, path: string, text: string): Finding[] {
  const from = `file ${shownPath(path)}`;
  if (Buffer.byteLength(text) > MOST_BYTES) return [fault(from, TOO_LONG)];
  const { faults, entries } = readYaml(text, from, path.endsWith('.json'));
  return [...faults, ...findingsIn(names, entries)];
}

function bytesOf(path: string): Uint8Array | undefined {
  const file = open(path);
  if (file === undefined) return undefined;
  try {
    const bytes = new Uint8Array(MOST_BYTES + 1);
    let length = 0;
    let read = 0;
    do {
      read = readSync(file, bytes, length, bytes.length - length, null);
      length += read;
    } while (read > 0 && length < bytes.length);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function shownPath(path: string): string {
  return printable(path, 200);
}
