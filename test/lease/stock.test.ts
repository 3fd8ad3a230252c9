import { expect } from 'chai';
import { listen, payload, tcp, text } from 'millrace/rsocket';
import { of, ReplaySubject } from 'rxjs';
import { RSocketConnector } from 'rsocket-core';
import { TcpClientTransport } from 'rsocket-tcp-client';
import type { Lease } from 'millrace/rsocket';
import { over } from '../conformance/scene.js';

describe('rsocket-js 1.0.0-alpha.3', () => {
  it('keeps to the leases of our server', async () => {
    const leases = new ReplaySubject<Lease>(1);
    const asked: string[] = [];
    const server = await listen(
      tcp({ port: 0 }),
      ({ request }) => {
        if ('subscribe' in request) return request;
        asked.push(text(request));
        return of(payload('done'));
      },
      { leases, grace: 0 },
    );
    const connector = new RSocketConnector({
      transport: new TcpClientTransport({ connectionOptions: { host: '127.0.0.1', port: server.address.port } }),
      setup: { keepAlive: 10_000, lifetime: 60_000 },
      lease: { maxPendingRequests: 10 },
    });
    const client = await connector.connect();
    const ask = (what: string): Promise<string> =>
      new Promise((resolve, reject) => {
        client.requestResponse(
          { data: Buffer.from(what) },
          {
            onNext: (item) => resolve(text(item.data ?? undefined)),
            onComplete: () => undefined,
            onError: reject,
            onExtension: () => undefined,
          },
        );
      });
    const answers = ['a', 'b', 'c'].map(ask);
    leases.next({ requests: 2, ttl: 10_000 });
    expect(await Promise.all(answers.slice(0, 2))).to.deep.equal(['done', 'done']);
    expect(asked).to.deep.equal(['a', 'b']);
    leases.next({ requests: 1, ttl: 10_000 });
    expect(await answers[2]).to.equal('done');
    client.close();
    await over(server.close());
  });
});
