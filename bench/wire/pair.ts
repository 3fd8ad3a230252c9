// A server and a client of one peer as two processes, each on a core of its own where the platform can pin.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CaseName } from './case.js';
import type { Answers, Order, Report } from './child.js';
import type { Measured } from './load.js';
import type { PeerName } from './peer.js';

export interface Pair {
  /** Runs the load; the CPU time is that of both processes. */
  load(name: CaseName, milliseconds: number): Promise<Measured & { readonly cpuSeconds: number }>;
  stop(): Promise<void>;
}

/** Starts both processes and connects them; `profiles` is a folder for CPU profiles of them. */
export async function startPair(peer: PeerName, title: string, profiles: string | undefined): Promise<Pair> {
  const [serverCore, clientCore] = cores();
  const server = startChild(peer, `${title}-server`, serverCore, profiles);
  const client = startChild(peer, `${title}-client`, clientCore, profiles);
  const { port } = await server.ask({ order: 'listen' });
  await client.ask({ order: 'connect', port });
  return {
    async load(name, milliseconds) {
      const before = await server.ask({ order: 'cpu' });
      const measured = await client.ask({ order: 'load', case: name, milliseconds });
      const after = await server.ask({ order: 'cpu' });
      return { ...measured, cpuSeconds: measured.cpuSeconds + after.cpuSeconds - before.cpuSeconds };
    },
    async stop() {
      await client.stop();
      await server.stop();
    },
  };
}

/** Ends every process still running; also called when this process exits or is told to. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

const running = new Set<ChildProcess>();
const patienceMs = 30_000;

interface Child {
  ask<K extends Order['order']>(order: Order & { readonly order: K }): Promise<Answers[K]>;
  stop(): Promise<void>;
}

function startChild(peer: PeerName, title: string, core: number | undefined, profiles: string | undefined): Child {
  const profiling =
    profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${title}.cpuprofile`];
  const command = [process.execPath, ...profiling, fileURLToPath(new URL('child.js', import.meta.url)), peer];
  const [program = '', ...rest] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const child = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void ended.then(() => running.delete(child));

  function ask<K extends Order['order']>(order: Order & { readonly order: K }): Promise<Answers[K]> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => finish(() => reject(new Error(`${title} gave no answer to ${order.order} in ${patienceMs / 1e3} s`))),
        patienceMs,
      );
      const onMessage = (report: Report<K>) =>
        finish(() =>
          'done' in report
            ? resolve(report.done)
            : reject(new Error(`${title} failed at ${order.order}: ${report.failed}`)),
        );
      const onEnd = () => finish(() => reject(new Error(`${title} ended during ${order.order}`)));
      const finish = (then: () => void) => {
        clearTimeout(late);
        child.off('message', onMessage).off('exit', onEnd);
        then();
      };
      child.once('message', onMessage).once('exit', onEnd);
      child.send(order);
    });
  }

  return {
    ask,
    async stop() {
      const grace = setTimeout(() => child.kill('SIGKILL'), profiles === undefined ? 1_000 : 10_000);
      child.send({ order: 'stop' } satisfies Order);
      await ended;
      clearTimeout(grace);
    },
  };
}

/** The cores that this process may use, or none where there's no taskset or only one core. */
function cores(): readonly (number | undefined)[] {
  knownCores ??= findCores();
  return knownCores;
}

let knownCores: readonly (number | undefined)[] | undefined;

function findCores(): readonly (number | undefined)[] {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return [];
  const allowed = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const list = allowed.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return list.length < 2 ? [] : list;
}
