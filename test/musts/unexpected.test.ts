/** The MUST lines of Handling the Unexpected: what has to be ignored. */

import { expect } from 'chai';
import { payload, text } from 'millrace/rsocket';
import { firstValueFrom } from 'rxjs';
import { expectEcho, expectIgnored, named } from '../rsocket/expectations.js';
import {
  cancelFrame,
  channelFrame,
  ErrorCode,
  errorFrame,
  Flag,
  leaseFrame,
  metadataPushFrame,
  notifyFrame,
  payloadFrame,
  requestNFrame,
  responseFrame,
  resumeOkFrame,
  setupFrame,
  streamFrame,
} from '../rsocket/raw-frame.js';
import { namesOn, stage, trips } from './stage.js';

describe('the MUST lines about the unexpected', () => {
  const { serve, meet, encounter } = stage();

  /** Our server takes no notice of these frames, and goes on. */
  async function serverIgnores(...frames: readonly Uint8Array[]): Promise<void> {
    const { setUp, calls } = await serve();
    const peer = await setUp();
    await peer.send(...frames);
    await expectIgnored(peer, 11);
    expect(calls.count('called')).to.equal(1);
  }

  /** Our client takes no notice of these frames, and goes on. */
  async function clientIgnores(...frames: readonly Uint8Array[]): Promise<void> {
    const { client, server } = await meet();
    await server.send(...frames);
    await trips(server);
    const answer = firstValueFrom(client.response(payload('x')));
    await server.expectFrame(named('REQUEST_RESPONSE'));
    await server.send(payloadFrame(1, 'answer', { flags: Flag.NEXT | Flag.COMPLETE }));
    expect(text(await answer)).to.equal('answer');
    const names = server.received.map(({ name }) => name).filter((name) => name !== 'KEEPALIVE');
    expect(names).to.deep.equal(['SETUP', 'REQUEST_RESPONSE']);
  }

  it('MUST-88: frames that make no sense are ignored', async () => {
    await serverIgnores(requestNFrame(7, 1), requestNFrame(0, 1), leaseFrame(1000, 1), resumeOkFrame());
    await clientIgnores(requestNFrame(7, 1), requestNFrame(0, 1), leaseFrame(1000, 1), resumeOkFrame());
  });

  it('MUST-89: a request on an id that is in use is ignored', async () => {
    const { setUp, calls } = await serve();
    const peer = await setUp();
    await peer.send(responseFrame(1, 'hang'), responseFrame(1, 'again'), notifyFrame(1, 'again'));
    await peer.send(streamFrame(1, 1, 'again'), channelFrame(1, 1, 'again'));
    await expectEcho(peer, 3);
    expect(namesOn(peer, 1)).to.deep.equal([]);
    expect([calls.count('hang'), calls.count('again')]).to.deep.equal([1, 0]);
  });

  it('MUST-90: CANCEL of a stream that there is not is ignored', async () => {
    await serverIgnores(cancelFrame(7), cancelFrame(2), cancelFrame(0));
    await clientIgnores(cancelFrame(7), cancelFrame(2), cancelFrame(0));
  });

  it('MUST-91: ERROR of a stream that there is not is ignored', async () => {
    const frames = [7, 2].map((id) => errorFrame(id, ErrorCode.APPLICATION_ERROR, 'what'));
    await serverIgnores(...frames);
    await clientIgnores(...frames);
  });

  it('MUST-92: PAYLOAD of a stream that there is not is ignored', async () => {
    const frames = [7, 2, 0].map((id) => payloadFrame(id, 'what'));
    await serverIgnores(...frames, payloadFrame(7, 'what', { flags: Flag.FOLLOWS | Flag.NEXT }));
    await clientIgnores(...frames);
  });

  it('MUST-93: METADATA_PUSH on a stream is ignored', async () => {
    const { ours, raw } = await encounter();
    const pushed: string[] = [];
    ours.pushes.subscribe((metadata) => pushed.push(text(metadata)));
    await raw.send(responseFrame(1, 'hang'), metadataPushFrame('on a stream', 1), metadataPushFrame('on another', 3));
    await raw.send(metadataPushFrame('of the connection'));
    await expectEcho(raw, 5);
    expect(pushed).to.deep.equal(['of the connection']);
  });

  it('MUST-94: a server that has taken SETUP ignores another', async () => {
    await serverIgnores(setupFrame(), setupFrame({ major: 9 }), setupFrame({ flags: Flag.LEASE }));
  });

  const refusals = [
    ErrorCode.INVALID_SETUP,
    ErrorCode.UNSUPPORTED_SETUP,
    ErrorCode.REJECTED_SETUP,
    ErrorCode.REJECTED_RESUME,
  ].map((code) => errorFrame(0, code, 'what'));

  it('MUST-95: a server ignores what refuses a SETUP or a RESUME', async () => {
    await serverIgnores(...refusals);
  });

  it('MUST-96: a client that has been accepted ignores what refuses a SETUP or a RESUME', async () => {
    const { client, server } = await meet();
    const first = firstValueFrom(client.response(payload('x')));
    await server.expectFrame(named('REQUEST_RESPONSE'));
    await server.send(payloadFrame(1, 'answer', { flags: Flag.NEXT | Flag.COMPLETE }), ...refusals);
    await first;
    await trips(server);
    const second = firstValueFrom(client.response(payload('x')));
    await server.expectFrame(named('REQUEST_RESPONSE', 3));
    await server.send(payloadFrame(3, 'again', { flags: Flag.NEXT | Flag.COMPLETE }));
    expect(text(await second)).to.equal('again');
  });

  it('MUST-97: a client ignores SETUP', async () => {
    await clientIgnores(setupFrame(), setupFrame({ major: 9 }));
  });
});
