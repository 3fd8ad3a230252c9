/** `millrace config`: a program, started only to say what it is configured with. */
import { runChild } from './child.js';
import { checkMain, environmentOf, mainOf } from './project.js';
import type { Terminal } from './terminal.js';

export interface ConfigOptions {
  readonly main: string | undefined;
  /** The program's own words. */
  readonly rest: readonly string[];
}

/** Runs the program as `mesh(…).run()` understands it, and resolves with its status. */
export async function config(terminal: Terminal, { main, rest }: ConfigOptions): Promise<number> {
  const program = mainOf(terminal.folder, main);
  checkMain(program, terminal.folder);
  return runChild(terminal, program, rest, { ...environmentOf(terminal.env), MILLRACE_COMMAND: 'config' });
}
