/** RSocket over TCP: frames behind their 24-bit lengths. */
import { createServer } from 'node:net';
import type { Wire } from '../../framework/kernel.js';
import { Front, type ProxyTarget } from './front.js';
import type { Bound, Bounds, Link, Transport } from './link.js';
import { placeOf, writePlace } from './place.js';
import { checkPort, nowhere, openSocket, socketLink } from './socket.js';
import { asWire, type WireOptions } from './wire.js';

export interface TcpTarget extends ProxyTarget {
  /** Default 127.0.0.1: nobody is served over the network who did not ask for it. */
  readonly host?: string;
  /** 0 to listen lets the system choose. Without one there is no place: an application only calls others over it. */
  readonly port?: number;
}

/** A place to listen at or to dial, by TCP. Throws Invalid for a port that can't be one. */
export function tcp(target: TcpTarget = {}, options: WireOptions = {}): Transport & Wire {
  const { host = '127.0.0.1', port } = target;
  const name = port === undefined ? 'tcp' : writePlace('tcp', { host, port: checkPort(port) });
  const front = new Front(target);
  return asWire(
    {
      name,
      dial: (stop) => (port === undefined ? Promise.reject(nowhere('tcp')) : dial(host, port, stop)),
      bind: (accept, bounds) =>
        port === undefined ? Promise.reject(nowhere('tcp')) : bind(front, { host, port }, accept, bounds),
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

async function dial(host: string, port: number, stop: AbortSignal | undefined): Promise<Link> {
  const name = `tcp ${host}:${port}`;
  return socketLink(await openSocket({ host, port }, name, stop), name);
}

function bind(
  front: Front,
  place: { readonly host: string; readonly port: number },
  accept: (link: Link) => void,
  bounds: Bounds,
): Promise<Bound> {
  const server = createServer({ noDelay: true }, (socket) => {
    const address = front.remoteOf(socket);
    accept(socketLink(socket, `tcp ${address}`, { address }));
  });
  return front.listen(server, place, 'tcp', bounds);
}
