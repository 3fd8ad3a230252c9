import { randomBytes } from 'node:crypto';
import { Server as TcpServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { fromIterable, iterate } from 'millrace';
import { connect, listen, payload, tcp, text } from 'millrace/rsocket';
import { faultProxy, type FaultProxy } from 'millrace/testing';
import { map } from 'rxjs';
import { RSocketConnector, RSocketServer } from 'rsocket-core';
import { TcpClientTransport } from 'rsocket-tcp-client';
import { TcpServerTransport } from 'rsocket-tcp-server';
import { over } from '../conformance/scene.js';
import { portOf } from '../rsocket/raw-peer.js';

const COUNT = 20_000;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('rsocket-js 1.0.0-alpha.3 resumes', function () {
  this.timeout(30_000);
  let proxy: FaultProxy;
  afterEach(() => proxy.close());

  it('a stream of our server, as a client', async () => {
    const server = await listen(
      tcp({ port: 0 }),
      () => fromIterable(upTo(COUNT)).pipe(map((n) => payload(String(n)))),
      { resume: true, grace: 0 },
    );
    proxy = await faultProxy({ to: server.address });
    // Left to itself it dials for ever, a turn of the event loop after each failure, even once it is closed.
    let left = 100;
    const reconnectFunction = async (): Promise<void> => {
      if ((left -= 1) < 0) throw new Error('enough');
      await nextTurn();
    };
    const connector = new RSocketConnector({
      transport: new TcpClientTransport({ connectionOptions: { host: '127.0.0.1', port: proxy.port } }),
      setup: { keepAlive: 10_000, lifetime: 60_000 },
      resume: { tokenGenerator: () => randomBytes(16), reconnectFunction },
    });
    const client = await connector.connect();
    const seen: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const stream = client.requestStream({ data: Buffer.from('x') }, 100, {
        onNext(item, complete) {
          seen.push(Number(text(item.data ?? undefined)));
          if (seen.length % 4000 === 1000) proxy.cut();
          if (complete) return resolve();
          if (seen.length % 100 === 0) stream.request(100);
        },
        onError: reject,
        onComplete: () => resolve(),
        onExtension: () => undefined,
      });
    });
    expect(seen).to.deep.equal(upTo(COUNT));
    expect(proxy.counts.accepted).to.be.greaterThan(4);
    left = 0;
    client.close();
    await over(server.close());
  });

  it('a stream of its own for our client, as a server', async () => {
    const socket = new TcpServer();
    const listenOptions = { host: '127.0.0.1', port: 0 };
    const transport = new TcpServerTransport({ listenOptions, socketCreator: () => socket });
    const server = await new RSocketServer({
      transport,
      resume: { sessionTimeout: 10_000 },
      acceptor: {
        accept: () =>
          Promise.resolve({
            requestStream(_request, initial, to) {
              let sent = 0;
              const give = (n: number): void => {
                for (let each = 0; each < n && sent < COUNT; each++) {
                  sent += 1;
                  to.onNext({ data: Buffer.from(String(sent - 1)) }, sent === COUNT);
                }
              };
              queueMicrotask(() => give(initial));
              return { request: give, cancel: () => (sent = COUNT), onExtension: () => undefined };
            },
          }),
      },
    }).bind();
    proxy = await faultProxy({ to: { port: portOf(socket.address()) } });
    const client = await connect(tcp({ port: proxy.port }), { resume: true });
    let seen = 0;
    for await (const item of iterate(client.stream(payload('x')))) {
      expect(Number(text(item))).to.equal(seen);
      seen += 1;
      if (seen % 4000 === 1000) proxy.cut();
    }
    expect(seen).to.equal(COUNT);
    expect(proxy.counts.accepted).to.be.greaterThan(4);
    await over(client.close());
    server.close();
  });
});
