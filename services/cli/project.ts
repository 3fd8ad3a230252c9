/** The project of a folder: its program, its compiler, and what the program's process gets. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { CommandError, UsageError } from './status.js';

interface Manifest {
  readonly main?: unknown;
  readonly millrace?: { readonly main?: unknown } | null;
}

/** The compiled program of the project in `folder`, an absolute path; `named` is what the user called it. */
export function mainOf(folder: string, named: string | undefined): string {
  if (named !== undefined && /\.[cm]?tsx?$/.test(named)) {
    throw new UsageError(`${named} is a source: name what the compiler makes of it, such as dist/main.js`);
  }
  const { millrace, main } = manifestOf(folder);
  const found = [named, millrace?.main, main, 'dist/main.js'].find((each) => typeof each === 'string');
  return resolve(folder, String(found));
}

/** Throws where the program isn't there yet. */
export function checkMain(main: string, folder: string): void {
  if (existsSync(main)) return;
  throw new CommandError(
    `there is no ${relative(folder, main)}: compile first, or name the program, or say millrace.main in package.json`,
  );
}

/** The script that starts the TypeScript compiler which the project depends on. */
export function compilerOf(folder: string): string {
  let manifest: string;
  try {
    manifest = createRequire(join(folder, 'package.json')).resolve('typescript/package.json');
  } catch {
    throw new CommandError(`${folder} has no compiler: npm install --save-dev typescript`);
  }
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly bin?: { readonly tsc?: string } };
  return join(dirname(manifest), bin?.tsc ?? 'bin/tsc');
}

/** The environment of a program that is started: without what is said to the command line alone. */
export function environmentOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { MILLRACE_AT: _, ...others } = env;
  return others;
}

function manifestOf(folder: string): Manifest {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return {};
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof read === 'object' && read !== null ? read : {};
  } catch (error) {
    throw new CommandError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
