/** The process that meets hostile peers on real sockets, as a server and as a client; `live-subject.js PATH` of a Unix socket. */
import { isMeshError, systemClock } from 'millrace';
import {
  connect,
  type ConnectOptions,
  fixedLeases,
  listen,
  type Server,
  tcp,
  type Transport,
  unix,
  websocket,
} from 'millrace/rsocket';
import { makeCalls } from './client-target.js';
import { coverage } from './coverage.js';
import { dice } from './dice.js';
import { keepCalling, type LivePlace, placeOf } from './live-neighbour.js';
import { watchInvariants, brokenInvariant } from './invariants.js';
import { watchedService } from './service.js';

/** What the process is asked. */
export type Ask =
  | { readonly ask: 'reset' | 'state' | 'stop' }
  | { readonly ask: 'news'; readonly keep: boolean }
  | { readonly ask: 'dial'; readonly hostile: LivePlace; readonly good: LivePlace };

/** What it says of itself. */
export interface State {
  /** Connections of all servers, and those it has made itself. */
  readonly connections: number;
  readonly open: number;
  /** Bytes of JavaScript objects and of buffers, after a collection. */
  readonly held: number;
  /** Calls that its own neighbour was answered. */
  readonly answered: number;
  readonly fault: string | undefined;
  readonly edges: number;
  readonly counters: number;
}

/** Connections that it keeps making to a hostile server. */
const CLIENTS = 8;
const FRAME = 1_000_000;
const limits = {
  frame: FRAME,
  reassembly: 100_000,
  reassemblies: 300_000,
  metadata: 8192,
  resumeTime: 300,
  setupTime: 3000,
};

watchInvariants();
const counts = coverage(false);
const watched = watchedService(systemClock, FRAME);
const places: readonly Transport[] = [tcp({ port: 0 }), websocket({ port: 0 }), unix({ path: process.argv[2] ?? '' })];
const leases = fixedLeases({ requests: 100, every: 50 });
const servers: Server[] = [];
for (const place of places)
  servers.push(await listen(place, watched.service, { limits, leases, resume: true, grace: 0 }));

let clients = 0;
let dialling = false;
let answered = 0;
let wrong: string | undefined;
const answer: Record<Ask['ask'], (ask: Ask) => unknown> = {
  reset: () => counts.reset(),
  news: (ask) => counts.news(ask.ask === 'news' && ask.keep),
  state,
  stop: () => (dialling = false),
  dial(ask) {
    if (ask.ask !== 'dial') return;
    dialling = true;
    for (let index = 0; index < CLIENTS; index++) void dialAgain(ask.hostile, index);
    void keepCalling(
      placeOf(ask.good),
      () => dialling,
      () => (answered += 1),
    );
  },
};

process.on('disconnect', () => process.exit(0));
process.on('message', (ask: Ask) => process.send?.(answer[ask.ask](ask) ?? null));
process.send?.(servers.map(({ address }) => address.port));

function state(): State {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const fault = wrong ?? watched.fault() ?? brokenInvariant();
  wrong = undefined;
  const connections = servers.reduce((sum, server) => sum + server.connections, clients);
  return {
    connections,
    open: watched.open,
    held: heapUsed + external,
    answered,
    fault,
    edges: counts.edges,
    counters: counts.all,
  };
}

async function dialAgain(place: LivePlace, index: number): Promise<void> {
  const rolls = dice(index);
  while (dialling) {
    const options: ConnectOptions = {
      limits: { ...limits, resumeTime: 50 },
      responder: watched.service,
      keepAlive: rolls.pick([5, 1000]),
      lifetime: 3000,
      lease: rolls.once(3),
      resume: rolls.once(3),
      fragment: rolls.pick([64, 10_000]),
    };
    try {
      const connection = await connect(placeOf(place), options);
      clients += 1;
      const calls = makeCalls(connection, systemClock, rolls);
      await new Promise<void>((resolve) => connection.closed.subscribe({ error: () => resolve(), complete: resolve }));
      clients -= 1;
      await new Promise((resolve) => setImmediate(resolve));
      wrong ??=
        calls.wrong ?? (calls.open === 0 ? undefined : `${calls.open} calls have not ended with their connection`);
    } catch (error) {
      if (!isMeshError(error)) wrong ??= `dialling failed with ${String(error)}, which is no MeshError`;
    }
  }
}
