/** Eureka's REST API over HTTP, for clients and peers of any language. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type Clock, count, duration, meshError, param, type Param, size } from '../../framework/index.js';
import { EurekaApi, type EurekaAnswer, type EurekaRequest } from './eureka-api.js';
import type { Settings } from './settings.js';
import type { RegistryStore } from './store.js';

export const HTTP_BODY = param(
  'registry.http-body',
  2 ** 20,
  size,
  'Bytes that a request by HTTP may have, also once it is unpacked.',
);

export const HTTP_CONNECTIONS = param(
  'registry.http-connections',
  2000,
  count,
  'HTTP connections that may be open; more are closed at once.',
);

export const HTTP_TIME = param(
  'registry.http-time',
  10_000,
  duration,
  'Milliseconds in which a request has to be there whole, and its headers in half of that.',
);

export const EUREKA_PARAMS: readonly Param<unknown>[] = [HTTP_BODY, HTTP_CONNECTIONS, HTTP_TIME];

export interface EurekaServerOptions {
  readonly port: number;
  readonly host: string;
  readonly clock: Clock;
  readonly settings: Settings;
  /** A request that failed by a bug. */
  readonly defect: (error: unknown, path: string) => void;
}

export interface EurekaServer {
  /** `127.0.0.1:8761`. */
  readonly address: string;
  /** Takes no more, answers what has come, and resolves when all is closed. */
  close(): Promise<void>;
}

/** Headers that a client of Eureka's sends are few. */
const HEADER_BYTES = 16_384;
/** Milliseconds that open requests get when the server closes. */
const LEAVE = 2000;

/** Serves under `/eureka/` and `/eureka/v2/`. Rejects with Unavailable where the place is taken. */
export async function serveEureka(store: RegistryStore, options: EurekaServerOptions): Promise<EurekaServer> {
  const { clock, settings, host } = options;
  const api = new EurekaApi(store, clock);
  const time = settings(HTTP_TIME);
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES,
      requestTimeout: time,
      headersTimeout: time / 2,
      // The Java client keeps connections for half a minute; who closes first makes its next request fail.
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      handle(api, request, response, settings).catch((error: unknown) => {
        options.defect(error, request.url ?? '');
        finish(response, 500);
      });
    },
  );
  server.maxConnections = settings(HTTP_CONNECTIONS);
  await listening(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const late = clock.after(LEAVE, () => server.closeAllConnections(), true);
      await closed;
      late();
    },
  };
}

async function listening(server: Server, { port, host }: EurekaServerOptions): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw meshError('Unavailable', `the registry can't serve HTTP at ${host}:${port}: ${why}`, { cause });
  }
}

async function handle(
  api: EurekaApi,
  request: IncomingMessage,
  response: ServerResponse,
  settings: Settings,
): Promise<void> {
  const url = urlOf(request.url ?? '');
  const path = url === undefined ? undefined : pathOf(url.pathname);
  if (url === undefined || path === undefined) return finish(response, 404);
  const body = await bodyOf(request, settings(HTTP_BODY));
  if (body === undefined) {
    response.setHeader('connection', 'close');
    return finish(response, 413);
  }
  const { headers } = request;
  const accept = headers.accept ?? '';
  const type = headers['content-type'] ?? '';
  const asked: EurekaRequest = {
    method: request.method ?? 'GET',
    path,
    query: url.searchParams,
    form: { json: accept.includes('json'), compact: headers['x-eureka-accept'] === 'compact' },
    xml: type.includes('xml') || (!type.includes('json') && body.trimStart().startsWith('<')),
    body,
    replication: headers['x-netflix-discovery-replication'] === 'true',
  };
  await send(api.answer(asked), response, String(headers['accept-encoding'] ?? ''));
}

async function send({ status, body }: EurekaAnswer, response: ServerResponse, accepted: string): Promise<void> {
  if (body === undefined) return finish(response, status);
  response.setHeader('content-type', body.type);
  response.setHeader('vary', 'accept, accept-encoding, x-eureka-accept');
  let bytes: Buffer = Buffer.from(body.text);
  if (status === 200 && /\bgzip\b/.test(accepted)) {
    bytes = await packed(bytes);
    response.setHeader('content-encoding', 'gzip');
  }
  response.setHeader('content-length', bytes.length);
  response.statusCode = status;
  response.end(bytes);
}

function finish(response: ServerResponse, status: number): void {
  if (response.headersSent) return void response.end();
  if (status !== 204) response.setHeader('content-length', 0);
  response.statusCode = status;
  response.end();
}

const packed = promisify(gzip);
const unpacked = promisify(gunzip);

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text, 'http://registry');
  } catch {
    return undefined;
  }
}

/** The parts behind the prefix; undefined for another path, or one that can't be decoded. */
function pathOf(path: string): readonly string[] | undefined {
  const [, rest] = /^\/eureka\/(?:v2\/)?(.*)$/.exec(path) ?? [];
  if (rest === undefined) return undefined;
  try {
    const parts = rest.split('/').map(decodeURIComponent);
    return parts.at(-1) === '' ? parts.slice(0, -1) : parts;
  } catch {
    return undefined;
  }
}

/** The text of a request; undefined where it is too long, or packed and can't be unpacked within the bound. */
async function bodyOf(request: IncomingMessage, most: number): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    if (!(part instanceof Buffer)) continue;
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  const whole = Buffer.concat(parts);
  if (request.headers['content-encoding'] !== 'gzip') return whole.toString();
  return unpacked(whole, { maxOutputLength: most }).then(
    (bytes) => bytes.toString(),
    () => undefined,
  );
}
