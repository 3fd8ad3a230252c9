/** `millrace config`: a program, started only to say what it is configured with. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { checkMain, environmentOf, mainOf } from './project.js';
import { CommandError, signalStatus } from './status.js';
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
  const child = spawn(process.execPath, ['--enable-source-maps', program, ...rest], {
    cwd: terminal.folder,
    env: { ...environmentOf(terminal.env), MILLRACE_COMMAND: 'config' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = (): void => void child.kill();
  terminal.stop.addEventListener('abort', stop);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return code ?? signalStatus(terminal.stop.aborted ? terminal.stop.reason : signal);
  } catch (error) {
    throw new CommandError(
      `${program} could not be started: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    terminal.stop.removeEventListener('abort', stop);
  }
}
