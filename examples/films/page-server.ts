/** Serves the page: four files, made when the program starts, to browsers on this machine. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { addressOf, type Ports } from './ports.js';

interface File {
  readonly type: string;
  readonly body: string;
}

/** Only TypeScript is compiled: the rest of the page lies where it was written. */
const SOURCES = new URL('../../../examples/films/page/', import.meta.url);
const PROGRAM = fileURLToPath(new URL('page/page.js', import.meta.url));

const HOST = '127.0.0.1';
const CONNECTIONS = 100;
/** Milliseconds for a request to come, and for a connection to stay without one. */
const PATIENCE = 5000;

/** Resolves with the page's address, where it is served until the process ends; rejects where the port is taken. */
export async function servePage(ports: Ports): Promise<string> {
  const files = await filesOf(ports);
  const headers = {
    'cache-control': 'no-store',
    'content-security-policy': policyOf(ports),
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  const server = createServer({ requestTimeout: PATIENCE, headersTimeout: PATIENCE }, (request, response) => {
    const file = files.get(request.url?.split('?')[0] ?? '');
    if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405, headers).end();
    else if (file === undefined)
      response.writeHead(404, { ...headers, 'content-type': 'text/plain' }).end('not here\n');
    else response.writeHead(200, { ...headers, 'content-type': `${file.type}; charset=utf-8` }).end(file.body);
  });
  server.maxConnections = CONNECTIONS;
  server.keepAliveTimeout = PATIENCE;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(ports.page, HOST, resolve);
  });
  return `http://${HOST}:${ports.page}/`;
}

/** The page may load its own files and talk to home and the supervisor, and nothing else. */
function policyOf(ports: Ports): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src ${addressOf('home', ports)} ${addressOf('supervisor', ports)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

async function filesOf(ports: Ports): Promise<ReadonlyMap<string, File>> {
  const { outputFiles } = await build({
    entryPoints: [PROGRAM],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  });
  const source = (name: string): string => readFileSync(new URL(name, SOURCES), 'utf8');
  const page = source('index.html')
    .replace('{home}', addressOf('home', ports))
    .replace('{supervisor}', addressOf('supervisor', ports));
  return new Map([
    ['/', { type: 'text/html', body: page }],
    ['/style.css', { type: 'text/css', body: source('style.css') }],
    ['/wheel.svg', { type: 'image/svg+xml', body: source('wheel.svg') }],
    ['/page.js', { type: 'text/javascript', body: outputFiles[0]?.text ?? '' }],
  ]);
}
