import { expect } from 'chai';
import { type AddressInfo, Server } from 'node:net';
import { answering, iterate } from 'millrace';
import { listen, tcp } from 'millrace/rsocket';
import { type Payload, type RSocket, RSocketServer } from 'rsocket-core';
import { TcpServerTransport } from 'rsocket-tcp-server';
import { firstValueFrom, lastValueFrom, of } from 'rxjs';
import { applications, failure } from './applications.js';
import { Ratings } from './contracts.js';
import { callerOf } from './peers.js';

type StreamHandler = NonNullable<RSocket['requestStream']>;

const closed: (() => void)[] = [];
const nothing = { cancel: () => undefined, onExtension: () => undefined, request: () => undefined };

/** A server of rsocket-js that answers each request/response with 4, and streams as it is told; its address. */
async function stock(requestStream?: StreamHandler): Promise<string> {
  const server = new Server({ noDelay: true });
  const transport = new TcpServerTransport({
    listenOptions: { host: '127.0.0.1', port: 0 },
    socketCreator: () => server,
  });
  const responder: Partial<RSocket> = {
    requestResponse(_: Payload, stream) {
      stream.onNext({ data: Buffer.from('4') }, true);
      return nothing;
    },
    ...(requestStream === undefined ? {} : { requestStream }),
  };
  const bound = await new RSocketServer({ transport, acceptor: { accept: () => Promise.resolve(responder) } }).bind();
  closed.push(() => {
    server.removeAllListeners('close');
    bound.close();
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers a stream with texts, and then its end. */
function saying(...texts: readonly string[]): StreamHandler {
  return (_, initial, stream) => {
    let next = 0;
    const give = (n: number): void => {
      for (let left = n; left > 0 && next < texts.length; left--)
        stream.onNext({ data: Buffer.from(texts[next++] ?? '') }, false);
      if (next === texts.length) {
        next += 1;
        stream.onComplete();
      }
    };
    setImmediate(() => give(initial));
    return { ...nothing, request: give };
  };
}

const failing: StreamHandler = (_, _initial, stream) => {
  setImmediate(() => stream.onError(new Error('no such stream')));
  return nothing;
};

describe('a peer that is no Millrace application is asked for what a caller wants', () => {
  const start = applications();
  afterEach(() => {
    for (const close of closed.splice(0)) close();
  });

  const kinds: Readonly<Record<string, StreamHandler | undefined>> = {
    'has no streams': undefined,
    'fails the streams that it does not know': failing,
    'answers them with nothing': saying(),
    'answers them with a text': saying('hello'),
    'answers them with null': saying('null'),
    'answers them with an object': saying('{}'),
    'answers them with numbers': saying('1', '2', '3'),
  };
  for (const [kind, handler] of Object.entries(kinds)) {
    it(`that ${kind}`, async () => {
      const caller = await callerOf(start, [await stock(handler)]);
      expect(await firstValueFrom(caller.client(Ratings).of('tt1'))).to.equal(4);
      expect(await firstValueFrom(caller.client(Ratings).of('tt2'))).to.equal(4);
    });
  }

  it('and streams to its end', async () => {
    const caller = await callerOf(start, [await stock(saying('1', '2', '3'))]);
    const seen: number[] = [];
    for await (const item of iterate(caller.client(Ratings).all())) seen.push(item);
    expect(seen).to.deep.equal([1, 2, 3]);
  });

  it('and fails as the peer says', async () => {
    const caller = await callerOf(start, [await stock(failing)]);
    const error = await failure(lastValueFrom(caller.client(Ratings).all()));
    expect(error).to.include({ tag: 'Failed', message: 'no such stream', rsocketCode: 0x201 });
  });

  it('as is a service of Millrace that is served without an application', async () => {
    const server = await listen(tcp({ port: 0 }), answering(Ratings, { of: () => of(5), all: () => of(5) }));
    const caller = await callerOf(start, [`tcp://127.0.0.1:${server.address.port}`]);
    expect(await firstValueFrom(caller.client(Ratings).of('tt1'))).to.equal(5);
    await caller.stop();
    await lastValueFrom(server.close(), { defaultValue: undefined });
  });
});
