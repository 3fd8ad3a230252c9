/** A reply's own metadata, between Millrace peers. */
import { expect } from 'chai';
import { type Call, callOf, isMeshError, meshError, type Metadata, replyPlace } from 'millrace';
import { compositeMetadata, decodeComposite, payload, type Payload, text, type WireRequest } from 'millrace/rsocket';
import { concat, defer, EMPTY, firstValueFrom, of, throwError } from 'rxjs';
import { errorOf, gather, numbers, read } from './reader.js';
import { type Stage, settled } from './scene.js';
import { serving } from './serving.js';

const long = 'v'.repeat(200);

export function replySuite({ open }: Stage): void {
  it('comes with a response, and leaves its metadata as it was', async () => {
    const own = compositeMetadata([['text/plain', Buffer.from('own')]]);
    const { client } = await open(serving({ response: (_, call) => said(call, of(payload('x', own))) }));
    const call = callOf<WireRequest>({ interaction: 'response', request: payload('') });
    const answer = await firstValueFrom(client.call(call));
    expect(pairs(call.reply.metadata)).to.deep.equal([
      ['etag', '"1"'],
      ['long', long],
    ]);
    expect(entry(answer, 'text/plain')).to.equal('own');
  });

  it('comes with a response that is empty', async () => {
    const { client } = await open(serving({ response: (_, call) => said(call, EMPTY) }));
    const call = callOf<WireRequest>({ interaction: 'response', request: payload('') });
    expect(await gather(client.call(call))).to.deep.equal([]);
    expect(call.reply.metadata.get('etag')).to.equal('"1"');
  });

  it('comes with an error', async () => {
    const fail = throwError(() => meshError('Denied', 'no'));
    const { client } = await open(
      serving({ response: (_, call) => said(call, fail), stream: (_, call) => said(call, fail) }),
    );
    for (const interaction of ['response', 'stream'] as const) {
      const call = callOf<WireRequest>({ interaction, request: payload('') });
      expect((await errorOf(client.call(call))).tag).to.equal('Denied');
      expect(call.reply.metadata.get('long'), interaction).to.equal(long);
    }
  });

  it('comes with the first item of a stream', async () => {
    const { client } = await open(serving({ stream: (_, call) => said(call, numbers().items) }));
    const reply = replyPlace();
    const reader = read(client.stream(payload(''), { reply }), 1);
    await reader.got(1);
    expect(reply.metadata.get('etag')).to.equal('"1"');
    reader.leave();
  });

  it('comes with the completion of a stream', async () => {
    const { client } = await open(
      serving({
        stream: (_, call) =>
          concat(
            numbers(3).items,
            defer(() => (call.reply.set('total', '3'), EMPTY)),
          ),
      }),
    );
    const reply = replyPlace();
    const reader = read(client.stream(payload(''), { reply }), 3);
    await reader.got(3);
    expect(await reader.ended).to.equal(undefined);
    expect(pairs(reply.metadata)).to.deep.equal([['total', '3']]);
  });

  it('comes with an error after the items of a stream, the later word replacing the earlier', async () => {
    const { client } = await open(
      serving({
        stream(_, call) {
          call.reply.set('state', 'begun');
          return concat(
            numbers(3).items,
            defer(() => (call.reply.set('state', 'failed'), throwError(() => meshError('Failed', 'half way')))),
          );
        },
      }),
    );
    const reply = replyPlace();
    const reader = read(client.stream(payload(''), { reply, window: 1 }), 1);
    await reader.got(1);
    expect(reply.metadata.get('state')).to.equal('begun');
    reader.ask(10);
    expect((await reader.ended)?.tag).to.equal('Failed');
    expect(reply.metadata.get('state')).to.equal('failed');
  });

  it('comes with the replies of a channel', async () => {
    const { client } = await open(serving({ channel: (requests, call) => said(call, requests) }));
    const reply = replyPlace();
    await gather(client.channel(numbers(3).items, { reply }));
    expect(reply.metadata.get('etag')).to.equal('"1"');
  });

  it('fails the call, and no more, where its metadata is not composite', async () => {
    const plain = of(payload('x', 'not composite'));
    const { client } = await open(
      serving({
        response: (request, call) => (text(request.data) === '' ? said(call, plain) : of(request)),
        stream: (_, call) => said(call, plain),
      }),
    );
    for (const interaction of ['response', 'stream'] as const) {
      const call = callOf<WireRequest>({ interaction, request: payload('') });
      const end: unknown = await gather(client.call(call)).catch((error: unknown) => error);
      expect(Array.isArray(end) || isMeshError(end), 'an answer or an error').to.equal(true);
    }
    await settled(client);
  });
}

function said<T>(call: Call<unknown>, answer: T): T {
  call.reply.set('etag', '"1"');
  call.reply.set('long', long);
  return answer;
}

function pairs(metadata: Metadata): unknown {
  return [...metadata];
}

function entry({ metadata }: Payload, type: string): string {
  return text(decodeComposite(metadata ?? new Uint8Array(0)).find(([each]) => each === type)?.[1]);
}
