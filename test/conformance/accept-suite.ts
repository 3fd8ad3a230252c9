/** What a server makes of a SETUP. */
import { expect } from 'chai';
import { meshError } from 'millrace';
import { type Accept, connect, ErrorCode, FrameType, listen, payload, type Setup, text } from 'millrace/rsocket';
import { firstValueFrom, of } from 'rxjs';
import { errorOf, gather, numbers } from './reader.js';
import { endOf, over, type Stage } from './scene.js';
import { serving } from './serving.js';

const refusals: Readonly<Record<string, readonly [Accept, string]>> = {
  'at once': [
    () => {
      throw meshError('Unauthenticated', 'who are you?');
    },
    'who are you?',
  ],
  'after thinking': [() => Promise.reject(meshError('Denied', 'not today')), 'not today'],
  'by a bug, of which it says nothing': [
    () => {
      throw new Error('password=hunter2');
    },
    'refused',
  ],
  'by a bug after thinking': [() => Promise.reject(new Error('password=hunter2')), 'refused'],
};

export function acceptSuite({ open, wire, after }: Stage): void {
  it('is not asked of a server that accepts everybody', async () => {
    const place = wire.place();
    const server = await listen(place.listen, serving());
    after(() => over(server.close()));
    const client = await connect(place.dial(server.address));
    expect(text((await firstValueFrom(client.response(payload('x')))).data)).to.equal('x');
    expect(client.millrace).to.equal(true);
    await over(client.close());
  });

  for (const [how, [accept, message]] of Object.entries(refusals)) {
    it(`refuses ${how}`, async () => {
      const { client, server, tap } = await open(serving(), { accept, ends: 'broken' });
      const end = endOf(client);
      const error = await errorOf(client.response(payload('x')));
      const refused = await tap.seen(({ id, type }) => id === 0 && type === FrameType.ERROR);
      expect(refused.n).to.equal(ErrorCode.REJECTED_SETUP);
      expect([(await end)?.tag, (await end)?.message]).to.deep.equal(['Rejected', message]);
      expect(error.tag).to.be.oneOf(['Rejected', 'Unavailable']);
      expect(server.connections).to.equal(0);
    });
  }

  it('sees all that SETUP says', async () => {
    let said: Setup | undefined;
    const { client } = await open(serving(), {
      accept: (setup) => void (said = setup),
      setup: {
        data: Buffer.from('data'),
        dataMimeType: 'text/plain',
        metadataMimeType: 'text/css',
        metadata: Buffer.from('m'),
      },
      keepAlive: '7 s',
      lifetime: '1 min',
    });
    await firstValueFrom(client.response(payload('x')));
    expect({ ...said, data: text(said?.data), metadata: text(said?.metadata) }).to.deep.equal({
      keepAlive: 7000,
      lifetime: 60_000,
      dataMimeType: 'text/plain',
      metadataMimeType: 'text/css',
      data: 'data',
      metadata: 'm',
      resume: wire.resume,
      lease: wire.lease,
    });
    expect(client.millrace, 'without composite metadata there is no greeting').to.equal(false);
  });

  it('chooses the service of a connection', async () => {
    const { client } = await open(serving(), {
      accept: () => serving({ response: () => of(payload('chosen')) }),
    });
    expect(text((await firstValueFrom(client.response(payload('x')))).data)).to.equal('chosen');
  });

  it('leaves it to the service of the server', async () => {
    const { client } = await open(serving(), { accept: () => Promise.resolve(undefined) });
    expect(text((await firstValueFrom(client.response(payload('x')))).data)).to.equal('x');
  });

  // Where requests need leases, none is made before the server has decided.
  if (!wire.lease)
    it('may think while the client already asks, and all of it is answered', async () => {
      let decide: () => void = () => undefined;
      const { client, tap } = await open(serving({ stream: () => numbers(50).items }), {
        accept: () => new Promise<void>((resolve) => (decide = resolve)),
      });
      const answers = Promise.all([
        ...Array.from({ length: 200 }, (_, index) => firstValueFrom(client.response(payload(String(index))))),
      ]);
      const stream = gather(client.stream(payload('x')));
      const channel = gather(client.channel(numbers(1).items)).catch((error: unknown) => error);
      await tap.seen(({ type }) => type === FrameType.REQUEST_CHANNEL);
      expect(tap.frames.filter(({ from, id }) => from === 'server' && id > 0)).to.have.length(0);
      decide();
      expect((await answers).map(({ data }) => text(data))).to.deep.equal(
        Array.from({ length: 200 }, (_, at) => String(at)),
      );
      expect(await stream).to.have.length(50);
      expect(await channel).to.include({ tag: 'Unknown' });
    });

  it('may take so long that the client has left', async () => {
    let decide: () => void = () => undefined;
    const { client, peer, server } = await open(serving(), {
      accept: () => new Promise<void>((resolve) => (decide = resolve)),
      ends: 'broken',
    });
    const end = endOf(peer);
    await over(client.close());
    await over(server.close());
    await end;
    decide();
    expect(server.connections).to.equal(0);
  });
}
