/** Both sides as callers, and METADATA_PUSH. */
import { expect } from 'chai';
import { type Connection, payload, text } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom, map, of, take, toArray } from 'rxjs';
import { disorder, gather, numberItem, numberOf, numbers } from './reader.js';
import { over, type Scene, settled, type Stage } from './scene.js';
import { serving } from './serving.js';

export function bothSidesSuite({ open }: Stage): void {
  it('call each other at once in every model', async () => {
    const service = serving({ stream: () => numbers(500).items, channel: (requests) => requests });
    const { client, peer } = await open(service, { responder: service });
    const calls = (side: Connection): Promise<readonly (string | undefined)[]> =>
      Promise.all([
        ...Array.from({ length: 200 }, async (_, index) => {
          const answer = await firstValueFrom(side.response(numberItem(index)));
          return numberOf(answer) === index ? undefined : `answer ${index} is ${text(answer.data)}`;
        }),
        ...Array.from({ length: 5 }, async () => disorder(await gather(side.stream(payload('x'))), 500)),
        ...Array.from({ length: 5 }, async () => disorder(await gather(side.channel(numbers(500).items)), 500)),
      ]);
    const faults = (await Promise.all([calls(client), calls(peer)])).flat().filter((each) => each !== undefined);
    expect(faults).to.deep.equal([]);
  });

  it('may be asked back while they are being answered', async () => {
    const { client, peer }: Scene = await open(
      serving({
        response: (request) => peer.response(request).pipe(map(({ data }) => payload(`${text(data)} and back`))),
      }),
      { responder: serving({ response: ({ data }) => of(payload(`${text(data)} there`)) }) },
    );
    expect(text((await firstValueFrom(client.response(payload('sent')))).data)).to.equal('sent there and back');
  });

  it('push metadata to each other, in order', async () => {
    const { client, peer } = await open(serving());
    await settled(client);
    const sides: readonly (readonly [Connection, Connection])[] = [
      [client, peer],
      [peer, client],
    ];
    for (const [from, to] of sides) {
      const heard = lastValueFrom(
        to.pushes.pipe(
          map((bytes) => text(bytes)),
          take(100),
          toArray(),
        ),
      );
      for (let index = 0; index < 100; index++) await over(from.push(Buffer.from(`${index}`)));
      expect(await heard).to.deep.equal(Array.from({ length: 100 }, (_, index) => String(index)));
    }
  });

  it('do not push before the push is subscribed', async () => {
    const { client, peer } = await open(serving());
    const heard: string[] = [];
    peer.pushes.subscribe((bytes) => heard.push(text(bytes)));
    const push = client.push(Buffer.from('x'));
    await settled(client);
    expect(heard).to.deep.equal([]);
    await over(push);
    await settled(client);
    expect(heard).to.deep.equal(['x']);
  });

  it('know each other as Millrace', async () => {
    const { client, peer } = await open(serving());
    await settled(client);
    expect([client.millrace, peer.millrace]).to.deep.equal([true, true]);
  });
}
