/** The server's side of WebSocket: HTTP's upgrade, with or without TLS. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type Front, HANDSHAKE } from './front.js';
import type { Address, Bound, Bounds, Link } from './link.js';
import type { TlsSettings } from './tls-options.js';
import { TlsServer } from './tls-server.js';
import { webSocketLink } from './websocket-link.js';

export interface Listening extends Address {
  readonly path?: string;
  readonly origins?: readonly string[];
  readonly tls?: TlsSettings;
}

export async function bind(
  { path, origins, tls, host, port }: Listening,
  front: Front,
  accept: (link: Link) => void,
  bounds: Bounds,
): Promise<Bound> {
  const { WebSocketServer } = await import('ws');
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: bounds.frame,
    perMessageDeflate: false,
    autoPong: false,
    clientTracking: false,
  });
  const scheme = tls === undefined ? 'ws' : 'wss';
  const side = tls === undefined ? undefined : new TlsServer(tls, 'http/1.1');
  try {
    const server = await serverOf(side);
    server.headersTimeout = HANDSHAKE;
    server.requestTimeout = HANDSHAKE;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const { origin } = request.headers;
      if (path !== undefined && request.url?.split('?')[0] !== path) return refuse(socket, '404 Not Found');
      if (origins !== undefined && origin !== undefined && !origins.includes(origin))
        return refuse(socket, '403 Forbidden');
      const own = request.socket;
      own.setNoDelay(true);
      const address = front.remoteOf(own);
      const { remote, refusal } =
        side !== undefined && own instanceof TLSSocket
          ? side.greeted(own, address)
          : { remote: { address }, refusal: undefined };
      sockets.handleUpgrade(request, socket, head, (ws) =>
        accept(webSocketLink(ws, own, `${scheme} ${address}`, remote, refusal)),
      );
    });
    const bound = await front.listen(server, { host, port }, scheme, bounds);
    return {
      address: bound.address,
      close() {
        side?.close();
        server.closeIdleConnections();
        return bound.close();
      },
    };
  } catch (error) {
    side?.close();
    throw error;
  }
}

async function serverOf(side: TlsServer | undefined): Promise<Server> {
  const answer = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(426, { connection: 'close' }).end('this is an RSocket server; use WebSocket\n');
  };
  if (side === undefined) return createServer(answer);
  const https = await import('node:https');
  const server = https.createServer(await side.options(), answer);
  side.serve(server);
  return server;
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
}
