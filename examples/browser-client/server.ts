/**
 * `node server.js`: a river gauge over WebSocket, and two pages that read it: one of one file with `millrace/browser`, and
 * `/rsocket-js.html` with the stock client of rsocket-js, which is bundled for it.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { fromIterable, mesh } from 'millrace';
import { websocket } from 'millrace/rsocket';
import { Gauge } from './contract.js';

const port = Number(process.env['PORT'] ?? 7010);

function* levels() {
  for (let at = 0; ; at++) yield 200 + Math.round(50 * Math.sin(at / 3));
}

const app = await mesh()
  .serve(Gauge, { levels: () => fromIterable(levels) })
  .over(websocket({ port: port === 0 ? 0 : port + 1 }))
  .configure({ 'app.grace': '1 s' })
  .run();

const page = (name: string) =>
  readFileSync(new URL(`../../../examples/browser-client/${name}`, import.meta.url), 'utf8').replace(
    '{address}',
    app.addresses[0] ?? '',
  );
const [entry, buffer] = ['rsocket-js.js', 'buffer.js'].map((name) => fileURLToPath(new URL(name, import.meta.url)));
const bundled = await build({
  entryPoints: [entry ?? ''],
  inject: [buffer ?? ''],
  bundle: true,
  format: 'esm',
  platform: 'browser',
  write: false,
});
const files = new Map([
  ['/', { type: 'text/html', body: page('index.html') }],
  ['/rsocket-js.html', { type: 'text/html', body: page('rsocket-js.html') }],
  ['/rsocket-js.js', { type: 'text/javascript', body: bundled.outputFiles[0]?.text ?? '' }],
  ['/millrace.js', { type: 'text/javascript', body: readFileSync(new URL(import.meta.resolve('millrace/browser'))) }],
]);

const server = createServer((request, response) => {
  const file = files.get(request.url ?? '');
  if (file === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': `${file.type}; charset=utf-8` }).end(file.body);
});
server.listen(port, '127.0.0.1', () => {
  console.log(`the page is at http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
