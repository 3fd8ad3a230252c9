// What stands above the wire: a contract alone, an application without policies, with each, and as it is by default.

import { addresses, answering, clientOf, contract, mesh, response, unchecked, type Client as Typed } from 'millrace';
import { connect, listen, tcp } from 'millrace/rsocket';
import { firstValueFrom, of } from 'rxjs';
import type { Message, Work } from '../message.js';
import type { Client, Fail, MeshPeerName, Peer } from '../peer.js';

const Films = contract('films', {
  title: response(unchecked<Message>(), unchecked<Message>(), { deadline: '30 s', idempotent: true }),
});

const handlers = (work: Work) => ({ title: (request: Message) => of(work.reply(request)) });

/** Codec, routes and typed client over one connection; neither application nor policies. */
export const contractPeer: Peer = {
  async listen(work) {
    const server = await listen(tcp({ port: 0 }), answering(Films, handlers(work)));
    return { port: server.address.port };
  },
  async connect(port, fail) {
    const connection = await connect(tcp({ port }));
    connection.closed.subscribe({ error: fail });
    return callsOf(clientOf(Films, connection), fail);
  },
};

const NONE = {
  'limit.algorithm': 'none',
  'breaker.mode': 'off',
  'retry.attempts': 1,
  'metrics.calls': false,
};

const values: Readonly<Record<Exclude<MeshPeerName, 'contract'>, Readonly<Record<string, unknown>>>> = {
  application: NONE,
  'with-limit': { ...NONE, 'limit.algorithm': 'gradient2' },
  'with-breaker': { ...NONE, 'breaker.mode': 'auto' },
  'with-retry': { ...NONE, 'retry.attempts': 3 },
  'with-metrics': { ...NONE, 'metrics.calls': true },
  'default-stacks': {},
};

/** Two applications over TCP, with the params of that name. */
export function applicationPeer(name: Exclude<MeshPeerName, 'contract'>): Peer {
  const configured = { 'log.level': 'error', ...values[name] };
  return {
    async listen(work) {
      const app = await mesh()
        .serve(Films, handlers(work))
        .over(tcp({ port: 0 }))
        .configure(configured)
        .start();
      return { port: Number(new URL(app.addresses[0] ?? '').port) };
    },
    async connect(port, fail) {
      const app = await mesh()
        .over(tcp())
        .in(addresses(`tcp://127.0.0.1:${port}`))
        .configure(configured)
        .start();
      const client = app.client(Films);
      await firstValueFrom(client.title({ ...EMPTY, id: 0 }));
      return callsOf(client, fail);
    },
  };
}

const EMPTY: Message = { id: 0, title: '', genre: '', year: 0, rating: 0, available: true, mark: 0 };

function callsOf(client: Typed<typeof Films>, fail: Fail): Client {
  const only = (): never => {
    throw new Error('this bench only calls');
  };
  return {
    call(request, reply) {
      client.title(request).subscribe({ next: reply, error: fail });
    },
    notify: only,
    stream: only,
    channel: only,
  };
}
