/** A copy of the compiled repository in a temporary folder, in which tests run in processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../docs/page.js';

/** Milliseconds that a run gets beside those of its tests. */
const OVERHEAD = 60_000;

export interface TestRun {
  readonly passed: number;
  /** What failed, and why, in one line each. */
  readonly failures: readonly string[];
  readonly ended: 'itself' | 'killed';
}

export interface Copy {
  readonly folder: string;
  /** Runs the tests of these sources whose titles match. Throws where none ran to an end or a failure. */
  test(files: readonly string[], pattern: string, timeout: number): Promise<TestRun>;
  remove(): void;
}

/** What mocha's JSON says, as far as it is read. */
interface Report {
  readonly stats: { readonly passes: number; readonly failures: number };
  readonly failures: readonly { readonly title: string; readonly err: { readonly message?: string } }[];
}

/** Makes a copy, which is gone with the process, whatever ends it. */
export function copyOfDist(): Copy {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-musts-'));
  let present: ChildProcess | undefined;
  const remove = (): void => {
    present?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    process.off('exit', remove);
    for (const signal of SIGNALS) process.off(signal, leave);
  };
  const leave = (): void => process.exit(1);
  process.on('exit', remove);
  for (const signal of SIGNALS) process.on(signal, leave);
  cpSync(`${root}dist`, join(folder, 'dist'), { recursive: true });
  cpSync(`${root}package.json`, join(folder, 'package.json'));
  symlinkSync(`${root}node_modules`, join(folder, 'node_modules'));
  return {
    folder,
    remove,
    async test(files, pattern, timeout) {
      const compiled = files.map((file) => `dist/${file.replace(/\.ts$/, '.js')}`);
      const options = ['--reporter', 'json', '--exit', '--timeout', String(timeout), '--grep', pattern];
      const child = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', ...options, ...compiled], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: timeout + OVERHEAD,
        killSignal: 'SIGKILL',
      });
      present = child;
      const [output, errors] = [gathered(child.stdout), gathered(child.stderr)];
      await once(child, 'close');
      present = undefined;
      if (child.signalCode === 'SIGKILL') return { passed: 0, failures: [], ended: 'killed' };
      return read(output.join(''), errors.join(''));
    },
  };
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

function gathered(stream: NodeJS.ReadableStream): string[] {
  const pieces: string[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  return pieces;
}

function read(output: string, errors: string): TestRun {
  const start = output.indexOf('{\n');
  if (start === -1) throw new Error(`the tests did not run: ${errors}${output}`);
  const { stats, failures } = JSON.parse(output.slice(start)) as Report;
  if (stats.passes + stats.failures === 0) throw new Error(`no test ran: ${errors}`);
  return {
    passed: stats.passes,
    failures: failures.map(({ title, err }) => `${title}: ${lineOf(err.message ?? '')}`),
    ended: 'itself',
  };
}

function lineOf(message: string): string {
  const [first = ''] = message.split('\n');
  return first.startsWith('Timeout of') ? 'waited in vain' : first;
}
