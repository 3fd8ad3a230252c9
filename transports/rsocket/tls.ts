/** RSocket over TLS on TCP, with certificates of one side or of both. */
import type { Wire } from '../../framework/kernel.js';
import { Front } from './front.js';
import type { Address, Bound, Bounds, Link, Transport } from './link.js';
import { placeOf, writePlace } from './place.js';
import { checkPort, nowhere, openSocket, socketLink } from './socket.js';
import type { TcpTarget } from './tcp.js';
import { ALPN, type TlsSettings } from './tls-options.js';
import { asWire, type WireOptions } from './wire.js';

export interface TlsTarget extends TcpTarget, TlsSettings {}

/**
 * A place to listen at or to dial, by TLS 1.3 over TCP, `tls://127.0.0.1:7001`. New credentials hold for new connections, and drop
 * none. Dialling rejects with Unavailable, `MILLRACE_TLS`, for a certificate that is refused, and says why; a server tells a
 * client that it refuses by REJECTED_SETUP. Throws Invalid for a port that can't be one.
 */
export function tls(target: TlsTarget = {}, options: WireOptions = {}): Transport & Wire {
  const { host = '127.0.0.1', port } = target;
  const name = port === undefined ? 'tls' : writePlace('tls', { host, port: checkPort(port) });
  const front = new Front(target);
  return asWire(
    {
      name,
      dial: (stop) => (port === undefined ? Promise.reject(nowhere('tls')) : dial(target, { host, port }, stop)),
      bind: (accept, bounds) =>
        port === undefined ? Promise.reject(nowhere('tls')) : bind(target, front, { host, port }, accept, bounds),
    },
    {
      listens: port !== undefined,
      address: (bound) => writePlace('tls', bound),
      at(address) {
        const place = placeOf(address, 'tls');
        return place === undefined ? undefined : tls({ ...target, host: place.host, port: place.port }, options);
      },
    },
    options,
  );
}

async function dial(settings: TlsSettings, place: Address, stop: AbortSignal | undefined): Promise<Link> {
  const name = `tls ${place.host}:${place.port}`;
  const { secured } = await import('./tls-client.js');
  const open = await openSocket(place, name, stop);
  const { socket, remote } = await secured(open, settings, place, { alpn: ALPN, name, stop });
  return socketLink(socket, name, remote);
}

async function bind(
  settings: TlsSettings,
  front: Front,
  place: Address,
  accept: (link: Link) => void,
  bounds: Bounds,
): Promise<Bound> {
  const [{ createServer }, { TlsServer }] = await Promise.all([import('node:tls'), import('./tls-server.js')]);
  const side = new TlsServer(settings, ALPN);
  try {
    const server = createServer({ ...(await side.options()), noDelay: true });
    side.serve(server);
    server.on('secureConnection', (socket) => {
      const { remote, refusal } = side.greeted(socket, front.remoteOf(socket));
      accept(socketLink(socket, `tls ${remote.address}`, remote, refusal));
    });
    const bound = await front.listen(server, place, 'tls', bounds);
    return {
      address: bound.address,
      close() {
        side.close();
        return bound.close();
      },
    };
  } catch (error) {
    side.close();
    throw error;
  }
}
