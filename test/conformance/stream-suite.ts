/** Request/stream. */
import { expect } from 'chai';
import { meshError } from 'millrace';
import { ErrorCode, FrameType, payload, text } from 'millrace/rsocket';
import { concat, EMPTY, filter, firstValueFrom, map, of, take, throwError } from 'rxjs';
import { ALL, disorder, errorOf, gather, gatherTexts, numberOf, numbers, read } from './reader.js';
import { type Stage, settled } from './scene.js';
import { serving } from './serving.js';

export function streamSuite({ open, wire }: Stage): void {
  it('gives 10,000 items in their order', async () => {
    const { client } = await open(serving({ stream: () => numbers(10_000).items }));
    expect(disorder(await gather(client.stream(payload('x'))), 10_000)).to.equal(undefined);
  });

  it('carries the request and the metadata of items', async () => {
    const { client } = await open(
      serving({
        stream: ({ data, metadata }) => of(payload(`re: ${text(data)}`, metadata), payload('', '2'.repeat(99))),
      }),
    );
    const items = await gather(client.stream(payload('question'.repeat(30), 'about')));
    expect(items.map(({ data, metadata }) => [text(data), text(metadata)])).to.deep.equal([
      [`re: ${'question'.repeat(30)}`, 'about'],
      ['', '2'.repeat(99)],
    ]);
  });

  it('may be empty', async () => {
    const { client } = await open(serving({ stream: () => EMPTY }));
    expect(await gather(client.stream(payload('x')))).to.deep.equal([]);
  });

  it('fails after the items before the error', async () => {
    const failing = concat(
      numbers(7).items,
      throwError(() => meshError('Denied', 'no more for you')),
    );
    const { client } = await open(serving({ stream: () => failing }));
    const reader = read(client.stream(payload('x')), ALL);
    const error = await reader.ended;
    expect(disorder(reader.items, 7)).to.equal(undefined);
    expect([error?.tag, error?.message]).to.deep.equal(['Denied', 'no more for you']);
  });

  it('asks for nothing before it is wanted', async () => {
    const { items, tally } = numbers();
    const { client, tap } = await open(serving({ stream: () => items }));
    const reader = read(client.stream(payload('x')));
    await settled(client);
    expect(tally.count('opened'), 'subscriptions of the source').to.equal(0);
    expect(tap.count('client', FrameType.REQUEST_STREAM)).to.equal(0);
    reader.ask(3);
    await reader.got(3);
    reader.leave();
    await tally.reached('closed');
  });

  it('stops the source when the reader stops, and goes on with it', async () => {
    const { items, tally } = numbers();
    const { client } = await open(serving({ stream: () => items }), {
      limits: { firstWindow: 8, window: 16, fastWindow: 16 },
    });
    const reader = read(client.stream(payload('x')), 10);
    await reader.got(10);
    await settled(client);
    expect(tally.count('made'))
      .to.be.at.least(10)
      .and.at.most(10 + 16);
    reader.ask(1000);
    await reader.got(1010);
    await settled(client);
    expect(tally.count('made'))
      .to.be.at.least(1010)
      .and.at.most(1010 + 16);
    expect(disorder(reader.items, 1010)).to.equal(undefined);
    reader.leave();
    await tally.reached('closed');
  });

  it('keeps to a fixed window', async () => {
    const { items, tally } = numbers();
    const { client } = await open(serving({ stream: () => items }));
    const reader = read(client.stream(payload('x'), { window: 3 }), 100);
    await reader.got(100);
    await settled(client);
    expect(tally.count('made')).to.be.at.least(100).and.at.most(103);
    reader.leave();
    await tally.reached('closed');
  });

  for (const kib of [4, 64, 300, 1024]) {
    it(`keeps what is under way of items of ${kib} KiB within 1 MiB and an item`, async () => {
      const { items, tally } = numbers();
      const large = items.pipe(map(() => payload(new Uint8Array(kib * 1024))));
      const { client } = await open(
        serving({ stream: () => large }),
        wire.fragment === undefined ? {} : { fragment: 16 * 1024 },
      );
      const reader = read(client.stream(payload('x')));
      const total = kib < 1024 ? 100 : 40;
      for (let taken = 1; taken <= total; taken++) {
        reader.ask(1);
        await reader.got(taken);
        if (taken % 10 === 0) await settled(client);
        expect(tally.count('made') - taken, `items of ${kib} KiB made and not read`).to.be.at.most(1024 / kib + 1);
      }
      reader.leave();
      await tally.reached('closed');
    });
  }

  it('takes the items that an operator drops for what they are: passed, so that more come', async () => {
    const { items, tally } = numbers();
    const { client } = await open(serving({ stream: () => items }), { limits: { fastWindow: 255 } });
    const rare = client.stream(payload('x')).pipe(filter((item) => numberOf(item) % 100 === 99));
    const reader = read(rare, 5);
    await reader.got(5);
    await settled(client);
    expect(reader.items.map(numberOf)).to.deep.equal([99, 199, 299, 399, 499]);
    expect(tally.count('made')).to.be.at.most(500 + 255);
    reader.leave();
    await tally.reached('closed');
  });

  it('stops the source once when the reader leaves midway', async () => {
    const { items, tally } = numbers();
    const { client, tap } = await open(serving({ stream: () => items }));
    const reader = read(client.stream(payload('x')), 100);
    await reader.got(100);
    reader.leave();
    reader.leave();
    await tally.reached('closed');
    await settled(client);
    expect([tally.count('closed'), tally.count('completed'), tap.count('client', FrameType.CANCEL)]).to.deep.equal([
      1, 0, 1,
    ]);
  });

  it('ends with take(n), and so does the source', async () => {
    const { items, tally } = numbers();
    const { client } = await open(serving({ stream: () => items }));
    expect(disorder(await gather(client.stream(payload('x')).pipe(take(5))), 5)).to.equal(undefined);
    await tally.reached('closed');
  });

  it('is performed again when subscribed again', async () => {
    let calls = 0;
    const { client } = await open(serving({ stream: () => of(payload(String(++calls)), payload('end')) }));
    const stream = client.stream(payload('x'));
    expect(await gatherTexts(stream)).to.deep.equal(['1', 'end']);
    expect(await gatherTexts(stream)).to.deep.equal(['2', 'end']);
  });

  it('is read by for await, at its pace', async () => {
    const { items, tally } = numbers();
    const { client } = await open(serving({ stream: () => items }));
    const got: number[] = [];
    for await (const item of client.stream(payload('x'), { window: 4 })) {
      got.push(numberOf(item));
      if (got.length === 20) {
        await settled(client);
        expect(tally.count('made')).to.be.at.most(20 + 4);
      }
      if (got.length === 50) break;
    }
    await tally.reached('closed');
    expect(got).to.deep.equal(Array.from({ length: 50 }, (_, index) => index));
    expect(tally.count('completed')).to.equal(0);
  });

  it('keeps to the window while a slow for await takes one item after the other', async () => {
    const { items, tally } = numbers();
    const { client } = await open(serving({ stream: () => items }), { limits: { firstWindow: 8, window: 16 } });
    let read = 0;
    let most = 0;
    for await (const item of client.stream(payload('x'))) {
      read = numberOf(item) + 1;
      await firstValueFrom(client.response(payload('slow')));
      most = Math.max(most, tally.count('made') - read);
      if (read === 300) break;
    }
    await tally.reached('closed');
    expect(most, 'items made and not read').to.be.within(4, 16);
  });

  it('throws the error of the stream out of for await', async () => {
    const failing = concat(
      numbers(3).items,
      throwError(() => meshError('Quota', 'spent')),
    );
    const { client } = await open(serving({ stream: () => failing }));
    const got: number[] = [];
    let thrown: unknown;
    try {
      for await (const item of client.stream(payload('x'))) got.push(numberOf(item));
    } catch (error) {
      thrown = error;
    }
    expect(got).to.deep.equal([0, 1, 2]);
    expect(thrown).to.include({ tag: 'Quota', message: 'spent' });
  });

  it('keeps a pushed source within its bound, and then fails with Overrun', async () => {
    const burst = of(...Array.from({ length: 1000 }, (_, index) => payload(String(index))));
    const { client } = await open(serving({ stream: () => burst }));
    const error = await errorOf(client.stream(payload('x')).pipe(map((item) => item)));
    expect([error.tag, error.rsocketCode]).to.deep.equal(['Overrun', ErrorCode.APPLICATION_ERROR]);
  });

  it('runs 100 streams at once, each in its order', async () => {
    const { client } = await open(serving({ stream: () => numbers(200).items }));
    const all = await Promise.all(Array.from({ length: 100 }, () => gather(client.stream(payload('x')))));
    expect(all.map((items) => disorder(items, 200)).filter((each) => each !== undefined)).to.deep.equal([]);
  });
}
