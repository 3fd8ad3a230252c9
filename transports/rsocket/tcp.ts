/** RSocket over TCP: frames behind their 24-bit lengths. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { MeshError, meshError, type Wire } from '../../framework/kernel.js';
import type { Address, Bound, Link, LinkEvents, Transport } from './link.js';
import { placeOf, writePlace } from './place.js';
import { asWire, type WireOptions } from './wire.js';

export interface TcpTarget {
  /** Default 127.0.0.1: nobody is served over the network who did not ask for it. */
  readonly host?: string;
  /** 0 to listen lets the system choose. Without one there is no place: an application only calls others over it. */
  readonly port?: number;
}

/** Bytes a socket may hold before its writers are asked to wait. */
const HIGH_WATER = 64 * 1024;

const NOTHING = new Uint8Array(0);

/** A place to listen at or to dial, by TCP. Throws Invalid for a port that can't be one. */
export function tcp({ host = '127.0.0.1', port }: TcpTarget = {}, options: WireOptions = {}): Transport & Wire {
  const name = port === undefined ? 'tcp' : writePlace('tcp', { host, port: checkPort(port) });
  return asWire(
    {
      name,
      dial: () => (port === undefined ? Promise.reject(nowhere('tcp')) : dial(host, port)),
      bind: (accept) => (port === undefined ? Promise.reject(nowhere('tcp')) : bind(host, port, accept)),
    },
    {
      listens: port !== undefined,
      address: (bound) => writePlace('tcp', bound),
      at(address) {
        const place = placeOf(address, 'tcp');
        return place === undefined ? undefined : tcp(place, options);
      },
    },
    options,
  );
}

/** The port, if it is one. */
export function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new MeshError('Invalid', `${port} is not a port, a whole number from 0 to 65535`);
}

/** There is no port to dial or to listen at. */
export function nowhere(scheme: string): MeshError {
  return new MeshError('Invalid', `${scheme} names no port; write { port: 7001 }`);
}

function dial(host: string, port: number): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const refused = (cause: Error): void =>
      reject(meshError('Unavailable', `tcp ${host}:${port}: ${cause.message}`, { cause }));
    socket.once('error', refused);
    socket.once('connect', () => {
      socket.off('error', refused);
      resolve(socketLink(socket, `tcp ${host}:${port}`));
    });
  });
}

function bind(host: string, port: number, accept: (link: Link) => void): Promise<Bound> {
  const server = createServer({ noDelay: true }, (socket) =>
    accept(socketLink(socket, `tcp ${socket.remoteAddress}:${socket.remotePort}`)),
  );
  return listening(server, host, port, 'tcp');
}

/** Resolves once the server listens; its close stops accepting and leaves what it has accepted alone. */
export function listening(server: Server, host: string, port: number, scheme: string): Promise<Bound> {
  return new Promise((resolve, reject) => {
    // It stays on: a listening server that is out of file descriptors says so by an error, and goes on.
    server.on('error', (cause) =>
      reject(meshError('Unavailable', `cannot listen at ${scheme}://${host}:${port}: ${cause.message}`, { cause })),
    );
    server.listen(port, host, () => {
      const at = server.address();
      const address: Address =
        typeof at === 'object' && at !== null ? { host: at.address, port: at.port } : { host, port };
      resolve({ address, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

/** A connected socket as a link. */
export function socketLink(socket: Socket, name: string): Link {
  let failure: Error | undefined;
  socket.on('error', (error) => (failure = error));
  return {
    name,
    start(events: LinkEvents) {
      socket.on('data', (chunk: Buffer) => events.bytes(chunk));
      socket.on('drain', () => events.drain());
      socket.on('close', () => events.closed(failure));
      if (socket.destroyed) events.closed(failure);
    },
    write(run, done) {
      if (socket.destroyed) {
        done?.();
        return true;
      }
      socket.write(run);
      // Mostly the system has taken it all by now; else the bytes are free after an empty write behind them.
      if (done !== undefined) {
        if (socket.writableLength === 0) done();
        else socket.write(NOTHING, done);
      }
      return socket.writableLength < HIGH_WATER;
    },
    get unsent() {
      return socket.writableLength;
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}
