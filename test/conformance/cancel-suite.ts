/** CANCEL in every state of a call. */
import { expect } from 'chai';
import { FrameType, payload } from 'millrace/rsocket';
import { concat, finalize, ignoreElements, NEVER, of } from 'rxjs';
import { createTally } from '../rsocket/tally.js';
import { gather, numbers, read } from './reader.js';
import { type Stage, settled } from './scene.js';
import { serving } from './serving.js';

export function cancelSuite({ open }: Stage): void {
  it('before a response has come reaches its handler once', async () => {
    const tally = createTally();
    const { client, tap } = await open(
      serving({
        response: (request) =>
          request.data.length === 0
            ? (tally.add('open'), NEVER.pipe(finalize(() => tally.add('closed'))))
            : of(request),
      }),
    );
    const call = client.response(payload('')).subscribe();
    await tally.reached('open');
    call.unsubscribe();
    call.unsubscribe();
    await tally.reached('closed');
    await settled(client);
    expect([tally.count('closed'), tap.count('client', FrameType.CANCEL)]).to.deep.equal([1, 1]);
  });

  it('in the turn of the request costs no more than the two frames', async () => {
    const tally = createTally();
    const { client, tap } = await open(
      serving({
        response: (request) =>
          request.data.length === 0 ? NEVER.pipe(finalize(() => tally.add('closed'))) : of(request),
      }),
    );
    client.response(payload('')).subscribe().unsubscribe();
    await tally.reached('closed');
    await settled(client);
    expect(tap.count('client', FrameType.CANCEL)).to.equal(1);
  });

  it('after a response has come sends nothing', async () => {
    const { client, tap } = await open(serving());
    const tally = createTally();
    const call = client.response(payload('x')).subscribe({ complete: () => tally.add('complete') });
    await tally.reached('complete');
    call.unsubscribe();
    await settled(client);
    expect(tap.count('client', FrameType.CANCEL)).to.equal(0);
  });

  it('before the first item of a stream reaches its source', async () => {
    const tally = createTally();
    const { client } = await open(
      serving({ stream: () => (tally.add('open'), NEVER.pipe(finalize(() => tally.add('closed')))) }),
    );
    const reader = read(client.stream(payload('x')), 1);
    await tally.reached('open');
    reader.leave();
    await tally.reached('closed');
  });

  it('while items wait drops them', async () => {
    const source = numbers();
    const { client } = await open(serving({ stream: () => source.items }));
    const reader = read(client.stream(payload('x')), 1);
    await reader.got(1);
    await source.tally.reached('made', 20);
    reader.leave();
    await source.tally.reached('closed');
    await settled(client);
    expect(reader.items).to.have.length(1);
  });

  it('after a stream has ended sends nothing', async () => {
    const { client, tap } = await open(serving({ stream: () => numbers(3).items }));
    const reader = read(client.stream(payload('x')), 3);
    expect(await reader.ended).to.equal(undefined);
    reader.leave();
    await settled(client);
    expect(tap.count('client', FrameType.CANCEL)).to.equal(0);
  });

  it('at the last item of a stream that has ended on the wire sends nothing for what is over', async () => {
    const { client } = await open(serving({ stream: () => numbers(3).items }));
    const reader = read(client.stream(payload('x')), 2);
    await reader.got(2);
    await settled(client);
    reader.leave();
    await settled(client);
    expect(reader.items).to.have.length(2);
  });

  it('of a channel whose requests have ended reaches the replies', async () => {
    const answers = numbers();
    const { client } = await open(
      serving({ channel: (requests) => concat(requests.pipe(ignoreElements()), answers.items) }),
    );
    const reader = read(client.channel(numbers(2).items), 5);
    await reader.got(5);
    reader.leave();
    await answers.tally.reached('closed');
    await settled(client);
    expect(answers.tally.count('closed')).to.equal(1);
  });

  it('of requests whose replies have ended reaches the requester', async () => {
    const source = numbers();
    const tally = createTally();
    const { client } = await open(
      serving({
        channel(requests) {
          const reader = read(requests, 5);
          void reader.got(5).then(() => {
            reader.leave();
            tally.add('left');
          });
          return of(payload('only'));
        },
      }),
    );
    await gather(client.channel(source.items));
    await tally.reached('left');
    await source.tally.reached('closed');
    await settled(client);
    expect(source.tally.count('closed')).to.equal(1);
  });

  it('of a channel from both sides at once ends it once', async () => {
    const [source, answers] = [numbers(), numbers()];
    const tally = createTally();
    const { client } = await open(
      serving({
        channel(requests) {
          const reader = read(requests, 1);
          void reader.got(1).then(() => {
            reader.leave();
            tally.add('left');
          });
          return answers.items;
        },
      }),
    );
    const reader = read(client.channel(source.items), 1);
    await reader.got(1);
    reader.leave();
    await Promise.all([tally.reached('left'), source.tally.reached('closed'), answers.tally.reached('closed')]);
    await settled(client);
    expect([source.tally.count('closed'), answers.tally.count('closed')]).to.deep.equal([1, 1]);
  });

  it('of one stream leaves the others alone', async () => {
    const source = numbers();
    const { client } = await open(serving({ stream: () => source.items }));
    const [one, other] = [read(client.stream(payload('1')), 10), read(client.stream(payload('2')), 10)];
    await Promise.all([one.got(10), other.got(10)]);
    one.leave();
    await source.tally.reached('closed');
    other.ask(1000);
    await other.got(1010);
    other.leave();
    await source.tally.reached('closed', 2);
  });
}
