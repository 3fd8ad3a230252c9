/** A project that `millrace new` made, in a folder of its own, with our packages in its node_modules. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Child, startChild } from '../child.js';
import { cli, type Ran, ranOf, root } from './cli.js';
import { spawn } from 'node:child_process';

const PACKAGES = ['rxjs', 'zod', 'mocha', 'chai', 'typescript', '@types'];

/** Makes the project `name` in `parent`, and returns its folder. */
export async function newProject(parent: string, name: string): Promise<string> {
  const { status, err } = await cli(['new', name], { folder: parent });
  if (status !== 0) throw new Error(err);
  const folder = join(parent, name);
  linkPackages(folder);
  return folder;
}

/** Puts links to our own packages, and to ourselves, where an install would put theirs. */
export function linkPackages(folder: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of PACKAGES) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  symlinkSync(root, join(modules, 'millrace'));
}

/** Runs the bin of a package that the project depends on, or a script of its own. */
export function runIn(folder: string, script: string, words: readonly string[] = []): Promise<Ran> {
  return ranOf(spawn(process.execPath, [script, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** The script behind a package's command. */
export function binOf(folder: string, name: string, command: string): string {
  const manifest = createRequire(join(folder, 'package.json')).resolve(`${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> };
  return join(dirname(manifest), bin[command] ?? '');
}

/** Starts `millrace WORDS…` in a folder; the caller ends it. */
export function startIn(folder: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  return startChild('services/cli/main.js', words, { PORT: '0', ...env }, `cd '${folder}'`);
}

/** Processes that work in a folder. Empty where the system doesn't tell. */
export function processesIn(folder: string): string[] {
  if (!existsSync('/proc/self/cwd')) return [];
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}
