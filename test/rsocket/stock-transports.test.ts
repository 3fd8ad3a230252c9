import { once } from 'node:events';
import { createServer, Server as TcpServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { addresses, contract, iterate, mesh, response, stream, unchecked } from 'millrace';
import { virtualClock } from 'millrace/testing';
import { connect, type Link, listen, payload, tcp, type Transport } from 'millrace/rsocket';
import { stock } from 'millrace/rsocket/stock';
import * as core from 'rsocket-core';
import { firstValueFrom, of } from 'rxjs';
import { TcpClientTransport } from 'rsocket-tcp-client';
import { TcpServerTransport } from 'rsocket-tcp-server';
import { applications, failure } from '../app/applications.js';
import { over } from '../conformance/scene.js';
import { stockPair } from '../conformance/stock-pair.js';
import { readFrame, writeFrame } from '../../transports/rsocket/stock-frames.js';
import { portOf } from './raw-peer.js';

const Films = contract('films', {
  title: response(unchecked<number>(), unchecked<string>()),
  ids: stream(unchecked<number>(), unchecked<number>()),
});

describe('the transports of rsocket-js', () => {
  const start = applications();
  const clientOf = (port: number): TcpClientTransport =>
    new TcpClientTransport({ connectionOptions: { host: '127.0.0.1', port } });

  it('are wires of an application, in both roles', async () => {
    const socket = new TcpServer();
    const server = new TcpServerTransport({
      listenOptions: { host: '127.0.0.1', port: 0 },
      socketCreator: () => socket,
    });
    await start(
      mesh()
        .serve(Films, { title: (id) => of(`film ${id}`), ids: (count) => Array.from({ length: count }, (_, at) => at) })
        .over(stock({ server })),
    );
    const address = `tcp://127.0.0.1:${portOf(socket.address())}`;
    const home = await start(
      mesh()
        .over(stock({ client: (at) => (at.startsWith('tcp://') ? clientOf(Number(new URL(at).port)) : undefined) }))
        .in(addresses(address)),
    );
    const films = home.client(Films);
    expect(await firstValueFrom(films.title(7))).to.equal('film 7');
    const ids: number[] = [];
    for await (const id of iterate(films.ids(300))) ids.push(id);
    expect(ids).to.have.length(300);
  });

  it('say what is missing, and where nobody listens', async () => {
    const nobody = await failure(connect(stock({ client: clientOf(1), address: 'tcp://127.0.0.1:1' })));
    expect(nobody).to.include({ tag: 'Unavailable' });
    expect(nobody.message).to.match(/^tcp:\/\/127\.0\.0\.1:1/);
    const server = new TcpServerTransport({ listenOptions: { host: '127.0.0.1', port: 0 } });
    const dialled = await failure(connect(stock({ server })));
    expect(dialled.message).to.equal('stock has no client transport to dial; give stock({ client })');
    const listened = await failure(listen(stock({ client: clientOf(1) }), () => of(payload('x'))));
    expect(listened.message).to.equal('stock has no server transport to listen at; give stock({ server })');
  });

  it('dial only the address that they are for, where it is one alone', () => {
    const one = stock({ client: clientOf(7001), address: 'tcp://127.0.0.1:7001' });
    expect(one.at?.('tcp://127.0.0.1:7001')).to.include({ name: 'tcp://127.0.0.1:7001' });
    expect(one.at?.('tcp://127.0.0.1:7002')).to.equal(undefined);
    expect(stock({ client: () => undefined }).at?.('tcp://127.0.0.1:7001')).to.equal(undefined);
  });

  it('listen at the place that their address says', async () => {
    const { server } = stockPair();
    const listening = await listen(stock({ server, address: 'ws://[::1]:7002/rsocket' }), () => of());
    expect(listening.address).to.deep.equal({ host: '::1', port: 7002 });
    await over(listening.close());
  });

  describe('at a peer that keeps its half of a connection open', () => {
    const sockets: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      sockets.push(socket.resume());
    });
    before(() => once(server.listen(0, '127.0.0.1'), 'listening'));
    after(() => once(server.close(), 'close'));

    /** The peer's side of a connection that this side has closed. */
    async function leave(): Promise<readonly [Socket, ReturnType<typeof virtualClock>]> {
      const clock = virtualClock();
      const connection = await connect(stock({ client: clientOf(portOf(server.address())) }), { clock });
      await over(connection.close());
      const socket = sockets.pop();
      if (socket === undefined) throw new Error('nobody has connected');
      if (!socket.readableEnded) await once(socket, 'end');
      return [socket, clock];
    }

    it('let it go after a second', async () => {
      const [socket, clock] = await leave();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      const writes = setInterval(() => socket.write('x'), 5);
      await clock.advance(1000);
      await closed;
      clearInterval(writes);
    });

    it('survive its reset', async () => {
      const [socket] = await leave();
      socket.resetAndDestroy();
      await once(socket, 'close');
    });
  });

  it('hold a server whose caller does not read', async () => {
    const socket = new TcpServer();
    const server = new TcpServerTransport({
      listenOptions: { host: '127.0.0.1', port: 0 },
      socketCreator: () => socket,
    });
    const megabyte = payload(new Uint8Array(1_000_000));
    let asked = 0;
    const listening = await listen(stock({ server }), () => ((asked += 1), of(megabyte)), {
      limits: { unsent: '1 MiB' },
      grace: '10 ms',
    });
    const dialled: Link[] = [];
    const inner = tcp({ port: portOf(socket.address()) });
    const watched: Transport = { ...inner, dial: async () => (dialled[0] = await inner.dial()) };
    const connection = await connect(watched);
    dialled[0]?.pause();
    for (let call = 0; call < 500; call++) connection.response(payload('x')).subscribe({ error: () => undefined });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(asked).to.be.within(2, 100);
    dialled[0]?.destroy();
    await over(listening.close());
  });

  const frames: Readonly<Record<string, string>> = {
    METADATA_PUSH: '000000003100616263',
    'an ERROR whose code has its top bit set': '000000032c0080000301626f6f6d',
    'a PAYLOAD with empty metadata': '0000000329600000006869',
    'a PAYLOAD without metadata': '0000000328606869',
    'a REQUEST_CHANNEL, complete, whose fragments follow': '000000031dc00000000700000161',
  };
  for (const [what, hex] of Object.entries(frames)) {
    it(`leave ${what} as it is`, () => {
      const bytes = writeFrame(core, readFrame(core)(Buffer.from(hex, 'hex')));
      expect(Buffer.from(bytes ?? []).toString('hex')).to.equal(hex);
    });
  }

  it('pass over an extension, which rsocket-js does not read', () => {
    expect(writeFrame(core, readFrame(core)(Buffer.from('00000000fe0000000001', 'hex')))).to.equal(undefined);
  });
});
