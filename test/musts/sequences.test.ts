/** The MUST lines of Fragmentation and of Lease Semantics, and the first of Handling the Unexpected. */

import { expect } from 'chai';
import { payload, text } from 'millrace/rsocket';
import { virtualClock } from 'millrace/testing';
import { firstValueFrom, of } from 'rxjs';
import { anError, aPayload, expectEcho, named } from '../rsocket/expectations.js';
import {
  type Content,
  Flag,
  FrameType,
  leaseFrame,
  payloadFrame,
  rawFrame,
  responseFrame,
  streamFrame,
} from '../rsocket/raw-frame.js';
import { namesOn, onStream, stage, trips } from './stage.js';

const heard = { error: () => undefined };

describe('the MUST lines about fragments and leases', () => {
  const { serve, meet } = stage();

  const METADATA = 'metadata '.repeat(20);
  const DATA = 'data '.repeat(40);

  /** Checks that metadata is whole before data begins, and that all of both came. */
  function metadataFirst(fragments: readonly Content[]): void {
    const begun = fragments.findIndex(({ data }) => data.length > 0);
    const ended = fragments.findLastIndex(({ metadata }) => metadata !== undefined);
    expect([begun, ended], 'the first fragment with data, and the last with metadata').to.satisfy(() => begun >= ended);
    const whole = (part: keyof Content): string =>
      Buffer.concat(fragments.map((each) => each[part] ?? Buffer.alloc(0))).toString();
    expect([whole('metadata'), whole('data')]).to.deep.equal([METADATA, DATA]);
  }

  it('MUST-76: the metadata of a PAYLOAD in fragments comes before its data', async () => {
    const { setUp } = await serve({ fragment: 64 });
    const peer = await setUp();
    await peer.send(responseFrame(1, DATA, { metadata: METADATA }));
    await trips(peer);
    metadataFirst(peer.received.filter(aPayload(1)));
  });

  it('MUST-77: the metadata of a request in fragments comes before its data', async () => {
    const { client, server } = await meet({ fragment: 64 });
    client.response(payload(DATA, METADATA)).subscribe(heard);
    await trips(server);
    const request = server.received.filter(named('REQUEST_RESPONSE'));
    metadataFirst([...request, ...server.received.filter(aPayload(1))]);
  });

  it('MUST-83: a client makes no more requests than its lease says', async () => {
    const { client, server } = await meet({ lease: true });
    for (const what of ['a', 'b', 'c', 'd']) client.response(payload(what)).subscribe(heard);
    await server.send(leaseFrame(60_000, 2));
    await trips(server);
    expect(server.received.filter(named('REQUEST_RESPONSE'))).to.have.length(2);
    await server.send(leaseFrame(60_000, 1));
    await trips(server);
    expect(server.received.filter(named('REQUEST_RESPONSE'))).to.have.length(3);
  });

  it('MUST-83: a client makes no request once the time of its lease is over', async () => {
    const clock = virtualClock();
    const { client, server } = await meet({ lease: true, clock });
    await server.send(leaseFrame(1000, 5));
    await trips(server);
    client.response(payload('in time')).subscribe(heard);
    await server.expectFrame(named('REQUEST_RESPONSE'));
    await clock.advance(1000);
    client.response(payload('late')).subscribe(heard);
    await trips(server);
    expect(server.received.filter(named('REQUEST_RESPONSE'))).to.have.length(1);
  });

  it('MUST-84: a request that no lease covers is refused with REJECTED', async () => {
    const { setUp, calls } = await serve({ leases: of({ requests: 1, ttl: 60_000 }) });
    const peer = await setUp({ flags: Flag.LEASE });
    await peer.expectFrame(named('LEASE'));
    await peer.send(responseFrame(1, 'a'), responseFrame(3, 'b'), streamFrame(5, 1, 'c'));
    await peer.expectFrame(aPayload(1));
    await trips(peer);
    expect(namesOn(peer, 3)).to.deep.equal(['ERROR']);
    expect(peer.received.filter(anError(undefined, 'REJECTED')).map(({ streamId }) => streamId)).to.deep.equal([3, 5]);
    expect(calls.count('called')).to.equal(1);
  });

  it('MUST-85: a PAYLOAD without COMPLETE ends a request/response all the same', async () => {
    const { client, server } = await meet();
    const answers: string[] = [];
    client.response(payload('x')).subscribe({
      next: (answer) => answers.push(text(answer)),
      complete: () => answers.push('end'),
      ...heard,
    });
    await server.expectFrame(named('REQUEST_RESPONSE'));
    await server.send(payloadFrame(1, 'first', { flags: Flag.NEXT }), payloadFrame(1, 'second'));
    await trips(server);
    expect(answers).to.deep.equal(['first', 'end']);
  });

  it('MUST-85: a PAYLOAD without any flag ends a request/response all the same', async () => {
    const { client, server } = await meet();
    const answers: string[] = [];
    client.response(payload('x')).subscribe({
      next: () => answers.push('item'),
      complete: () => answers.push('end'),
      ...heard,
    });
    await server.expectFrame(named('REQUEST_RESPONSE'));
    await server.send(payloadFrame(1, '', { flags: 0 }));
    await trips(server);
    expect(answers).to.deep.equal(['end']);
  });

  it('MUST-86: an item whose fragments never end is refused, and costs no more than the limit', async () => {
    const { setUp } = await serve({ limits: { reassembly: '64 KiB' } });
    const peer = await setUp();
    const data = Buffer.alloc(10_000);
    await peer.send(responseFrame(1, data, { flags: Flag.FOLLOWS }));
    for (let sent = 0; sent < 10; sent++) await peer.send(payloadFrame(1, data, { flags: Flag.NEXT | Flag.FOLLOWS }));
    await expectEcho(peer, 3);
    expect(namesOn(peer, 1)).to.deep.equal(['ERROR']);
    expect(peer.received.filter(anError(1, 'INVALID'))).to.have.length(1);
  });

  it('MUST-87: flags that a type does not have are ignored', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    const others = Flag.COMPLETE | Flag.NEXT | 0x1f;
    await peer.send(responseFrame(1, 'a', { flags: others }));
    expect((await peer.expectFrame(aPayload(1))).data.toString()).to.equal('a');
    await peer.send(streamFrame(3, 1, 'numbers', { flags: others }));
    await peer.expectFrame(aPayload(3));
    await peer.send(rawFrame(3, FrameType.REQUEST_N, 0xff | Flag.METADATA, Buffer.from([0, 0, 0, 2])));
    await peer.expectFrames(2, aPayload(3));
    await peer.send(rawFrame(3, FrameType.CANCEL, 0xff | Flag.METADATA));
    await trips(peer);
    expect(peer.received.filter(onStream(3))).to.have.length(3);
  });

  it('MUST-87: flags that an answer does not have are ignored', async () => {
    const { client, server } = await meet();
    const answer = firstValueFrom(client.response(payload('x')));
    await server.expectFrame(named('REQUEST_RESPONSE'));
    await server.send(payloadFrame(1, 'answer', { flags: Flag.NEXT | Flag.COMPLETE | 0x1f }));
    expect(text(await answer)).to.equal('answer');
  });
});
