import { expect } from 'chai';
import { consume, contract, mesh, type MeshError, response, stream, unchecked } from 'millrace';
import { peer } from 'millrace/testing';
import { firstValueFrom } from 'rxjs';

const Ratings = contract('ratings', {
  score: response(unchecked<{ id: string }>(), unchecked<number>()),
  top: stream(unchecked<number>(), unchecked<string>()),
});

describe('a peer', () => {
  const served = async () => {
    const ratings = peer(Ratings);
    const app = await mesh().serve(Ratings, ratings.handlers).configure({ 'log.level': 'silent' }).start();
    return { ratings, app, client: app.client(Ratings) };
  };

  it('answers what is expected, in the order of expectations', async () => {
    const { ratings, app, client } = await served();
    ratings.expect('score', { id: 'a' }).reply(7);
    ratings.expect('score').reply(8);
    ratings.expect('top', (n: number) => n > 1).reply('x', 'y');
    expect(await firstValueFrom(client.score({ id: 'b' }))).to.equal(8);
    expect(await firstValueFrom(client.score({ id: 'a' }))).to.equal(7);
    const read: string[] = [];
    await consume(client.top(2), (item) => read.push(item));
    expect(read).to.deep.equal(['x', 'y']);
    ratings.done();
    await app.stop();
  });

  it('tells what it was asked before it answers', async () => {
    const { ratings, app, client } = await served();
    const expected = ratings.expect('score');
    const answer = firstValueFrom(client.with({ priority: 'bulk' }).score({ id: 'a' }));
    const { request, call } = await expected.asked;
    expect(request).to.deep.equal({ id: 'a' });
    expect(call.priority).to.equal('bulk');
    expected.reply(5);
    expect(await answer).to.equal(5);
    await app.stop();
  });

  it('fails what nobody expects, and says so at the end, as it says what did not come', async () => {
    const { ratings, app, client } = await served();
    ratings.expect('top');
    const error = await firstValueFrom(client.score({ id: 'a' })).catch((reason: MeshError) => reason);
    expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_PEER' });
    expect(String((error as MeshError).message)).to.equal(
      'nobody expects ratings.score({"id":"a"}); expected are top()',
    );
    expect(() => ratings.done()).to.throw(
      'ratings: top() was expected and did not come; ratings.score({"id":"a"}) came, which nobody expected',
    );
    await app.stop();
  });
});
