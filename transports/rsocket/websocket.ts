/** RSocket over WebSocket in Node: a binary message is a frame. */
import { meshError, type Wire } from '../../framework/kernel.js';
import { Front, type ProxyTarget } from './front.js';
import type { Link, Transport } from './link.js';
import { MAX_FRAME } from './protocol.js';
import { writePlace } from './place.js';
import { checkPort, nowhere, openSocket } from './socket.js';
import type { TlsSettings } from './tls-options.js';
import { webSocketLink } from './websocket-link.js';
import { asWire, type WireOptions } from './wire.js';

interface WebSocketPlace extends ProxyTarget {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  /** Pages whose browsers may connect, `https://example.org`. Default: any. Who sends no origin is no browser, and may always. */
  readonly origins?: readonly string[];
  /** Makes it `wss://`. */
  readonly tls?: TlsSettings;
}

interface WebSocketUrl {
  /** `ws://` or `wss://`; to dial only. */
  readonly url: string;
  /** For `wss://`; by default what browsers do. */
  readonly tls?: TlsSettings;
}

export type WebSocketTarget = WebSocketPlace | WebSocketUrl;

/** A place to listen at or to dial, by WebSocket. Without a path, any path is served. Throws Invalid for a port that can't be one. */
export function websocket(target: WebSocketTarget = {}, options: WireOptions = {}): Transport & Wire {
  const { tls } = target;
  return asWire(
    'url' in target ? dialler(target) : placed(target),
    {
      listens: 'port' in target && target.port !== undefined,
      address: (bound) => writePlace(schemeOf(tls), bound, 'path' in target ? (target.path ?? '/') : '/'),
      at: (address) =>
        /^wss?:\/\/[^/]/.test(address) && URL.canParse(address)
          ? websocket({ url: address, ...(tls === undefined ? {} : { tls }) }, options)
          : undefined,
    },
    options,
  );
}

function dialler({ url, tls }: WebSocketUrl): Transport {
  const bind = () => Promise.reject(meshError('Invalid', `listen with { host, port, path } instead of ${url}`));
  return { name: url, dial: (stop) => dial(url, tls, stop), bind };
}

function placed(target: WebSocketPlace): Transport {
  const { host = '127.0.0.1', port, path, tls } = target;
  if (port === undefined) {
    return { name: 'ws', dial: () => Promise.reject(nowhere('ws')), bind: () => Promise.reject(nowhere('ws')) };
  }
  const url = writePlace(schemeOf(tls), { host, port: checkPort(port) }, path ?? '/');
  const front = new Front(target);
  return {
    name: url,
    dial: (stop) => dial(url, tls, stop),
    async bind(accept, bounds) {
      const { bind } = await import('./websocket-server.js');
      return bind({ ...target, host, port }, front, accept, bounds);
    },
  };
}

function schemeOf(tls: TlsSettings | undefined): 'ws' | 'wss' {
  return tls === undefined ? 'ws' : 'wss';
}

/** What takes long to load is loaded when it is needed: many applications have no WebSocket, and fewer TLS. */
async function dial(url: string, tls: TlsSettings | undefined, stop: AbortSignal | undefined): Promise<Link> {
  const { WebSocket } = await import('ws');
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'wss:';
  const place = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 443 : 80) };
  const open = await openSocket(place, url, stop);
  const plain = { socket: open, remote: { address: `${place.host}:${place.port}` } };
  const { socket, remote } = secure ? await secured(open) : plain;
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(url, {
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: MAX_FRAME,
      createConnection: () => socket,
    } as object);
    const aborted = (): void => ws.terminate();
    stop?.addEventListener('abort', aborted);
    const refused = (cause: Error): void => reject(meshError('Unavailable', `${url}: ${cause.message}`, { cause }));
    ws.on('error', refused);
    ws.once('open', () => {
      stop?.removeEventListener('abort', aborted);
      ws.off('error', refused);
      resolve(webSocketLink(ws, socket, url, remote));
    });
  });

  async function secured(raw: typeof open) {
    const client = await import('./tls-client.js');
    return client.secured(raw, tls ?? {}, place, { alpn: 'http/1.1', name: url, stop });
  }
}
