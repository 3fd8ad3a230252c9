/** A server, or clients, in a process of their own on real sockets, with a neighbour that calls all the time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { listen } from 'millrace/rsocket';
import { systemClock } from 'millrace';
import { fromClients, fromServers } from './conversations.js';
import type { Input } from './input.js';
import { callFresh, keepCalling, type LivePlace, type LiveTransport, placeOf } from './live-neighbour.js';
import { hostileServer, sayTo } from './live-sockets.js';
import type { Ask, State } from './live-subject.js';
import { watchedService } from './service.js';
import { Fault, must, type Target } from './target.js';

const MIB = 2 ** 20;
/** Bytes that the subject may hold more than after its first few hundred connections. */
const GROWTH = 48 * MIB;
/** Tries, of a tenth of a second, until all that belonged to connections has gone. */
const TRIES = 100;

export async function liveTarget(transport: LiveTransport, role: 'server' | 'client'): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-live-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const subject = await startSubject(join(folder, 's'), transport);
  let wanted = true;
  let answered = 0;
  const count = (): void => void (answered += 1);
  const good = role === 'server' ? undefined : await listenWell(transport, join(folder, 'g'));
  const hostile = role === 'server' ? undefined : await hostileServer(transport, join(folder, 'h'));
  if (good !== undefined && hostile !== undefined)
    await subject.ask({ ask: 'dial', hostile: hostile.place, good: good.place });
  const neighbour = role === 'server' ? keepCalling(placeOf(subject.place), () => wanted, count) : undefined;
  const stray = Promise.race([subject.died, neighbour ?? subject.died]);
  stray.catch(() => undefined);
  await subject.ask({ ask: 'reset' });

  let before: number | undefined;
  let seen = -1;
  let state: State = await subject.state();

  async function play(inputs: readonly Input[]): Promise<void> {
    const say = (input: Input): Promise<void> => hostile?.say(input) ?? sayTo(subject.place, input);
    await Promise.race([Promise.all(inputs.map(say)), stray]);
  }

  async function check(): Promise<void> {
    if (role === 'server') await Promise.race([callFresh(placeOf(subject.place)), stray]);
    for (let tries = 0; tries < TRIES; tries++) {
      state = await subject.state();
      must(state.fault === undefined, () => state.fault ?? '');
      if (role === 'client' || (state.connections === 1 && state.open === 0)) break;
      await delay(100);
    }
    const { connections, open, held } = state;
    if (role === 'server')
      must(
        connections === 1 && open === 0,
        () => `${connections - 1} connections and ${open} handlers are left behind`,
      );
    const calls = role === 'server' ? answered : state.answered;
    must(calls > seen, () => `a neighbour has had no answer since its call ${seen}`);
    seen = calls;
    before ??= held;
    const growth = held - before;
    must(growth < GROWTH, () => `the process holds ${Math.round(growth / MIB)} MiB more than at first`);
  }

  return {
    name: `${role} on ${transport}`,
    seeds: role === 'server' ? fromClients : fromServers,
    batch: 8,
    coverage: {
      reset: () => subject.ask({ ask: 'reset' }),
      news: (keep) => subject.ask<number>({ ask: 'news', keep }),
      get edges() {
        return state.edges;
      },
      get all() {
        return state.counters;
      },
    },
    play,
    check,
    async close() {
      wanted = false;
      await subject.ask({ ask: 'stop' });
      await neighbour;
      await hostile?.close();
      await good?.close();
      await subject.end();
    },
  };
}

interface Subject {
  readonly place: LivePlace;
  /** Rejects if it ends before it is told to. */
  readonly died: Promise<never>;
  ask<T = unknown>(ask: Ask): Promise<T>;
  state(): Promise<State>;
  end(): Promise<void>;
}

async function startSubject(path: string, transport: LiveTransport): Promise<Subject> {
  const script = fileURLToPath(new URL('live-subject.js', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, script, path], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors = `${errors}${chunk.toString()}`.slice(-8000)));
  const gone = once(child, 'exit');
  const died = gone.then(([code, signal]): never => {
    throw new Fault(`the process under test ended with ${String(code ?? signal)}: ${errors}`);
  });
  died.catch(() => undefined);
  let last: Promise<unknown> = Promise.resolve();
  const ask = <T>(asked: Ask): Promise<T> => {
    const answer = last.then(() => told<T>(child, asked));
    last = answer.catch(() => undefined);
    return Promise.race([answer, died]);
  };
  const [ports] = (await Promise.race([once(child, 'message'), died])) as [readonly number[]];
  const port = ports[transport === 'tcp' ? 0 : 1] ?? 0;
  return {
    place: { transport, port, path },
    died,
    ask,
    state: () => ask<State>({ ask: 'state' }),
    async end() {
      child.disconnect();
      await gone;
    },
  };
}

async function told<T>(child: ChildProcess, ask: Ask): Promise<T> {
  const answer = once(child, 'message');
  child.send(ask);
  const [said] = (await answer) as [T];
  return said;
}

/** A server that keeps to the protocol, for the neighbour of clients. */
async function listenWell(
  transport: LiveTransport,
  path: string,
): Promise<{ readonly place: LivePlace; close(): Promise<void> }> {
  const server = await listen(placeOf({ transport, port: 0, path }), watchedService(systemClock, MIB).service, {
    grace: 0,
  });
  return {
    place: { transport, port: server.address.port, path },
    close: () => new Promise((resolve) => server.close().subscribe({ complete: resolve })),
  };
}
