/** The end of a connection: in order, and not. */
import { expect } from 'chai';
import { virtualClock } from 'millrace/testing';
import { connect, payload, text } from 'millrace/rsocket';
import { finalize, firstValueFrom, lastValueFrom, map, NEVER, of, Subject, take, toArray } from 'rxjs';
import { createTally } from '../rsocket/tally.js';
import { ALL, disorder, errorOf, numbers, read, type Reader } from './reader.js';
import { endOf, over, type Scene, type Stage } from './scene.js';
import { serving } from './serving.js';

type Closing = (scene: Scene) => Promise<void>;

const closings: Readonly<Record<string, Closing>> = {
  'from the client': ({ client }) => over(client.close()),
  "from the server's side": ({ peer }) => over(peer.close()),
  'of the whole server': ({ server }) => over(server.close()),
};

export function closeSuite({ open, wire }: Stage): void {
  for (const [whence, close] of Object.entries(closings)) {
    it(`${whence} lets open calls end first, and refuses new ones`, async () => {
      const go = new Subject<void>();
      const tally = createTally();
      const scene = await open(
        serving({
          response: (request) => (
            tally.add('open'),
            go.pipe(
              take(1),
              map(() => request),
            )
          ),
          stream: () => numbers(300).items,
        }),
        { responder: serving() },
      );
      const { client, peer } = scene;
      const answer = firstValueFrom(client.response(payload('x')));
      const reader = read(client.stream(payload('x')), 10);
      await Promise.all([tally.reached('open'), reader.got(10)]);
      const closed = close(scene);
      await over(client.leaving);
      const late = await Promise.all([
        errorOf(client.response(payload('late'))),
        errorOf(peer.stream(payload('late'))),
      ]);
      expect(late.map(({ tag }) => tag).filter((tag) => tag !== 'Unavailable' && tag !== 'Rejected')).to.deep.equal([]);
      go.next();
      expect(text((await answer).data)).to.equal('x');
      reader.ask(ALL);
      expect(await reader.ended).to.equal(undefined);
      expect(disorder(reader.items, 300)).to.equal(undefined);
      await closed;
    });
  }

  it('leaves nobody to be dialled once the server is closed', async () => {
    const { server, tap } = await open(serving());
    await over(server.close());
    const error: unknown = await connect(tap.transport).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.include({ tag: 'Unavailable' });
  });

  it('refuses calls on a closed connection, at once', async () => {
    const { client } = await open(serving());
    await over(client.close());
    for (const call of [client.response(payload('x')), client.stream(payload('x')), client.channel(of(payload('x')))]) {
      expect((await errorOf(call)).tag).to.equal('Unavailable');
    }
    const notified: unknown = await over(client.notify(payload('x'))).catch((error: unknown) => error);
    expect(notified).to.include({ tag: 'Unavailable' });
  });

  it('does nothing before close is subscribed, and is the same the second time', async () => {
    const { client } = await open(serving());
    const close = client.close();
    expect(text((await firstValueFrom(client.response(payload('still open')))).data)).to.equal('still open');
    await Promise.all([over(close), over(close)]);
    await over(client.close());
  });

  it('gives up on calls that do not end within the grace', async () => {
    const clock = virtualClock();
    const tally = createTally();
    const { client, server } = await open(
      serving({ response: () => (tally.add('open'), NEVER.pipe(finalize(() => tally.add('closed')))) }),
      { clock, ends: 'broken' },
    );
    const answer = errorOf(client.response(payload('x')));
    await tally.reached('open');
    const closed = over(server.close());
    await over(client.leaving);
    await clock.advance(1999);
    expect(tally.count('closed')).to.equal(0);
    await clock.advance(1);
    await Promise.all([closed, tally.reached('closed')]);
    expect((await answer).tag).to.equal('Broken');
  });

  // Where it can be resumed, a loss is no end: test/resume.
  if (!wire.resume)
    it('by loss breaks open calls on both sides, and makes new ones unavailable', async () => {
      const [source, answers] = [numbers(), numbers()];
      const tally = createTally();
      let requests: Reader | undefined;
      const { client, peer, tap } = await open(
        serving({
          response: () => (tally.add('open'), NEVER.pipe(finalize(() => tally.add('closed')))),
          stream: () => answers.items,
          channel(incoming) {
            requests = read(incoming, ALL);
            tally.add('open');
            return NEVER;
          },
        }),
        { responder: serving({ response: () => (tally.add('open'), NEVER) }), ends: 'broken' },
      );
      const stream = read(client.stream(payload('x')), 10);
      await stream.got(10);
      const lost = [
        errorOf(client.response(payload('x'))),
        errorOf(client.channel(source.items)),
        errorOf(peer.response(payload('x'))),
      ];
      await tally.reached('open', 3);
      const ends = Promise.all([endOf(client), endOf(peer)]);
      tap.cut();
      stream.ask(ALL);
      expect((await Promise.all([...lost, ends])).flat().map((error) => error?.tag)).to.deep.equal(
        Array.from({ length: 5 }, () => 'Broken'),
      );
      expect([(await stream.ended)?.tag, (await requests?.ended)?.tag]).to.deep.equal(['Broken', 'Broken']);
      expect(disorder(stream.items, stream.items.length)).to.equal(undefined);
      await Promise.all([tally.reached('closed'), source.tally.reached('closed'), answers.tally.reached('closed')]);
      expect((await errorOf(client.response(payload('x')))).tag).to.equal('Unavailable');
      expect((await errorOf(peer.response(payload('x')))).tag).to.equal('Unavailable');
    });

  it('is seen in the availability of both sides', async () => {
    const { client, peer } = await open(serving());
    expect(await firstValueFrom(client.availability)).to.equal(1);
    const both = Promise.all([client, peer].map((side) => lastValueFrom(side.availability.pipe(toArray()))));
    await over(client.close());
    expect((await both).map((values) => [values[0], values.at(-1)])).to.deep.equal([
      [1, 0],
      [1, 0],
    ]);
  });

  it('of one connection leaves the others of a server alone', async () => {
    const { client, server, tap } = await open(serving());
    const other = await connect(tap.transport);
    expect(text((await firstValueFrom(other.response(payload('x')))).data)).to.equal('x');
    expect(server.connections).to.equal(2);
    await over(other.close());
    expect(text((await firstValueFrom(client.response(payload('y')))).data)).to.equal('y');
  });
}
