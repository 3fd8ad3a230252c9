/** `millrace new`: a folder with a service that starts, and a test that passes. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { checkName, namesOf } from './project-names.js';
import { projectFiles } from './project-files.js';
import { CommandError, DONE } from './status.js';
import { paintFor, type Terminal } from './terminal.js';

export interface NewOptions {
  readonly dir?: string;
  readonly dryRun?: boolean;
}

/** Writes the files of a project called `name`, or with `dryRun` says which. Refuses a folder that has something in it. */
export function newProject(terminal: Terminal, name: string, { dir = name, dryRun = false }: NewOptions): number {
  checkName(name);
  const folder = resolve(terminal.folder, dir);
  checkFolder(folder);
  const files = projectFiles(namesOf(name));
  const shown = relative(terminal.folder, folder) || '.';
  if (dryRun) {
    const lines = Object.entries(files).map(([file, text]) => `  ${join(shown, file)} (${text.length} characters)`);
    terminal.out.write(`would write\n${lines.join('\n')}\n`);
    return DONE;
  }
  try {
    for (const [file, text] of Object.entries(files)) write(join(folder, file), text);
  } catch (error) {
    throw new CommandError(`${shown} could not be written: ${reasonOf(error)}`);
  }
  const paint = paintFor(terminal.out);
  terminal.out.write(`${name}: ${Object.keys(files).length} files in ${shown}; now\n\n`);
  for (const command of nextCommands(shown, name)) terminal.out.write(`  ${paint('bold', command)}\n`);
  terminal.out.write('\n(the last in another terminal, while the service runs)\n');
  return DONE;
}

function nextCommands(folder: string, name: string): string[] {
  const into =
    folder === '.' ? '' : `cd ${/^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", `'\\''`)}'`} && `;
  return [`${into}npm install`, 'npm run dev', `npx millrace call ${namesOf(name).service}.greet '{"name":"Ada"}'`];
}

function checkFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new CommandError(`${folder} is a file: name another folder with --dir`);
  const present = readdirSync(folder);
  if (present.length === 0) return;
  const some = present.slice(0, 3).join(', ');
  const more = present.length > 3 ? `, and ${present.length - 3} more` : '';
  throw new CommandError(`${folder} is not empty (${some}${more}): name another folder with --dir`);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: 'wx' });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
