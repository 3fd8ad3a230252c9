/** The built command line, run as a user runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const main = join(root, 'dist/services/cli/main.js');

export interface Ran {
  /** The exit status, or the signal that ended it. */
  readonly status: number | NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** What stands on its standard input. Default: nothing. */
  readonly input?: string;
  readonly folder?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts `millrace WORDS…`, with pipes on all sides. */
export function startCli(words: readonly string[], { folder, env }: RunOptions = {}) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, MILLRACE_AT: _at, ...own } = process.env;
  return spawn(process.execPath, [main, ...words], { cwd: folder ?? root, env: { ...own, ...env }, stdio: 'pipe' });
}

/** Runs `millrace WORDS…` to its end. */
export async function cli(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = startCli(words, options);
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return ranOf(child);
}

/** What a process printed and how it ended. */
export async function ranOf(child: ChildProcess): Promise<Ran> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { status: code ?? signal, out, err };
}

/** A folder for one test; `remove` it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'millrace-cli-'));
}

export function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
