/** Sockets of Node: opened to whichever address answers first, listened for, and as links. */
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Server, type Socket } from 'node:net';
import { firstValueFrom, Observable, takeUntil } from 'rxjs';
import { asMeshError, MeshError, meshError, systemClock } from '../../framework/kernel.js';
import type { Address, Bound, Link, LinkEvents, Remote } from './link.js';
import { staggered } from './staggered.js';
import { writePlace } from './place.js';

/** Bytes a socket may hold before its writers are asked to wait. */
export const HIGH_WATER = 64 * 1024;
/** Milliseconds after which the next address is tried as well (RFC 8305, section 5). */
const ATTEMPT_DELAY = 250;

const NOTHING = new Uint8Array(0);

/** The port, if it is one. */
export function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new MeshError('Invalid', `${port} is not a port, a whole number from 0 to 65535`);
}

/** There is no port to dial or to listen at. */
export function nowhere(scheme: string): MeshError {
  return new MeshError('Invalid', `${scheme} names no port; write { port: 7001 }`);
}

/** Gives the addresses of a name, the best first. */
export type Resolve = (host: string, options: { readonly all: true; readonly verbatim: true }) => Promise<Resolved>;
type Resolved = readonly { readonly address: string; readonly family: number }[];

/**
 * A connected socket. Of a name with several addresses the first that answers is taken: they are tried in the resolver's order,
 * the families in turn, each 250 ms after the one before or once that has failed (happy eyeballs, RFC 8305). Rejects with
 * Unavailable when none answers, or when `stop` is aborted; `name` is for the message.
 */
export async function openSocket(
  { host, port }: Address,
  name: string,
  stop?: AbortSignal,
  resolve: Resolve = lookup,
): Promise<Socket> {
  try {
    const found = isIP(host) > 0 ? [host] : interleaved(await resolve(host, { all: true, verbatim: true }));
    if (stop?.aborted === true) throw reasonOf(stop);
    const attempts = found.map((address) => attempt(address, port));
    const trying = staggered(attempts, ATTEMPT_DELAY, systemClock);
    return await firstValueFrom(stop === undefined ? trying : trying.pipe(takeUntil(aborted(stop))));
  } catch (cause) {
    const known = stop?.aborted === true ? reasonOf(stop) : cause;
    throw meshError('Unavailable', `${name}: ${asMeshError(known).message}`, { cause });
  }
}

function reasonOf(stop: AbortSignal): Error {
  return stop.reason instanceof Error ? stop.reason : new Error(String(stop.reason));
}

function aborted(stop: AbortSignal): Observable<void> {
  return new Observable((to) => {
    const tell = (): void => to.next();
    stop.addEventListener('abort', tell);
    return () => stop.removeEventListener('abort', tell);
  });
}

/** The addresses in order, those of the two families in turn (RFC 8305, section 4). */
export function interleaved(found: Resolved): string[] {
  const first = found.filter(({ family }) => family === found[0]?.family);
  const other = found.filter(({ family }) => family !== found[0]?.family);
  const longer = Math.max(first.length, other.length);
  return Array.from({ length: longer }, (_, at) => [first[at], other[at]])
    .flat()
    .flatMap((each) => (each === undefined ? [] : [each.address]));
}

function attempt(host: string, port: number): Observable<Socket> {
  return new Observable((to) => {
    const socket = connect({ host, port, noDelay: true });
    let given = false;
    const refused = (cause: Error): void => to.error(cause);
    socket.once('error', refused);
    socket.once('connect', () => {
      socket.off('error', refused);
      given = true;
      to.next(socket);
    });
    return () => void (given || socket.destroy());
  });
}

/** Resolves once the server listens; its close stops accepting and leaves what it has accepted alone. */
export function listening(server: Server, { host, port }: Address, scheme: string): Promise<Bound> {
  return new Promise((resolve, reject) => {
    // It stays on: a listening server that is out of file descriptors says so by an error, and goes on.
    server.on('error', (cause) =>
      reject(
        meshError('Unavailable', `cannot listen at ${writePlace(scheme, { host, port })}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(port, host, () => {
      const at = server.address();
      const address: Address =
        typeof at === 'object' && at !== null ? { host: at.address, port: at.port } : { host, port };
      resolve({ address, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

/** A connected socket as a link; `refusal` is of one to whom a server is not to talk. */
export function socketLink(socket: Socket, name: string, remote: Remote = {}, refusal?: string): Link {
  let failure: Error | undefined;
  socket.on('error', (error) => (failure = error));
  return {
    name,
    remote,
    refusal,
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
