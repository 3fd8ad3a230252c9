// A process of the comparison: one peer's server or client, told by its parent what to do.

import { cases, isCaseName, type CaseName } from './case.js';
import { load, type Measured } from './load.js';
import { work } from './message.js';
import { loadPeer } from './load-peer.js';
import { isPeerName, type Client } from './peer.js';

export type Order =
  | { readonly order: 'listen' }
  | { readonly order: 'connect'; readonly port: number }
  | { readonly order: 'load'; readonly case: CaseName; readonly milliseconds: number }
  | { readonly order: 'cpu' }
  | { readonly order: 'stop' };

/** What each order is answered with. */
export interface Answers {
  readonly listen: { readonly port: number };
  readonly connect: null;
  readonly load: Measured & { readonly cpuSeconds: number };
  /** User and system time of this process until now. */
  readonly cpu: { readonly cpuSeconds: number };
  readonly stop: null;
}

export type Report<K extends keyof Answers = keyof Answers> =
  { readonly done: Answers[K] } | { readonly failed: string };

const peerName = process.argv[2] ?? '';
if (!isPeerName(peerName)) throw new Error(`no peer is named ${peerName}`);
const peer = await loadPeer(peerName);
let client: Client | undefined;
let stopping = false;

process.on('message', (order: Order) => {
  obey(order).then((done) => report({ done }), fail);
});
process.on('disconnect', () => process.exit(0));

async function obey(order: Order): Promise<Answers[keyof Answers]> {
  switch (order.order) {
    case 'listen':
      return peer.listen(work(), fail);
    case 'connect':
      client = await peer.connect(order.port, fail);
      return null;
    case 'load':
      return measured(order.case, order.milliseconds);
    case 'cpu':
      return { cpuSeconds: cpuSeconds() };
    case 'stop':
      stopping = true;
      setImmediate(() => process.exit(0));
      return null;
  }
}

async function measured(name: CaseName, milliseconds: number): Promise<Answers['load']> {
  if (client === undefined || !isCaseName(name)) throw new Error(`there is no client for ${name}`);
  const before = cpuSeconds();
  const result = await load(client, cases[name], milliseconds);
  return { ...result, cpuSeconds: cpuSeconds() - before };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function fail(error: unknown): void {
  if (!stopping) report({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

function report(what: Report): void {
  if (process.connected) process.send?.(what);
}
