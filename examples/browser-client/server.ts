/** `node server.js`: a river gauge over WebSocket, and a page of one file that reads it with `millrace/browser`. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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

const page = readFileSync(new URL('../../../examples/browser-client/index.html', import.meta.url), 'utf8');
const files = new Map([
  ['/', { type: 'text/html', body: page.replace('{address}', app.addresses[0] ?? '') }],
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
