/** Errors between two Millrace peers. */
import { expect } from 'chai';
import { ERRORS, type ErrorTag, type MeshError, meshError } from 'millrace';
import { payload } from 'millrace/rsocket';
import { concat, throwError } from 'rxjs';
import { errorOf, numbers } from './reader.js';
import type { Stage } from './scene.js';
import { serving } from './serving.js';

const tags = (Object.keys(ERRORS) as ErrorTag[]).filter((tag) => tag !== 'Defect');

export function errorSuite({ open }: Stage): void {
  for (const tag of tags) {
    it(`${tag} arrives as it was, with its chain of causes`, async () => {
      const root = meshError('Broken', 'the socket broke', { code: 'SOCKET' });
      const middle = meshError('Slow', 'the store was slow', { cause: root });
      const sent = meshError(tag, `${tag.toLowerCase()} it is`, {
        cause: middle,
        code: 'ORDER_FAILED',
        after: 1500,
        retry: 'same',
        httpStatus: 418,
      });
      const { client } = await open(serving({ response: () => throwError(() => sent) }));
      const got = await errorOf(client.response(payload('x')));
      expect(chain(got)).to.deep.equal(chain(sent));
    });
  }

  it('come with every model', async () => {
    const fail = () => throwError(() => meshError('Denied', 'no'));
    const { client, peer } = await open(
      serving({ response: fail, stream: fail, channel: (requests) => concat(requests, fail()) }),
      { responder: serving({ response: fail }) },
    );
    for (const call of [
      client.response(payload('x')),
      client.stream(payload('x')),
      client.channel(numbers(3).items),
      peer.response(payload('x')),
    ]) {
      expect((await errorOf(call)).tag).to.equal('Denied');
    }
  });

  it('that a handler throws, or that are no MeshErrors, are Defects whose message stays inside', async () => {
    const secret = 'password=hunter2';
    const bugs = [
      () => throwError(() => new Error(secret)),
      () => throwError(() => secret),
      () => throwError(() => undefined),
      () => throwError(() => meshError('Defect', secret, { cause: new Error(secret) })),
      () => {
        throw new Error(secret);
      },
    ];
    for (const bug of bugs) {
      const { client } = await open(serving({ response: bug, stream: bug, channel: bug }));
      for (const call of [client.response(payload('x')), client.stream(payload('x')), client.channel([payload('x')])]) {
        const got = await errorOf(call);
        expect(got.tag).to.equal('Defect');
        expect(JSON.stringify([got.message, got.stack, chain(got)])).not.to.contain(secret);
      }
    }
  });

  it('that a handler throws when it is called are told as they are', async () => {
    const { client } = await open(
      serving({
        response() {
          throw meshError('Unauthenticated', 'who are you?');
        },
      }),
    );
    const got = await errorOf(client.response(payload('x')));
    expect([got.tag, got.message]).to.deep.equal(['Unauthenticated', 'who are you?']);
  });

  it('with a bug as their cause say nothing of it', async () => {
    const cause = new Error('password=hunter2');
    const { client } = await open(
      serving({ response: () => throwError(() => meshError('Failed', 'it failed', { cause })) }),
    );
    const got = await errorOf(client.response(payload('x')));
    expect([got.tag, got.message, JSON.stringify(got)]).to.satisfy(
      ([tag, message, all]: string[]) => tag === 'Failed' && message === 'it failed' && !all?.includes('hunter2'),
    );
    expect(String(got.cause)).not.to.contain('hunter2');
  });

  it('longer than a report are cut, not refused', async () => {
    const { client } = await open(
      serving({ response: () => throwError(() => meshError('Failed', 'long'.repeat(100_000))) }),
    );
    const got = await errorOf(client.response(payload('x')));
    expect([got.tag, got.message]).to.deep.equal(['Failed', 'long'.repeat(256)]);
  });

  it('with a cause of themselves end', async () => {
    const endless = meshError('Failed', 'round');
    endless.cause = endless;
    const { client } = await open(serving({ response: () => throwError(() => endless) }));
    expect((await errorOf(client.response(payload('x')))).message).to.equal('round');
  });
}

function chain(error: unknown): unknown {
  if (error === undefined) return undefined;
  const { tag, message, code, after, retry, httpStatus, rsocketCode, cause } = error as MeshError;
  return { tag, message, code, after, retry, httpStatus, rsocketCode, cause: chain(cause) };
}
