import { expect } from 'chai';
import { fromIterable, iterate, type MeshError } from 'millrace';
import {
  type Connection,
  connect,
  type ConnectOptions,
  listen,
  payload,
  type Server,
  tcp,
  text,
  tls,
  type Transport,
  websocket,
} from 'millrace/rsocket';
import { faultProxy, type FaultProxy, virtualClock } from 'millrace/testing';
import { firstValueFrom, map, NEVER } from 'rxjs';
import { failure } from '../app/applications.js';
import { over } from '../conformance/scene.js';
import { authority } from '../tls/authority.js';
import { cutWays, runCuts } from './cuts.js';

describe('a million items and 200 cuts', function () {
  this.timeout(120_000);
  for (const way of cutWays(1_000_000, 200)) {
    const direction = way.model === 'stream' ? 'down a stream' : 'up a channel';
    it(`come ${direction} over ${way.by}, each once and in order, with RESUME`, async () => {
      const { inOrder, came, cuts, dials } = await runCuts(way);
      expect({ inOrder, came, cuts }).to.deep.equal({ inOrder: 1_000_000, came: 1_000_000, cuts: 200 });
      expect(dials).to.be.greaterThan(200);
    });
  }
});

const places: Readonly<Record<string, (port: number) => Transport>> = {
  TCP: (port) => tcp({ port }),
  WebSocket: (port) => websocket({ port }),
};

for (const [name, place] of Object.entries(places)) {
  describe(`a bad network under ${name}`, () => {
    let server: Server;
    let proxy: FaultProxy;
    let client: Connection;
    const open = async (options: ConnectOptions = {}): Promise<void> => {
      server = await listen(place(0), ({ request }) => {
        if ('subscribe' in request) return request;
        if (text(request) === 'never') return NEVER;
        return fromIterable(upTo(Number(text(request)))).pipe(map((n) => payload(String(n))));
      });
      proxy = await faultProxy({ to: server.address });
      client = await connect(place(proxy.port), options);
    };
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
    afterEach(async () => {
      await over(client.close());
      await proxy.close();
      await over(server.close());
    });

    for (const how of ['close', 'reset'] as const) {
      it(`that ${how}s connections ends every call with Broken at once, without RESUME`, async () => {
        await open();
        const endings = ['never', '1000000'].map((asked) => lastOf(client, asked));
        await firstValueFrom(client.stream(payload('1')));
        proxy.cut(how);
        for (const { tag, code } of await Promise.all(endings))
          expect({ tag, code }).to.deep.equal({ tag: 'Broken', code: 'MILLRACE_BROKEN' });
        const { tag } = await failure(firstValueFrom(client.response(payload('1'))));
        expect(tag).to.equal('Unavailable');
      });
    }

    it('that is slow, jitters and cuts everything to pieces changes nothing', async () => {
      await open();
      proxy.add({ kind: 'latency', latency: 2, jitter: 2 });
      proxy.add({ kind: 'slicer', size: [1, 3000] });
      proxy.add({ kind: 'bandwidth', rate: '20 MB' });
      const seen: number[] = [];
      for await (const item of iterate(client.stream(payload('20000')))) seen.push(Number(text(item)));
      expect(seen).to.deep.equal(upTo(20_000));
    });

    it('that goes silent is found by its silence', async () => {
      const clock = virtualClock();
      await open({ clock, keepAlive: '1 s', lifetime: '4 s' });
      await firstValueFrom(client.stream(payload('1')));
      proxy.add({ kind: 'half_open' });
      const ending = lastOf(client, 'never');
      await clock.advance(5000);
      const { tag, message } = await ending;
      expect(tag).to.equal('Broken');
      expect(message).to.match(/was silent for/);
    });
  });
}

/** How a stream ends that doesn't end well. */
async function lastOf(client: Connection, asked: string): Promise<MeshError> {
  return failure(
    (async () => {
      for await (const _ of iterate(client.stream(payload(asked))));
    })(),
  );
}

describe('a network that garbles', () => {
  it('is found out by TLS: what came before is right, and the rest is Broken', async () => {
    const root = await authority();
    const credentials = await root.issue({ addresses: ['127.0.0.1'] });
    const server = await listen(
      tls({ port: 0, credentials }),
      () => fromIterable(Array.from({ length: 1_000_000 }, (_, n) => payload(String(n)))),
      { grace: 0 },
    );
    for (let seed = 1; seed <= 10; seed++) {
      const proxy = await faultProxy({ to: server.address, seed });
      // A garbled length makes TLS wait for bytes that nobody sends: then it is the silence that is found.
      const client = await connect(tls({ port: proxy.port, credentials: { ca: root.ca } }), {
        keepAlive: '100 ms',
        lifetime: '1 s',
      });
      proxy.add({ kind: 'corrupt', every: [1, 200_000], direction: 'down' });
      let seen = 0;
      const error = await failure(
        (async () => {
          for await (const item of iterate(client.stream(payload('x')))) {
            expect(text(item)).to.equal(String(seen));
            seen += 1;
          }
        })(),
      );
      expect(error.tag).to.equal('Broken');
      await over(client.close());
      await proxy.close();
    }
    await over(server.close());
  });
});
