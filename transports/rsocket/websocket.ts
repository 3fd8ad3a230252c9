/** RSocket over WebSocket in Node: a binary message is a frame. */
import { createServer, type IncomingMessage } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { meshError, type Wire } from '../../framework/kernel.js';
import type { Bound, Link, LinkEvents, Transport } from './link.js';
import { eachFrame } from './messages.js';
import { MAX_FRAME } from './protocol.js';
import { writePlace } from './place.js';
import { checkPort, listening, nowhere } from './tcp.js';
import { asWire, type WireOptions } from './wire.js';

export type WebSocketTarget =
  | {
      readonly host?: string;
      readonly port?: number;
      readonly path?: string;
      /** Pages whose browsers may connect, `https://example.org`. Default: any. Who sends no origin is no browser, and may always. */
      readonly origins?: readonly string[];
    }
  | { /** `ws://` or `wss://`; to dial only. */ readonly url: string };

const HIGH_WATER = 64 * 1024;
/** Milliseconds for the opening handshake. */
const HANDSHAKE = 10_000;

/** A place to listen at or to dial, by WebSocket. Without a path, any path is served. Throws Invalid for a port that can't be one. */
export function websocket(target: WebSocketTarget = {}, options: WireOptions = {}): Transport & Wire {
  return asWire(
    transportOf(target),
    {
      listens: 'port' in target && target.port !== undefined,
      address: (bound) => writePlace('ws', bound, 'path' in target ? (target.path ?? '/') : '/'),
      at: (address) =>
        /^wss?:\/\/[^/]/.test(address) && URL.canParse(address) ? websocket({ url: address }, options) : undefined,
    },
    options,
  );
}

function transportOf(target: WebSocketTarget): Transport {
  if ('url' in target) {
    const { url } = target;
    const bind = () => Promise.reject(meshError('Invalid', `listen with { host, port, path } instead of ${url}`));
    return { name: url, dial: () => dial(url), bind };
  }
  const { host = '127.0.0.1', port, path } = target;
  if (port === undefined) {
    return { name: 'ws', dial: () => Promise.reject(nowhere('ws')), bind: () => Promise.reject(nowhere('ws')) };
  }
  const url = writePlace('ws', { host, port: checkPort(port) }, path ?? '/');
  return {
    name: url,
    dial: () => dial(url),
    bind: (accept, maxFrame) => bind({ ...target, host, port }, accept, maxFrame),
  };
}

/** What takes long to load is loaded when it is needed: many applications have no WebSocket, and fewer TLS. */
async function dial(url: string): Promise<Link> {
  const { WebSocket } = await import('ws');
  const secure = url.startsWith('wss:') ? await import('node:tls') : undefined;
  return new Promise((resolve, reject) => {
    let socket: Socket | undefined;
    const ws = new WebSocket(url, {
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: MAX_FRAME,
      handshakeTimeout: HANDSHAKE,
      createConnection(options: object) {
        const target = { ...options, path: undefined } as never;
        const made = secure === undefined ? connectTcp(target) : secure.connect(target);
        made.setNoDelay(true);
        socket = made;
        return made;
      },
    } as object);
    const refused = (cause: Error): void => reject(meshError('Unavailable', `${url}: ${cause.message}`, { cause }));
    ws.once('error', refused);
    ws.once('open', () => {
      ws.off('error', refused);
      if (socket === undefined) ws.terminate();
      else resolve(webSocketLink(ws, socket, url));
    });
  });
}

interface Listening {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly origins?: readonly string[];
}

async function bind(
  { host, port, path, origins }: Listening,
  accept: (link: Link) => void,
  maxFrame: number,
): Promise<Bound> {
  const { WebSocketServer } = await import('ws');
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrame,
    perMessageDeflate: false,
    autoPong: false,
    clientTracking: false,
  });
  const server = createServer((_request, response) => {
    response.writeHead(426, { connection: 'close' }).end('this is an RSocket server; use WebSocket\n');
  });
  server.headersTimeout = HANDSHAKE;
  server.requestTimeout = HANDSHAKE;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { origin } = request.headers;
    if (path !== undefined && request.url?.split('?')[0] !== path) return refuse(socket, '404 Not Found');
    if (origins !== undefined && origin !== undefined && !origins.includes(origin))
      return refuse(socket, '403 Forbidden');
    const { remoteAddress, remotePort } = request.socket;
    request.socket.setNoDelay(true);
    sockets.handleUpgrade(request, socket, head, (ws) =>
      accept(webSocketLink(ws, request.socket, `ws ${remoteAddress}:${remotePort}`)),
    );
  });
  const bound = await listening(server, host, port, 'ws');
  return {
    address: bound.address,
    close() {
      server.closeIdleConnections();
      return bound.close();
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
}

/** States of a WebSocket, as the platform numbers them. */
const OPEN = 1;
const CLOSED = 3;

function webSocketLink(ws: WebSocket, socket: Socket, name: string): Link {
  let failure: Error | undefined;
  ws.on('error', (error) => (failure = error));
  return {
    name,
    start(events: LinkEvents) {
      ws.on('message', (data: Buffer, binary: boolean) => {
        if (binary) events.frame(data);
        else ws.close(1003, 'binary messages only');
      });
      // A peer that pings and does not read would else fill our memory with pongs.
      ws.on('ping', (data: Buffer) => {
        if (socket.writableLength < HIGH_WATER) ws.pong(data);
      });
      socket.on('drain', () => events.drain());
      ws.on('close', () => events.closed(failure));
      if (ws.readyState === CLOSED) events.closed(failure);
    },
    write(run, done) {
      if (ws.readyState !== OPEN) {
        done?.();
        return true;
      }
      socket.cork();
      eachFrame(run, (frame, last) => ws.send(frame, last ? done : undefined));
      socket.uncork();
      return socket.writableLength < HIGH_WATER;
    },
    get unsent() {
      return socket.writableLength;
    },
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    end: () => ws.close(1000),
    destroy: () => ws.terminate(),
  };
}
