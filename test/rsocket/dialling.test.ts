import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { connect, tcp, websocket } from 'millrace/rsocket';
import { virtualClock } from 'millrace/testing';
import { firstValueFrom, Observable } from 'rxjs';
// The parts of happy eyeballs can't be had from outside: a machine's resolver says what it says.
import { interleaved, openSocket } from '../../transports/rsocket/socket.js';
import { staggered } from '../../transports/rsocket/staggered.js';
import { failure } from '../app/applications.js';

/** An attempt that says when it is begun and given up, and does what it is told. */
function attempts(count: number) {
  const said: string[] = [];
  const doers: { won(): void; failed(): void }[] = [];
  const all = Array.from(
    { length: count },
    (_, at) =>
      new Observable<number>((to) => {
        said.push(`begun ${at}`);
        doers[at] = {
          won: () => to.next(at),
          failed: () => to.error(new Error(`no ${at}`)),
        };
        return () => void said.push(`left ${at}`);
      }),
  );
  return { all, said, at: (at: number) => doers[at] ?? expect.fail(`attempt ${at} was not begun`) };
}

describe('staggered attempts', () => {
  it('are begun one after the other; the first that succeeds ends them all', async () => {
    const clock = virtualClock();
    const { all, said, at } = attempts(3);
    const won = firstValueFrom(staggered(all, 250, clock));
    await clock.advance(249);
    expect(said).to.deep.equal(['begun 0']);
    await clock.advance(1);
    expect(said).to.deep.equal(['begun 0', 'begun 1']);
    at(0).won();
    expect(await won).to.equal(0);
    expect(said.toSorted()).to.deep.equal(['begun 0', 'begun 1', 'left 0', 'left 1']);
    expect(clock.pending).to.equal(0);
  });

  it('go on at once when one has failed, and fail with what all said', async () => {
    const clock = virtualClock();
    const { all, said, at } = attempts(3);
    const lost = firstValueFrom(staggered(all, 250, clock)).catch((error: AggregateError) => error);
    at(0).failed();
    at(1).failed();
    expect(said.filter((each) => each.startsWith('begun'))).to.deep.equal(['begun 0', 'begun 1', 'begun 2']);
    at(2).failed();
    const error = (await lost) as AggregateError;
    expect(error.message).to.equal('no 0, no 1, no 2');
    expect(clock.pending).to.equal(0);
  });

  it('are all left by who leaves', async () => {
    const clock = virtualClock();
    const { all, said } = attempts(2);
    const trying = staggered(all, 250, clock).subscribe();
    await clock.advance(250);
    trying.unsubscribe();
    expect(said.filter((each) => each.startsWith('left'))).to.have.length(2);
    expect(clock.pending).to.equal(0);
  });

  it('are of the two families in turn', () => {
    const found = [
      { address: '::1', family: 6 },
      { address: '::2', family: 6 },
      { address: '::3', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ];
    expect(interleaved(found)).to.deep.equal(['::1', '127.0.0.1', '::2', '::3']);
    expect(interleaved(found.slice(3))).to.deep.equal(['127.0.0.1']);
  });
});

describe('dialling', () => {
  it('finds a server at whichever address of a name it is', async () => {
    const resolve = () =>
      Promise.resolve([
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]);
    for (const host of ['127.0.0.1', '::1']) {
      const server = createServer().listen(0, host);
      await once(server, 'listening');
      const { port } = server.address() as { readonly port: number };
      const socket = await openSocket({ host: 'shop.test', port }, 'shop', undefined, resolve);
      expect(socket.remoteAddress).to.equal(host);
      socket.destroy();
      server.close();
      await once(server, 'close');
    }
  });

  it('says what each address said when nobody is there', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as { readonly port: number };
    free.close();
    await once(free, 'close');
    const error = await failure(connect(tcp({ host: 'localhost', port })));
    expect(error.tag).to.equal('Unavailable');
    expect(error.message).to.match(/^tcp localhost:\d+: connect ECONNREFUSED/);
  });

  it('of a name that there is not says so', async () => {
    const error = await failure(connect(tcp({ host: 'nobody.invalid', port: 1 })));
    expect(error.tag).to.equal('Unavailable');
    expect(error.message).to.match(/nobody\.invalid/);
  });

  it('to a server that takes the connection and no handshake ends in time', async () => {
    const deaf = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as { readonly port: number };
    const clock = virtualClock();
    const accepted = once(deaf, 'connection');
    const dialling = failure(connect(websocket({ port }), { clock }));
    const [socket] = await accepted;
    await clock.advance(10_000);
    expect(await dialling).to.include({ tag: 'Unavailable' });
    await once(socket.resume(), 'close');
    deaf.close();
    await once(deaf, 'close');
  });
});
