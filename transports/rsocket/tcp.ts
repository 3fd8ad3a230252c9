/** RSocket over TCP: frames behind their 24-bit lengths. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { meshError } from '../../framework/index.js';
import type { Address, Bound, Link, LinkEvents, Transport } from './link.js';

export interface TcpTarget {
  /** Default 127.0.0.1: nobody is served over the network who did not ask for it. */
  readonly host?: string;
  /** 0 to listen lets the system choose. */
  readonly port: number;
}

/** Bytes a socket may hold before its writers are asked to wait. */
const HIGH_WATER = 64 * 1024;

const NOTHING = new Uint8Array(0);

/** A place to listen at or to dial, by TCP. */
export function tcp({ host = '127.0.0.1', port }: TcpTarget): Transport {
  return {
    name: `tcp://${host}:${port}`,
    dial: () => dial(host, port),
    bind: (accept) => bind(host, port, accept),
  };
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

function socketLink(socket: Socket, name: string): Link {
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
