/** A program that takes the place of a command: it has its terminal, and ends when the command is to end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CommandError, signalStatus } from './status.js';
import type { Terminal } from './terminal.js';

/** Runs a script of Node, and resolves with its status. */
export async function runChild(
  terminal: Terminal,
  script: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...words], {
    cwd: terminal.folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = (): void => void child.kill();
  terminal.stop.addEventListener('abort', stop);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return code ?? signalStatus(terminal.stop.aborted ? terminal.stop.reason : signal);
  } catch (error) {
    throw new CommandError(`${script} could not be started: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    terminal.stop.removeEventListener('abort', stop);
  }
}
