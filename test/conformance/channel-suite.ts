/** Request/channel. */
import { expect } from 'chai';
import { fromIterable, iterate, meshError } from 'millrace';
import { FrameType, payload, text } from 'millrace/rsocket';
import { concat, EMPTY, ignoreElements, map, NEVER, of, take, throwError } from 'rxjs';
import { createTally } from '../rsocket/tally.js';
import {
  ALL,
  disorder,
  errorOf,
  gather,
  gatherTexts,
  numberItem,
  numberOf,
  numbers,
  read,
  type Reader,
} from './reader.js';
import { type Stage, settled } from './scene.js';
import { serving } from './serving.js';

const narrow = { limits: { firstWindow: 8, window: 16, fastWindow: 16 } };

export function channelSuite({ open }: Stage): void {
  it('carries 20,000 items each way, in their order', async () => {
    const { client } = await open(serving({ channel: (requests) => requests }));
    expect(disorder(await gather(client.channel(numbers(20_000).items)), 20_000)).to.equal(undefined);
  }).timeout(20_000);

  it('carries 20,000 items each way that do not depend on each other', async () => {
    const tally = createTally();
    let reader: Reader | undefined;
    const { client } = await open(
      serving({
        channel(requests) {
          reader = read(requests, ALL);
          tally.add('open');
          return numbers(20_000).items;
        },
      }),
    );
    const replies = gather(client.channel(numbers(20_000).items));
    await tally.reached('open');
    expect(await reader?.ended).to.equal(undefined);
    expect(disorder(reader?.items ?? [], 20_000)).to.equal(undefined);
    expect(disorder(await replies, 20_000)).to.equal(undefined);
  }).timeout(20_000);

  it('carries one item', async () => {
    const { client, tap } = await open(serving({ channel: (requests) => requests.pipe(map((item) => item)) }));
    const got = await gather(client.channel(of(payload('one', 'about it'))));
    expect(got.map(({ data, metadata }) => [text(data), text(metadata)])).to.deep.equal([['one', 'about it']]);
    expect(tap.count('client', FrameType.REQUEST_CHANNEL)).to.equal(1);
  });

  it('without an item is no call', async () => {
    const { client, tap } = await open(serving());
    expect(await gather(client.channel(EMPTY))).to.deep.equal([]);
    expect(tap.count('client', FrameType.REQUEST_CHANNEL)).to.equal(0);
  });

  it('whose first item is an error is no call', async () => {
    const { client, tap } = await open(serving());
    const error = await errorOf(client.channel(throwError(() => meshError('Denied', 'changed my mind'))));
    expect([error.tag, tap.count('client', FrameType.REQUEST_CHANNEL)]).to.deep.equal(['Denied', 0]);
  });

  it('may be answered with nothing', async () => {
    const { client } = await open(serving({ channel: (requests) => requests.pipe(ignoreElements()) }));
    expect(await gather(client.channel(numbers(100).items))).to.deep.equal([]);
  });

  it('is paced by a slow reader of requests', async () => {
    const source = numbers();
    const tally = createTally();
    let requests: Reader | undefined;
    const { client } = await open(
      serving({
        channel(incoming) {
          requests = read(incoming);
          tally.add('open');
          return numbers().items;
        },
      }),
      narrow,
    );
    const replies = read(client.channel(source.items), 100);
    await tally.reached('open');
    await replies.got(100);
    await settled(client);
    expect(source.tally.count('made'), 'requests made while the reader asks for none').to.be.at.most(1 + 16);
    requests?.ask(500);
    await requests?.got(500);
    await settled(client);
    expect(source.tally.count('made') - 500, 'requests made and not read').to.be.within(0, 1 + 16);
    expect(disorder(requests?.items ?? [], 500)).to.equal(undefined);
    replies.leave();
    await source.tally.reached('closed');
    requests?.ask(ALL);
    expect((await requests?.ended)?.tag, 'after the requests that waited').to.equal('Canceled');
  });

  it('is paced by a slow reader of replies', async () => {
    const answers = numbers();
    const tally = createTally();
    let requests: Reader | undefined;
    const { client } = await open(
      serving({
        channel(incoming) {
          requests = read(incoming, ALL);
          tally.add('open');
          return answers.items;
        },
      }),
      narrow,
    );
    const replies = read(client.channel(numbers(5000).items), 10);
    await tally.reached('open');
    await requests?.ended;
    expect(disorder(requests?.items ?? [], 5000)).to.equal(undefined);
    await replies.got(10);
    await settled(client);
    expect(answers.tally.count('made') - 10, 'replies made and not read').to.be.within(0, 16);
    replies.ask(490);
    await replies.got(500);
    await settled(client);
    expect(answers.tally.count('made') - 500, 'replies made and not read').to.be.within(0, 16);
    replies.leave();
    await answers.tally.reached('closed');
  });

  it('goes on with its replies when its requests have ended', async () => {
    const answers = numbers();
    const { client } = await open(
      serving({ channel: (requests) => concat(requests.pipe(ignoreElements()), answers.items) }),
    );
    const replies = read(client.channel(numbers(10).items), 1000);
    await replies.got(1000);
    expect(disorder(replies.items, 1000)).to.equal(undefined);
    replies.leave();
    await answers.tally.reached('closed');
  });

  it('goes on with its requests when its replies have ended', async () => {
    const source = numbers();
    let requests: Reader | undefined;
    const { client } = await open(
      serving({
        channel(incoming) {
          requests = read(incoming, 1);
          return of(payload('only'));
        },
      }),
    );
    expect(await gatherTexts(client.channel(source.items))).to.deep.equal(['only']);
    requests?.ask(999);
    await requests?.got(1000);
    expect(disorder(requests?.items ?? [], 1000)).to.equal(undefined);
    expect(source.tally.count('closed')).to.equal(0);
    requests?.leave();
    await source.tally.reached('closed');
  });

  it('ends the requests that nobody reads when its replies have ended', async () => {
    const source = numbers();
    const { client } = await open(serving({ channel: () => of(payload('only')) }));
    expect(await gatherTexts(client.channel(source.items))).to.deep.equal(['only']);
    await source.tally.reached('closed');
  });

  it('lets the server take some requests and cancel the rest, and goes on with its replies', async () => {
    const source = numbers();
    const { client, tap } = await open(
      serving({ channel: (requests) => concat(requests.pipe(take(5)), numbers(1000).items) }),
    );
    const got = await gather(client.channel(source.items));
    expect(disorder(got.slice(0, 5), 5)).to.equal(undefined);
    expect(disorder(got.slice(5), 1000)).to.equal(undefined);
    await source.tally.reached('closed');
    await settled(client);
    expect([source.tally.count('closed'), tap.count('server', FrameType.CANCEL)]).to.deep.equal([1, 1]);
  });

  it('fails on both sides with the error of its requests', async () => {
    const answers = numbers();
    const tally = createTally();
    let requests: Reader | undefined;
    const { client } = await open(
      serving({
        channel(incoming) {
          requests = read(incoming, ALL);
          tally.add('open');
          return answers.items;
        },
      }),
    );
    const failing = concat(
      numbers(3).items,
      throwError(() => meshError('Denied', 'the requester has failed')),
    );
    const error = await read(client.channel(failing), 5).ended;
    await tally.reached('open');
    const there = await requests?.ended;
    await answers.tally.reached('closed');
    expect([error?.message, there?.tag, there?.message]).to.deep.equal([
      'the requester has failed',
      'Denied',
      'the requester has failed',
    ]);
    expect(disorder(requests?.items ?? [], 3)).to.equal(undefined);
  });

  it('fails on both sides with the error of its replies', async () => {
    const source = numbers();
    const tally = createTally();
    let requests: Reader | undefined;
    const { client } = await open(
      serving({
        channel(incoming) {
          requests = read(incoming, 3);
          tally.add('open');
          return concat(
            numbers(2).items,
            throwError(() => meshError('Quota', 'the server has failed')),
          );
        },
      }),
    );
    const replies = read(client.channel(source.items), ALL);
    const error = await replies.ended;
    await tally.reached('open');
    await source.tally.reached('closed');
    const there = await requests?.ended;
    expect([error?.tag, replies.items.map(numberOf), there?.tag]).to.deep.equal(['Quota', [0, 1], 'Canceled']);
  });

  it('is cancelled by its caller on both sides, once', async () => {
    const [source, answers] = [numbers(), numbers()];
    const tally = createTally();
    let requests: Reader | undefined;
    const { client, tap } = await open(
      serving({
        channel(incoming) {
          requests = read(incoming, 10);
          tally.add('open');
          return answers.items;
        },
      }),
    );
    const replies = read(client.channel(source.items), 10);
    await tally.reached('open');
    await Promise.all([replies.got(10), requests?.got(10)]);
    replies.leave();
    await Promise.all([source.tally.reached('closed'), answers.tally.reached('closed')]);
    requests?.ask(ALL);
    expect((await requests?.ended)?.tag, 'after the requests that waited').to.equal('Canceled');
    await settled(client);
    expect([
      source.tally.count('closed'),
      answers.tally.count('closed'),
      tap.count('client', FrameType.CANCEL),
      tap.count('server', FrameType.CANCEL),
    ]).to.deep.equal([1, 1, 1, 0]);
  });

  it('is read by for await on the server, which answers each request', async () => {
    const { client } = await open(
      serving({
        channel: (requests) =>
          fromIterable(async function* () {
            for await (const request of iterate(requests)) yield numberItem(numberOf(request) * 2);
          }),
      }),
    );
    const got = await gather(client.channel(numbers(100).items));
    expect(got.map(numberOf)).to.deep.equal(Array.from({ length: 100 }, (_, index) => index * 2));
  });

  it('refuses to read its requests twice', async () => {
    const { client } = await open(serving({ channel: (requests) => concat(requests.pipe(take(1)), requests) }));
    const error = await errorOf(client.channel(numbers(10).items));
    expect(error.tag).to.equal('Invalid');
  });

  it('is performed again when subscribed again', async () => {
    let calls = 0;
    const { client } = await open(
      serving({
        channel(requests) {
          const call = String(++calls);
          return requests.pipe(map(() => payload(call)));
        },
      }),
    );
    const channel = client.channel(numbers(1).items);
    expect(await gatherTexts(channel)).to.deep.equal(['1']);
    expect(await gatherTexts(channel)).to.deep.equal(['2']);
  });

  it('that never gets an answer is let go of by a cancel', async () => {
    const source = numbers();
    const { client, tap } = await open(serving({ channel: () => NEVER }));
    const replies = read(client.channel(source.items), 1);
    await tap.seen(({ type }) => type === FrameType.REQUEST_CHANNEL);
    await settled(client);
    replies.leave();
    await source.tally.reached('closed');
    expect(source.tally.count('made')).to.equal(1);
  });
}
