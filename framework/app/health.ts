/** Whether the application is alive and wants calls, over HTTP for those who watch over processes. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BehaviorSubject, type Observable } from 'rxjs';
import { meshError, optional, param, port } from '../core/index.js';

export const HEALTH_PORT = param(
  'health.port',
  undefined,
  optional(port),
  'Port of /livez and /readyz by HTTP; none by default, 0 for one that the system chooses.',
);

export const HEALTH_HOST = param('health.host', '127.0.0.1', String, 'Address at which /livez and /readyz are served.');

/** What one part of the application says of itself. */
export interface Check {
  readonly ok: boolean;
  readonly why?: string;
}

/**
 * What the parts of an application say of their health. A class asks for it and reports: the application is ready when it
 * has started, isn't stopping, and no part says otherwise.
 */
export class Health {
  private readonly checks = new BehaviorSubject<ReadonlyMap<string, Check>>(new Map());

  /** Sets what a part says; `why` is for people. */
  report(part: string, ok: boolean, why?: string): void {
    this.checks.next(new Map(this.checks.value).set(part, why === undefined ? { ok } : { ok, why }));
  }

  /** All parts, now and whenever one reports. */
  get all(): Observable<ReadonlyMap<string, Check>> {
    return this.checks;
  }

  get ok(): boolean {
    return [...this.checks.value.values()].every((check) => check.ok);
  }

  get present(): Readonly<Record<string, Check>> {
    return Object.fromEntries(this.checks.value);
  }
}

export interface HealthServer {
  readonly address: string;
  close(): Promise<void>;
}

const HEADER_TIME = 5000;
/** How often Node looks for those who are slower. */
const LOOK_TIME = 1000;
const CONNECTIONS = 100;

/** What the server asks and tells the application. */
export interface HealthOwner {
  look(): { readonly ready: boolean; readonly state: string };
  readonly health: Health;
  /** Throws for what is no level. */
  setLevel(level: string): void;
  /** Answers what else is asked here; says whether it did. */
  also(request: IncomingMessage, response: ServerResponse): boolean;
}

/**
 * Serves /livez and /readyz: 200 or 503, with what each part says as JSON; and what its owner answers beside. `POST /log-level` with a level as its body, from the
 * machine itself, changes what is logged.
 */
export async function serveHealth(host: string, wanted: number, owner: HealthOwner): Promise<HealthServer> {
  const server = createServer({ connectionsCheckingInterval: LOOK_TIME }, (request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/log-level') return changeLevel(request, response, owner);
    if (path !== '/livez' && path !== '/readyz') {
      if (owner.also(request, response)) return;
      return void response
        .writeHead(404)
        .end('there are /livez, /readyz, /hystrix.stream and, to POST to, /log-level\n');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    const { ready, state } = owner.look();
    const ok = path === '/livez' || ready;
    const body = JSON.stringify({ status: ok ? 'ok' : 'unavailable', state, checks: owner.health.present });
    response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(`${body}\n`);
  });
  server.headersTimeout = HEADER_TIME;
  server.requestTimeout = HEADER_TIME;
  server.maxConnections = CONNECTIONS;
  await listening(server, host, wanted);
  const at = server.address();
  const bound = typeof at === 'object' && at !== null ? at.port : wanted;
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const LONGEST_LEVEL = 32;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

function changeLevel(request: IncomingMessage, response: ServerResponse, owner: HealthOwner): void {
  if (!LOOPBACK.test(request.socket.remoteAddress ?? '')) return void response.writeHead(403).end();
  if (request.method !== 'POST') return void response.writeHead(405).end();
  let said = '';
  request.setEncoding('utf8');
  request.on('data', (part: string) => {
    said = (said + part).slice(0, LONGEST_LEVEL);
  });
  request.on('end', () => {
    try {
      owner.setLevel(said.trim());
      response.writeHead(204).end();
    } catch (error) {
      response.writeHead(400).end(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  });
}

function listening(server: Server, host: string, wanted: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (cause) =>
      reject(meshError('Unavailable', `cannot serve health at http://${host}:${wanted}: ${cause.message}`, { cause })),
    );
    server.listen(wanted, host, () => resolve());
  });
}
