import { once } from 'node:events';
import { expect } from 'chai';
import { listen, payload, websocket } from 'millrace/rsocket';
import { lastValueFrom, of } from 'rxjs';
import { WebSocket } from 'ws';

describe('a WebSocket server that names origins', () => {
  const cases: readonly (readonly [what: string, headers: Record<string, string>, status: number])[] = [
    ['lets a page of one of them connect', { origin: 'https://films.example' }, 101],
    ['refuses a page of another', { origin: 'https://elsewhere.example' }, 403],
    ['refuses a page without an address', { origin: 'null' }, 403],
    ['lets who is no browser connect', {}, 101],
  ];
  for (const [what, headers, status] of cases) {
    it(what, async () => {
      const server = await listen(websocket({ port: 0, origins: ['https://films.example'] }), () => of(payload('')));
      const socket = new WebSocket(`ws://127.0.0.1:${server.address.port}/`, { headers });
      const answers = [
        once(socket, 'upgrade').then(([response]: { statusCode: number }[]) => response?.statusCode),
        once(socket, 'unexpected-response').then(([, response]: { statusCode: number }[]) => response?.statusCode),
      ];
      socket.on('error', () => undefined);
      expect(await Promise.race(answers)).to.equal(status);
      socket.terminate();
      await lastValueFrom(server.close(), { defaultValue: undefined });
    });
  }
});
