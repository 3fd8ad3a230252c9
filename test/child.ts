/** A compiled program of this repository, run in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('..', import.meta.url));

export interface Child {
  readonly pid: number;
  /** The lines of its standard output so far. */
  readonly lines: readonly string[];
  /** The next line that matches, of those no call has returned before; rejects when the program ends first. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** What it wrote to standard error. */
  errors(): string;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts `dist/PROGRAM`; the caller ends it. `before` is a shell command that sets bounds for it, `ulimit -n 64`. */
export function startChild(
  program: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  before = 'true',
): Child {
  const command = [process.execPath, `${dist}${program}`, ...args];
  const child = spawn('sh', ['-c', `${before} && exec "$0" "$@"`, ...command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let seen = 0;
  let errors = '';
  let over = false;
  let news: () => void = () => undefined;
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    news();
  });
  const ended = endOf(child).finally(() => {
    over = true;
    news();
  });
  return {
    pid: child.pid ?? 0,
    lines,
    errors: () => errors,
    kill: (signal) => void child.kill(signal),
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        news = () => {
          while (seen < lines.length) {
            const match = pattern.exec(lines[seen++] ?? '');
            if (match === null) continue;
            news = () => undefined;
            return resolve(match);
          }
          const said = `${lines.join('\n')}\n${errors}`;
          if (over) reject(new Error(`${program} ended before it said ${pattern.source}: ${said}`));
        };
        news();
      }),
  };
}

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? signal ?? -1;
}
