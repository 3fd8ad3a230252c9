/** Whether the application is alive and wants calls, over HTTP for those who watch over processes. */
import { createServer, type Server } from 'node:http';
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
const CONNECTIONS = 100;

/** Serves /livez and /readyz: 200 or 503, with what each part says as JSON. */
export async function serveHealth(
  host: string,
  wanted: number,
  look: () => { readonly ready: boolean; readonly state: string },
  health: Health,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const { ready, state } = look();
    const known = path === '/livez' ? true : path === '/readyz' ? ready : undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    if (known === undefined) return void response.writeHead(404).end('there are /livez and /readyz\n');
    const body = JSON.stringify({ status: known ? 'ok' : 'unavailable', state, checks: health.present });
    response.writeHead(known ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(`${body}\n`);
  });
  server.headersTimeout = HEADER_TIME;
  server.requestTimeout = HEADER_TIME;
  server.maxConnections = CONNECTIONS;
  await listening(server, host, wanted);
  const at = server.address();
  const bound = typeof at === 'object' && at !== null ? at.port : wanted;
  return {
    address: `http://${host}:${bound}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, host: string, wanted: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (cause) =>
      reject(meshError('Unavailable', `cannot serve health at http://${host}:${wanted}: ${cause.message}`, { cause })),
    );
    server.listen(wanted, host, () => resolve());
  });
}
