/** Runs the processes that fuzz, and those that play one input again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fault, Figures, Report } from './report.js';

/** Milliseconds without a word after which a process hangs; it says something each second. */
const SILENCE = 60_000;
/** The compiled repository. */
const plain = fileURLToPath(new URL('../../..', import.meta.url));

export interface FuzzOptions {
  /** Where the code is; see instrumented.ts. */
  readonly folder: string;
  /** Frames of each target that is played, one after the other in one process. */
  readonly frames: Readonly<Record<string, number>>;
  /** So many frames are played of each. */
  readonly seeds: readonly number[];
  readonly progress?: (figures: Figures) => void;
}

export interface Outcome {
  /** Of each target and seed that was played to its end. */
  readonly figures: readonly Figures[];
  readonly fault: Fault | undefined;
}

/** Plays so many frames, or as many as it takes to find a fault. */
export async function fuzz({ folder, frames, seeds, progress }: FuzzOptions): Promise<Outcome> {
  const figures: Figures[] = [];
  const wanted = Object.entries(frames).map(([target, most]) => `${target}=${Math.round(most)}`);
  const child = start(folder, ['fuzz', seeds.join(','), ...wanted], (report) => {
    if (report.kind === 'progress') progress?.(report);
    else if (report.kind === 'done') figures.push(report);
  });
  const fault = await child.ended;
  return { fault, figures };
}

/** Plays an input with the code as it is compiled; resolves with what went wrong. */
export async function replay(target: string, input: string, folder = plain): Promise<string | undefined> {
  const child = start(folder, ['replay', target], ({ kind }, process) => {
    if (kind === 'ready') process.send(input);
    else if (kind === 'played') process.disconnect();
  });
  return (await child.ended)?.what;
}

interface Running {
  /** Settles when the process has ended; with a fault, if that was why. */
  readonly ended: Promise<Fault | undefined>;
}

function start(folder: string, args: readonly string[], hear: (report: Report, child: ChildProcess) => void): Running {
  const worker = join(folder, 'dist', 'test', 'fuzz', 'worker.js');
  const child = spawn(
    process.execPath,
    ['--expose-gc', ...(folder === plain ? ['--enable-source-maps'] : []), worker, ...args],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the process has no output');
  let fault: Fault | undefined;
  let errors = '';
  let over = false;
  let iteration = 0;
  let target = '';
  const tooLate = (): void => {
    fault ??= { what: `nothing was heard for ${SILENCE} ms`, iteration, inputs: [], target, seed: 0 };
    child.kill('SIGKILL');
  };
  let silence = setTimeout(tooLate, SILENCE);
  stderr.on('data', (chunk: Buffer) => (errors = `${errors}${chunk.toString()}`.slice(-8000)));
  const lines = createInterface(stdout).on('line', (line) => {
    clearTimeout(silence);
    silence = setTimeout(tooLate, SILENCE);
    if (!line.startsWith('{')) return void (errors += `${line}\n`);
    const report = JSON.parse(line) as Report;
    if (report.kind === 'fault') fault ??= report;
    if (report.kind === 'progress') ({ inputs: iteration, target } = report);
    if (report.kind === 'over' || report.kind === 'played') over = true;
    hear(report, child);
  });
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(([[code, signal]]): Fault | undefined => {
    clearTimeout(silence);
    if (fault !== undefined || (code === 0 && over)) return fault;
    return {
      what: `the process ended with ${String(code ?? signal)}: ${errors}`,
      iteration,
      inputs: [],
      target,
      seed: 0,
    };
  });
  return { ended };
}
