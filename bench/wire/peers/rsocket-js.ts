// Stock rsocket-js 1.0.0-alpha.3, over its own TCP and WebSocket transports.

import { createServer, type AddressInfo } from 'node:net';
import {
  RSocketConnector,
  RSocketServer,
  type ClientTransport,
  type Payload,
  type RSocket,
  type ServerTransport,
} from 'rsocket-core';
import { TcpClientTransport } from 'rsocket-tcp-client';
import { TcpServerTransport } from 'rsocket-tcp-server';
import { WebsocketClientTransport } from 'rsocket-websocket-client';
import { WebsocketServerTransport } from 'rsocket-websocket-server';
import { WebSocket } from 'ws';
import { message, type Message, type Work } from '../message.js';
import { streamWindow, type Client, type Fail, type Peer } from '../peer.js';

export function rsocketJs(transport: 'tcp' | 'websocket'): Peer {
  return {
    async listen(work, fail) {
      const port = await freePort();
      const server = new RSocketServer({
        transport: serverTransport(transport, port),
        acceptor: { accept: () => Promise.resolve(responder(work, fail)) },
      });
      await server.bind();
      return { port };
    },
    async connect(port, fail) {
      const connector = new RSocketConnector({
        transport: clientTransport(transport, port),
        setup: { keepAlive: 60_000, lifetime: 300_000 },
      });
      const connection = await connector.connect();
      connection.onClose(fail);
      return clientOf(connection, fail);
    },
  };
}

/** Nagle's algorithm is off, as it should be in practice; rsocket-js leaves it on. */
function serverTransport(transport: 'tcp' | 'websocket', port: number): ServerTransport {
  return transport === 'tcp'
    ? new TcpServerTransport({ listenOptions: { host: '127.0.0.1', port }, serverOptions: { noDelay: true } })
    : new WebsocketServerTransport({ host: '127.0.0.1', port });
}

function clientTransport(transport: 'tcp' | 'websocket', port: number): ClientTransport {
  return transport === 'tcp'
    ? new TcpClientTransport({ connectionOptions: { host: '127.0.0.1', port, noDelay: true } })
    : new WebsocketClientTransport({ url: `ws://127.0.0.1:${port}`, wsCreator: (url) => new WebSocket(url) as never });
}

/** The transports don't tell which port they were given, so one is asked for beforehand. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

const encode = (value: Message): Payload => ({ data: Buffer.from(JSON.stringify(value)) });
const decode = ({ data }: Payload): Message => JSON.parse(data?.toString() ?? '');
const ignore = () => {};

function responder(work: Work, fail: Fail): Partial<RSocket> {
  return {
    fireAndForget(payload, requester) {
      work.note(decode(payload));
      requester.onComplete();
      return { cancel: ignore };
    },
    requestResponse(payload, requester) {
      requester.onNext(encode(work.reply(decode(payload))), true);
      return { cancel: ignore, onExtension: ignore };
    },
    requestStream(payload, initialRequestN, requester) {
      const items = decode(payload).id;
      let next = 0;
      const request = (n: number) => {
        for (let left = n; left > 0 && next < items; left -= 1) {
          const item = encode(work.item(next++));
          requester.onNext(item, next === items);
        }
      };
      request(initialRequestN);
      return { request, cancel: () => (next = items), onExtension: ignore };
    },
    requestChannel(payload, initialRequestN, isCompleted, requester) {
      const replenish = replenisher((n) => requester.request(n));
      const answer = (request: Payload, last: boolean) => {
        requester.onNext(encode(work.reply(decode(request))), last);
        replenish();
      };
      requester.request(streamWindow);
      answer(payload, isCompleted);
      return {
        onNext: answer,
        onComplete: () => requester.onComplete(),
        onError: fail,
        request: ignore,
        cancel: ignore,
        onExtension: ignore,
      };
    },
  };
}

/** Asks for half a window again and again, each time that half a window has been used. */
function replenisher(request: (n: number) => void): () => void {
  const step = streamWindow / 2;
  let used = 0;
  return () => {
    if (++used < step) return;
    used = 0;
    request(step);
  };
}

function clientOf(connection: RSocket, fail: Fail): Client {
  return {
    // A call costs what Object.keys of all open ones does, so the next is made after all replies of a chunk: its best case.
    call(request, reply) {
      connection.requestResponse(encode(request), {
        onNext: (payload) => {
          const answer = decode(payload);
          queueMicrotask(() => reply(answer));
        },
        onComplete: ignore,
        onError: fail,
        onExtension: ignore,
      });
    },
    notify(note) {
      connection.fireAndForget(encode(note), { onComplete: ignore, onError: fail });
    },
    stream(items, item, end) {
      const replenish = replenisher((n) => requester.request(n));
      const requester = connection.requestStream(encode(message(items)), streamWindow, {
        onNext(payload, last) {
          item(decode(payload));
          if (last) return end();
          replenish();
        },
        onComplete: end,
        onError: fail,
        onExtension: ignore,
      });
    },
    channel(items, make, item, end) {
      let next = 1;
      const replenish = replenisher((n) => requester.request(n));
      const requester = connection.requestChannel(encode(make(0)), streamWindow, items === 1, {
        onNext(payload, last) {
          item(decode(payload));
          if (last) return end();
          replenish();
        },
        request(n) {
          for (let left = n; left > 0 && next < items; left -= 1) {
            const outgoing = encode(make(next++));
            requester.onNext(outgoing, next === items);
          }
        },
        onComplete: end,
        onError: fail,
        cancel: ignore,
        onExtension: ignore,
      });
    },
  };
}
