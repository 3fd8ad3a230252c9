/** What stands before a server: the bound on its sockets, and the header that a trusted proxy puts before each connection. */
import { BlockList, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { MeshError, systemClock } from '../../framework/kernel.js';
import type { Address, Bound, Bounds } from './link.js';
import { readProxyHeader } from './proxy-protocol.js';
import { listening } from './socket.js';

export interface ProxyTarget {
  /**
   * Addresses, or ranges such as `10.0.0.0/8`, of proxies that begin each connection with a PROXY header (version 1 or 2), which
   * says whose it is. One from there without it is closed; from elsewhere none is read. Default: there are none.
   */
  readonly proxies?: readonly string[];
}

/** Milliseconds for the PROXY header, TLS's handshake and HTTP's upgrade. */
export const HANDSHAKE = 10_000;
/** Sockets beyond the bound on connections: those that still greet, and those that are being told that there are too many. */
export const GREETING = 1024;

export class Front {
  private readonly trusted: BlockList | undefined;
  private readonly sources = new Map<string, string>();

  /** Throws Invalid for what is no address. */
  constructor({ proxies }: ProxyTarget) {
    if (proxies !== undefined && proxies.length > 0) this.trusted = trusting(proxies);
  }

  /** Listens for `server`, which gets each socket once its header has been read. */
  listen(server: Server, place: Address, scheme: string, { connections }: Bounds): Promise<Bound> {
    const outer = this.trusted === undefined ? server : this.reading(this.trusted, server);
    outer.maxConnections = connections + GREETING;
    return listening(outer, place, scheme);
  }

  /** Whose connection it is, `127.0.0.1:51234`. */
  remoteOf(socket: Socket): string {
    const own = ownOf(socket);
    return this.sources.get(own) ?? own;
  }

  private reading(trusted: BlockList, server: Server): Server {
    return createServer({ noDelay: true }, (socket) => {
      const { remoteAddress = '' } = socket;
      if (!trusted.check(remoteAddress, isIPv6(remoteAddress) ? 'ipv6' : 'ipv4')) {
        server.emit('connection', socket);
        return;
      }
      const own = ownOf(socket);
      socket.on('close', () => this.sources.delete(own));
      afterHeader(socket, (source) => {
        if (source !== undefined) this.sources.set(own, source);
        server.emit('connection', socket);
      });
    });
  }
}

function ownOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}

function trusting(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  for (const each of proxies) {
    const [host = '', bits, ...more] = each.split('/');
    const family = isIPv6(host) ? 'ipv6' : 'ipv4';
    try {
      if (more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) throw new Error('not a range');
      if (bits === undefined) list.addAddress(host, family);
      else list.addSubnet(host, Number(bits), family);
    } catch (cause) {
      throw new MeshError('Invalid', `proxies: '${each}' is neither an address nor a range such as 10.0.0.0/8`, {
        cause,
      });
    }
  }
  return list;
}

/** Reads the header, and nothing behind it, and says whose connection it is; closes a socket that has none. */
function afterHeader(socket: Socket, then: (source: string | undefined) => void): void {
  let bytes = Buffer.alloc(0);
  const late = systemClock.after(HANDSHAKE, () => socket.destroy());
  const look = (): void => {
    for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
      bytes = Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header === undefined) continue;
      late();
      socket.off('readable', look);
      if (typeof header === 'string') return void socket.destroy();
      socket.off('error', late).off('close', late);
      const rest = bytes.subarray(header.length);
      if (rest.length > 0) socket.unshift(rest);
      return then(header.source);
    }
  };
  socket.on('error', late).on('close', late).on('readable', look);
}
