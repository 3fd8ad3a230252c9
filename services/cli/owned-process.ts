/** A process of ours with all that it starts: a group that ends when we do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, systemClock } from '../../framework/index.js';

export interface OwnedProcess {
  /** How it ended, `code 1` or `SIGKILL`; rejects where it could not be started. */
  readonly ended: Promise<string>;
  /** Asks it to end, then with emphasis, then ends it; resolves when nothing of it is left. */
  stop(): Promise<void>;
}

export interface OwnedOptions {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Gets each piece of output as it comes. */
  readonly out: (piece: string) => void;
  readonly err: (piece: string) => void;
  readonly clock?: Clock;
}

/** Milliseconds after which a process is asked to end for a second time: an application then leaves open calls. */
const SECOND = 5000;
/** Milliseconds after which it is ended whether it will or not. */
const LAST = 7000;

/** Starts a script of Node. */
export function startOwned(script: string, words: readonly string[], options: OwnedOptions): OwnedProcess {
  const { clock = systemClock } = options;
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...words], {
    cwd: options.folder,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: GROUPS,
  });
  child.stdout.setEncoding('utf8').on('data', options.out);
  child.stderr.setEncoding('utf8').on('data', options.err);
  const kill = (): void => signal(child, 'SIGKILL');
  process.on('exit', kill);
  child.on('exit', kill);
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => resolve(code === null ? String(by) : `code ${code}`));
  }).finally(() => process.off('exit', kill));
  return {
    ended,
    async stop() {
      const timers = [clock.after(SECOND, () => signal(child, 'SIGTERM')), clock.after(LAST, kill)];
      signal(child, 'SIGTERM');
      await ended.catch(() => undefined);
      for (const cancel of timers) cancel();
    },
  };
}

const GROUPS = process.platform !== 'win32';

/** Signals the whole group; one that is gone hears nothing. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (GROUPS) process.kill(-child.pid, name);
    else child.kill(name);
  } catch {
    // It has ended by itself.
  }
}
