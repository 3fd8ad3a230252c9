/** A project of a user, in a folder of its own outside the repository, that has the packed package installed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** A fresh folder; the caller removes it. */
export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `millrace-${name}-`));
}

/** Runs a program to its end and gathers what it printed on both streams. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const child = spawn(command, args, { cwd, env: { ...outsideNpm(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** Runs a program to its end and returns what it printed; rejects when it fails. */
export async function succeed(
  command: string,
  args: readonly string[],
  cwd: string,
  env?: NodeJS.ProcessEnv,
): Promise<string> {
  const { code, output } = await run(command, args, cwd, env);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}:\n${output}`);
  return output;
}

/** Runs the npm that runs us, or the one on the path. */
export function npm(args: readonly string[], cwd: string): Promise<string> {
  const cli = process.env['npm_execpath'];
  return cli?.endsWith('.js') ? succeed(process.execPath, [cli, ...args], cwd) : succeed('npm', args, cwd);
}

/** Packs the package as it would be published; returns the tarball and the paths in it. */
export async function pack(folder: string): Promise<{ tarball: string; files: readonly string[] }> {
  const output = await npm(
    ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder],
    root,
  );
  const [packed] = JSON.parse(output.slice(output.indexOf('[\n'))) as { filename: string; files: { path: string }[] }[];
  if (packed === undefined) throw new Error(`npm pack said nothing of use: ${output}`);
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
}

/** Installs the tarball, with what it asks for, in a project of the given files. */
export async function install(folder: string, tarball: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  await npm(['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball], folder);
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
}

/** Starts a program, waits for the line that `ready` matches, calls `work` with the match, and ends the program by SIGTERM. */
export async function whileRunning(
  node: string,
  program: string,
  env: NodeJS.ProcessEnv,
  ready: RegExp,
  work: (match: RegExpExecArray) => Promise<void>,
): Promise<number | null> {
  const child = spawn(node, [program], { env: { ...outsideNpm(), ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let worked = false;
  try {
    for await (const line of createInterface(child.stdout)) {
      const match = ready.exec(line);
      if (match === null) continue;
      await work(match);
      worked = true;
      break;
    }
  } finally {
    child.kill('SIGTERM');
  }
  const [code] = await closed;
  if (!worked) throw new Error(`${program} ended with code ${code} before it was ready`);
  return code;
}

/** The TypeScript block of a document whose first line is `// name`. */
export function snippet(document: string, name: string): string {
  const text = readFileSync(join(root, document), 'utf8');
  const found = [...text.matchAll(/^```ts(?: server)?\n([\s\S]*?)^```$/gm)].find(([, code]) =>
    code?.startsWith(`// ${name}\n`),
  );
  if (found?.[1] === undefined) throw new Error(`${document} has no TypeScript block that begins with "// ${name}"`);
  return found[1];
}

export function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** The environment without what npm says about our own package, which would lead another npm back here. */
function outsideNpm(): NodeJS.ProcessEnv {
  const ours =
    /^(?:npm_package_|npm_lifecycle_|npm_command$|npm_config_local_prefix$|npm_config_prefix$|INIT_CWD$|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
