/** The transports of rsocket-js as places to dial and to listen at. */
import type { ClientTransport, ServerTransport } from 'rsocket-core';
import { isMeshError, meshError, type MeshError, type Wire } from '../../framework/kernel.js';
import type { Address, Bound, Link, Transport } from './link.js';
import type { StockCodec } from './stock-frames.js';
import { StockLink } from './stock-link.js';
import { asWire, type WireOptions } from './wire.js';

export interface StockTarget {
  /** What dials. A function makes one for each address that a mesh has peers at, or says that the address is not for it. */
  readonly client?: ClientTransport | ((address: string) => ClientTransport | undefined);
  /** What listens. */
  readonly server?: ServerTransport;
  /** Where that is, as callers write it: `tcp://127.0.0.1:7001`. The transports of rsocket-js don't tell. */
  readonly address?: string;
}

/**
 * A place to dial or to listen at by transports of rsocket-js 1.0.0-alpha.3 (`rsocket-tcp-client`, `rsocket-websocket-server` and
 * their like, or your own on the interfaces of `rsocket-core`). For peers that are trusted: a server of rsocket-js reads the first
 * frame of a connection itself, and half a SETUP ends the process; who connects and says nothing is not seen. Those of
 * `rsocket-websocket-client`, and others that don't stand on a stream of Node, tell nothing of what they have not sent
 * and can't be paused: what waits for a slow reader is bounded by the windows of its streams there, and not by `rsocket.unsent`.
 * None says who is at the other side. Prefer `tcp` and `websocket` of `millrace/rsocket` where there is a choice. Needs the package
 * `rsocket-core`, which is loaded when it first dials or listens; without it that rejects with Invalid.
 */
export function stock(target: StockTarget, options: WireOptions = {}): Transport & Wire {
  const { client, server, address } = target;
  const name = address ?? 'stock';
  return asWire(
    {
      name,
      dial: () => (client === undefined ? missing(name, 'client') : dial(client, name)),
      bind: (accept) => (server === undefined ? missing(name, 'server') : bind(server, name, accept)),
    },
    {
      listens: server !== undefined,
      address: () => name,
      at(other) {
        if (client === undefined) return undefined;
        const found = typeof client === 'function' ? client(other) : other === address ? client : undefined;
        return found === undefined ? undefined : stock({ client: found, address: other }, options);
      },
    },
    options,
  );
}

async function dial(client: NonNullable<StockTarget['client']>, name: string): Promise<Link> {
  const codec = await load();
  const transport = typeof client === 'function' ? client(name) : client;
  if (transport === undefined) throw meshError('Invalid', `${name} is not an address that its client transport dials`);
  let link: StockLink | undefined;
  try {
    await transport.connect((outbound) => (link = new StockLink(outbound, name, codec)).handler);
  } catch (cause) {
    throw unavailable(name, cause);
  }
  if (link === undefined) throw unavailable(name, new Error('the transport has opened no connection'));
  return link;
}

async function bind(server: ServerTransport, name: string, accept: (link: Link) => void): Promise<Bound> {
  const codec = await load();
  const opened = server.bind(
    () => Promise.resolve(),
    (first, outbound) => {
      const link = new StockLink(outbound, name, codec);
      accept(link);
      link.handler.handle(first);
      return link.handler;
    },
  );
  const listening = await opened.catch((cause: unknown) => {
    throw unavailable(name, cause);
  });
  return {
    address: placeIn(name),
    close() {
      listening.close();
      // It closes a second time when its server says that it has closed, and would warn of that.
      listening.close = () => undefined;
      return Promise.resolve();
    },
  };
}

async function load(): Promise<StockCodec> {
  try {
    return await import('rsocket-core');
  } catch (cause) {
    throw meshError('Invalid', 'stock() needs a package that is not there; npm install rsocket-core', { cause });
  }
}

function missing(name: string, what: 'client' | 'server'): Promise<never> {
  const use = what === 'client' ? 'dial' : 'listen at';
  return Promise.reject(meshError('Invalid', `${name} has no ${what} transport to ${use}; give stock({ ${what} })`));
}

function unavailable(name: string, cause: unknown): MeshError {
  if (isMeshError(cause)) return cause;
  const why = cause instanceof Error ? `: ${cause.message}` : ' could not be reached';
  return meshError('Unavailable', `${name}${why}`, { cause });
}

/** What an address says of host and port. */
function placeIn(address: string): Address {
  if (!URL.canParse(address)) return { host: address, port: 0 };
  const { hostname, port } = new URL(address);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}
