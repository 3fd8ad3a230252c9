/** Signs of life, in virtual time. */
import { expect } from 'chai';
import { virtualClock } from 'millrace/testing';
import { connect, type Connection, FrameType, type Link, type LinkEvents, listen, payload } from 'millrace/rsocket';
import { firstValueFrom, NEVER } from 'rxjs';
import { prefixed, setupFrame } from '../rsocket/raw-frame.js';
import { createTally } from '../rsocket/tally.js';
import { errorOf } from './reader.js';
import { endOf, over, type Stage } from './scene.js';
import { serving } from './serving.js';

export function keepAliveSuite({ open, wire, after }: Stage): void {
  it('are sent at the interval and answered, and keep an idle connection alive', async () => {
    const clock = virtualClock();
    const { client, tap } = await open(serving(), { clock, keepAlive: '1 s', lifetime: '4 s' });
    for (let second = 1; second <= 60; second++) {
      await clock.advance(1000);
      let answers = 0;
      await tap.seen(({ from, type }) => from === 'server' && type === FrameType.KEEPALIVE && ++answers === second);
    }
    expect([tap.count('client', FrameType.KEEPALIVE), tap.count('server', FrameType.KEEPALIVE)]).to.deep.equal([
      60, 60,
    ]);
    await firstValueFrom(client.response(payload('alive')));
  });

  it('that a server does not give end the connection after the lifetime', async () => {
    const clock = virtualClock();
    const tally = createTally();
    const place = wire.place();
    const bound = await place.listen.bind(
      (link) => {
        link.start(deaf(link));
        tally.add('accepted');
      },
      { frame: 0xffffff, connections: 10 },
    );
    after(() => bound.close());
    const client = await connect(place.dial(bound.address), { clock, keepAlive: '1 s', lifetime: '4 s' });
    await tally.reached('accepted');
    const [end, call] = [endOf(client), errorOf(client.response(payload('x')))];
    await clock.advance(4000);
    expect(await firstValueFrom(client.availability)).to.equal(1);
    await clock.advance(1000);
    expect([(await end)?.tag, (await call).tag]).to.deep.equal(['Broken', 'Broken']);
    expect((await end)?.message).to.match(/was silent for \d+ ms/);
    expect(clock.pending).to.be.at.most(1);
  });

  it('that a client does not give end the connection after the lifetime it said', async () => {
    const { server, clock, end, link } = await silentClient({ keepAlive: 1000, lifetime: 4000 });
    await clock.advance(4000);
    expect(server.connections).to.equal(1);
    await clock.advance(1000);
    expect((await end)?.tag).to.equal('Broken');
    expect(server.connections).to.equal(0);
    link.destroy();
  });

  it('may be no further apart than the server allows', async () => {
    const { server, clock, end, link } = await silentClient({ keepAlive: 1000, lifetime: 2 ** 31 - 1 });
    await clock.advance(10_000);
    expect(server.connections).to.equal(1);
    await clock.advance(5000);
    expect((await end)?.tag).to.equal('Broken');
    link.destroy();
  });

  /** A client that says hello and then nothing; the server allows 10 s. */
  async function silentClient(times: { readonly keepAlive: number; readonly lifetime: number }) {
    const clock = virtualClock();
    const place = wire.place();
    let met: (peer: Connection) => void = () => undefined;
    const meeting = new Promise<Connection>((resolve) => (met = resolve));
    const server = await listen(place.listen, () => NEVER, {
      clock,
      limits: { lifetime: '10 s' },
      accept: (_setup, peer) => met(peer),
    });
    after(() => over(server.close()));
    const link = await place.dial(server.address).dial();
    link.start(deaf(link));
    link.write(prefixed(setupFrame(times)));
    const peer = await meeting;
    await new Promise((resolve) => setImmediate(resolve));
    return { server, clock, end: endOf(peer), link };
  }
}

/** Hears nothing but the end. */
function deaf(link: Link): LinkEvents {
  return { bytes: () => undefined, frame: () => undefined, drain: () => undefined, closed: () => link.destroy() };
}
