/** RSocket over Unix domain sockets, for processes of one machine: TCP's frames without a port. */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { MeshError, meshError, type Wire } from '../../framework/kernel.js';
import { GREETING } from './front.js';
import type { Bound, Bounds, Link, Transport } from './link.js';
import { socketLink } from './socket.js';
import { asWire, type WireOptions } from './wire.js';

export interface UnixTarget {
  /** The socket's file, absolute; at most 107 bytes, as systems have it. Its folder says who may connect. */
  readonly path: string;
}

/** The least that systems allow (Linux 108, others 104) without the zero behind it. */
const LONGEST = 103;

/**
 * A place to listen at or to dial, `unix:///run/shop.sock`. A file that a server has left which is gone is taken over. Throws
 * Invalid for a path that can't be one.
 */
export function unix({ path }: UnixTarget, options: WireOptions = {}): Transport & Wire {
  if (!path.startsWith('/')) throw new MeshError('Invalid', `'${path}' is not an absolute path such as /run/shop.sock`);
  if (Buffer.byteLength(path) > LONGEST)
    throw new MeshError('Invalid', `${path} is longer than the ${LONGEST} bytes that a socket's path may have`);
  const name = `unix://${path}`;
  return asWire(
    { name, dial: () => dial(path), bind: (accept, bounds) => bind(path, accept, bounds) },
    {
      listens: true,
      address: () => name,
      at: (address) => (address.startsWith('unix:///') ? unix({ path: address.slice(7) }, options) : undefined),
    },
    options,
  );
}

function dial(path: string): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const refused = (cause: Error): void =>
      reject(meshError('Unavailable', `unix ${path}: ${cause.message}`, { cause }));
    socket.once('error', refused);
    socket.once('connect', () => {
      socket.off('error', refused);
      resolve(socketLink(socket, `unix ${path}`));
    });
  });
}

async function bind(path: string, accept: (link: Link) => void, bounds: Bounds): Promise<Bound> {
  try {
    return await listenAt(path, accept, bounds).catch(async (error: unknown) => {
      if (!isTaken(error) || !(await isLeft(path))) throw error;
      unlinkSync(path);
      return listenAt(path, accept, bounds);
    });
  } catch (error) {
    throw refusal(path, error);
  }
}

/** Removes the file when it closes. */
function listenAt(path: string, accept: (link: Link) => void, { connections }: Bounds): Promise<Bound> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => accept(socketLink(socket, `unix ${path}`)));
    server.maxConnections = connections + GREETING;
    server.once('error', reject);
    server.listen(path, () => {
      // A server that is out of file descriptors says so by an error, and goes on.
      server.off('error', reject).on('error', () => undefined);
      const close = (): Promise<void> => new Promise((done) => server.close(() => done()));
      resolve({ address: { host: path, port: 0 }, close });
    });
  });
}

/** Whether it is a socket's file at which nobody listens. */
function isLeft(path: string): Promise<boolean> {
  if (!lstatSync(path).isSocket()) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function refusal(path: string, cause: unknown): MeshError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return meshError('Unavailable', `cannot listen at unix://${path}: ${why}`, { cause });
}
