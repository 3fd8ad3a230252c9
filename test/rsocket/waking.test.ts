import { expect } from 'chai';
import { connect, type Link, type LinkEvents, listen, memory, payload, type Transport } from 'millrace/rsocket';
import { virtualClock } from 'millrace/testing';
import { firstValueFrom, of } from 'rxjs';
import { failure } from '../app/applications.js';
import { over } from '../conformance/scene.js';

describe('a client that comes back from sleep', () => {
  /** A connection on which nothing is said by itself, and looks at its silence are taken each 2 s. */
  const scene = async (resume = false) => {
    const clock = virtualClock();
    const inner = memory();
    const server = await listen(inner, () => of(payload('here')), { grace: 0, clock, resume });
    let events: LinkEvents | undefined;
    let deaf = false;
    let dials = 0;
    let present: Link | undefined;
    const place: Transport = {
      ...inner,
      async dial() {
        const link = (present = await inner.dial());
        dials += 1;
        deaf = false;
        const start = link.start.bind(link);
        link.start = (given) => start((events = { ...given, bytes: (chunk) => void (deaf || given.bytes(chunk)) }));
        return link;
      },
    };
    const client = await connect(place, { clock, keepAlive: '60 s', lifetime: '16 s', resume });
    await clock.until(firstValueFrom(client.response(payload('x'))));
    return {
      clock,
      client,
      wake: () => events?.woken?.(),
      deafen: () => (deaf = true),
      cut: () => present?.destroy(),
      dials: () => dials,
      async close() {
        const closed = over(server.close());
        await clock.advance(5000);
        await closed;
      },
    };
  };

  it('goes on where the other side answers, whenever it is looked at in between', async () => {
    const { clock, client, wake, close } = await scene();
    for (let each = 0; each < 3; each++) {
      wake();
      wake();
      await clock.advance(5500);
      await clock.until(firstValueFrom(client.response(payload('x'))));
    }
    expect(clock.pending).to.be.lessThan(10);
    await close();
    expect(clock.pending).to.equal(0);
  });

  it('leaves a connection on which nothing comes within five seconds', async () => {
    const { clock, client, wake, deafen, close } = await scene();
    await clock.advance(1000);
    deafen();
    wake();
    await clock.advance(4999);
    expect(await firstValueFrom(client.availability)).to.equal(1);
    await clock.advance(1);
    const { tag, message } = await failure(over(client.closed));
    expect(tag).to.equal('Broken');
    expect(message).to.match(/was silent for 5000 ms/);
    await close();
  });

  it('resumes at once over another socket, also where the last was a short time ago', async () => {
    const { clock, client, wake, deafen, cut, dials, close } = await scene(true);
    await clock.advance(1000);
    cut();
    await clock.until(firstValueFrom(client.response(payload('x'))));
    expect(dials()).to.equal(2);
    await clock.advance(1500);
    deafen();
    wake();
    await clock.advance(5500);
    expect(dials()).to.equal(3);
    await clock.until(firstValueFrom(client.response(payload('x'))));
    await close();
  });
});
