/** A compiled program of this repository that somebody types to. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../..', import.meta.url));

export interface Terminal {
  type(line: string): void;
  /** Ctrl-D. */
  endInput(): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the lines from the one after the last call's up to `line`; rejects when the program ends first. */
  until(line: string): Promise<string[]>;
  /** What it wrote to standard error. */
  errors(): string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts `dist/PROGRAM`; the caller ends it. */
export function openTerminal(program: string, args: readonly string[]): Terminal {
  const child = spawn(process.execPath, [`${dist}${program}`, ...args], { stdio: 'pipe' });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return {
    type: (line) => void child.stdin.write(`${line}\n`),
    endInput: () => void child.stdin.end(),
    kill: (signal) => void child.kill(signal),
    async until(line) {
      const seen: string[] = [];
      while (seen.at(-1) !== line) {
        const { done, value } = await lines.next();
        if (done === true) throw new Error(`${program} ended before it said '${line}': ${seen.join('\n')}\n${errors}`);
        seen.push(value);
      }
      return seen;
    },
    errors: () => errors,
    ended: endOf(child),
  };
}

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? signal ?? -1;
}
