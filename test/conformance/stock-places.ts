/** Places where rsocket-js carries one side of a connection, or both. */
import { createRequire } from 'node:module';
import { Server as TcpServer } from 'node:net';
import { type Address, tcp, type Transport, websocket } from 'millrace/rsocket';
import { stock } from 'millrace/rsocket/stock';
import type { ClientTransport, ServerTransport } from 'rsocket-core';
import { TcpClientTransport } from 'rsocket-tcp-client';
import { TcpServerTransport } from 'rsocket-tcp-server';
import { WebsocketClientTransport } from 'rsocket-websocket-client';
import { type SocketFactory, WebsocketServerTransport } from 'rsocket-websocket-server';
import { portOf } from '../rsocket/raw-peer.js';
import { stockPair } from './stock-pair.js';

/** Without its types: rsocket-js takes the browser's WebSocket, which `ws` is at run time but not in its types. */
const ws = createRequire(import.meta.url)('ws');

/** A server of rsocket-js whose port the system chooses, which only who has made its socket knows. */
interface Listening {
  readonly server: ServerTransport;
  port(): number;
}

/** Made anew for each test. */
type Place = () => { readonly listen: Transport; dial(address: Address): Transport };

interface Kind {
  listen(): Listening;
  client(port: number): ClientTransport;
  ours(port: number): Transport;
}

const kinds: Readonly<Record<string, Kind>> = {
  TCP: {
    listen() {
      const socket = new TcpServer({ noDelay: true });
      const listenOptions = { host: '127.0.0.1', port: 0 };
      const server = new TcpServerTransport({ listenOptions, socketCreator: () => socket });
      return { server, port: () => portOf(socket.address()) };
    },
    client: (port) => new TcpClientTransport({ connectionOptions: { host: '127.0.0.1', port, noDelay: true } }),
    ours: (port) => tcp({ port }),
  },
  WebSocket: {
    listen() {
      let socket: ReturnType<SocketFactory> | undefined;
      const wsCreator: SocketFactory = () =>
        (socket = new ws.WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }));
      return { server: new WebsocketServerTransport({ wsCreator }), port: () => portOf(socket?.address()) };
    },
    client: (port) =>
      new WebsocketClientTransport({
        url: `ws://127.0.0.1:${port}`,
        wsCreator: (url): WebSocket => new ws.WebSocket(url),
      }),
    ours: (port) => websocket({ port }),
  },
};

export const stockPlaces: Readonly<Record<string, Place>> = {
  "a transport of one's own on the interfaces of rsocket-js"() {
    const { client, server } = stockPair();
    return { listen: stock({ server }), dial: () => stock({ client }) };
  },
  ...Object.fromEntries(
    Object.entries(kinds).flatMap(
      ([name, { listen, client, ours }]) =>
        [
          [
            `${name}, the client's by rsocket-js`,
            () => ({ listen: ours(0), dial: ({ port }) => stock({ client: client(port) }) }),
          ],
          [
            `${name}, the server's by rsocket-js`,
            () => {
              const { server, port } = listen();
              return { listen: stock({ server }), dial: () => ours(port()) };
            },
          ],
          [
            `${name}, both sides by rsocket-js`,
            () => {
              const { server, port } = listen();
              return { listen: stock({ server }), dial: () => stock({ client: client(port()) }) };
            },
          ],
        ] satisfies [string, Place][],
    ),
  ),
};
