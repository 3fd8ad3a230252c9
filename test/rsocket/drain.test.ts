import { expect } from 'chai';
import { connect, listen, memory, payload, rsocket, type Server, tcp, text, type WireService } from 'millrace/rsocket';
import { callOf } from 'millrace';
import { firstValueFrom, map, of, Subject, take } from 'rxjs';
import { RSocketConnector } from 'rsocket-core';
import { TcpClientTransport } from 'rsocket-tcp-client';
import { over } from '../conformance/scene.js';
import { setUpRaw } from '../limits/raw-client.js';
import { ErrorCode, type ErrorFrame, type RawFrame, responseFrame } from './raw-frame.js';

describe('a server that leaves', () => {
  const answer = new Subject<void>();
  let begun: Subject<void>;
  let server: Server;
  const service: WireService = ({ request }) => {
    if ('subscribe' in request) return request;
    if (text(request) !== 'wait') return of(payload('at once'));
    queueMicrotask(() => begun.next());
    return answer.pipe(
      take(1),
      map(() => payload('at last')),
    );
  };
  beforeEach(() => (begun = new Subject()));

  const errorTo =
    (id: number) =>
    (frame: RawFrame): frame is ErrorFrame =>
      frame.name === 'ERROR' && frame.streamId === id;

  it('rejects what is new, lets what is open end, and then says CONNECTION_CLOSE to a peer that knows no other word', async () => {
    const place = memory();
    server = await listen(place, service);
    const client = await setUpRaw(place);
    client.send(responseFrame(1, 'wait'));
    await firstValueFrom(begun);
    const closed = over(server.close());
    client.send(responseFrame(3, 'new'));
    expect((await client.expectFrame(errorTo(3), 'a refusal')).code).to.equal(ErrorCode.REJECTED);
    expect(client.received.map(({ name }) => name)).to.deep.equal(['ERROR']);
    answer.next();
    expect((await client.expectFrame(errorTo(0), 'the end')).code).to.equal(ErrorCode.CONNECTION_CLOSE);
    expect(client.received.map(({ name }) => name)).to.deep.equal(['ERROR', 'PAYLOAD', 'ERROR']);
    await client.expectClosed();
    await closed;
  });

  it('loses nothing that a client of rsocket-js has open', async () => {
    server = await listen(tcp({ port: 0 }), service);
    const { port } = server.address;
    const transport = new TcpClientTransport({ connectionOptions: { host: '127.0.0.1', port } });
    const client = await new RSocketConnector({ transport }).connect();
    const asked = new Promise<string>((resolve, reject) => {
      client.requestResponse(
        { data: Buffer.from('wait') },
        {
          onNext: ({ data }) => resolve(text(data ?? undefined)),
          onError: reject,
          onComplete: () => reject(new Error('nothing')),
          onExtension: () => undefined,
        },
      );
    });
    await firstValueFrom(begun);
    const gone = new Promise((resolve) => client.onClose(resolve));
    const closed = over(server.close());
    answer.next();
    expect(await asked).to.equal('at last');
    await Promise.all([gone, closed]);
  });

  it('tells a Millrace peer, which asks it no more, and nothing is lost', async () => {
    const place = memory();
    server = await listen(place, service);
    const client = await connect(place);
    const asked = firstValueFrom(client.response(payload('wait')));
    await firstValueFrom(begun);
    const pushed: Uint8Array[] = [];
    client.pushes.subscribe((each) => pushed.push(each));
    const left = over(client.leaving);
    const closed = over(server.close());
    await left;
    expect(await firstValueFrom(client.availability)).to.equal(0);
    const refused: unknown = await firstValueFrom(client.response(payload('new'))).catch((error: unknown) => error);
    expect(refused).to.include({ tag: 'Unavailable', retry: 'elsewhere' });
    answer.next();
    expect(text(await asked)).to.equal('at last');
    await Promise.all([closed, over(client.closed)]);
    expect(pushed).to.deep.equal([]);
  });

  it('is dialled anew by an endpoint at the next call, while what is open there ends', async () => {
    const { port } = (server = await listen(tcp({ port: 0 }), service)).address;
    const endpoint = rsocket()(tcp({ port }));
    const ask = (what: string) =>
      firstValueFrom(endpoint.call(callOf({ interaction: 'response', request: payload(what) })));
    const asked = ask('wait');
    await firstValueFrom(begun);
    const closed = over(server.close());
    // Its place is taken by another before it is gone.
    const next = await takeOver(port);
    expect(text(await until(() => ask('new')))).to.equal('the other');
    answer.next();
    expect(text(await asked)).to.equal('at last');
    await closed;
    await over(endpoint.close());
    await over(next.close());
  });
});

async function takeOver(port: number): Promise<Server> {
  return until(() => listen(tcp({ port }), () => of(payload('the other'))));
}

/** Until it doesn't fail: a port is free, and word has come, in its own time. */
async function until<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
