import { Server as TcpServer } from 'node:net';
import { expect } from 'chai';
import { addresses, contract, iterate, mesh, response, stream, unchecked } from 'millrace';
import { connect, listen, payload } from 'millrace/rsocket';
import { stock } from 'millrace/rsocket/stock';
import { firstValueFrom, of } from 'rxjs';
import { TcpClientTransport } from 'rsocket-tcp-client';
import { TcpServerTransport } from 'rsocket-tcp-server';
import { applications, failure } from '../app/applications.js';
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
});
