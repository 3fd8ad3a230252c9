/** The MUST lines of Resuming Operation. */

import { expect } from 'chai';
import type { MeshError } from 'millrace';
import { type Connection, payload, text } from 'millrace/rsocket';
import { type VirtualClock, virtualClock } from 'millrace/testing';
import { firstValueFrom, lastValueFrom, of } from 'rxjs';
import { turns } from '../limits/limit-case.js';
import { anError, aPayload, expectEcho, expectRefusal, named } from '../rsocket/expectations.js';
import {
  ErrorCode,
  errorFrame,
  Flag,
  payloadFrame,
  type RawFrame,
  responseFrame,
  resumeFrame,
  resumeOkFrame,
} from '../rsocket/raw-frame.js';
import type { RawPeer, RawServer } from '../rsocket/raw-peer.js';
import { comes, type Met, type Served, stage, trips } from './stage.js';

/** What a RESUME frame says. */
interface Said {
  readonly token: Buffer;
  readonly received: number;
}

describe('the MUST lines about resuming', () => {
  const { serve, meet, next } = stage();

  /** Bytes of what has a position: frames of streams. */
  function positionOf(frames: readonly (RawFrame | Buffer)[]): number {
    const sizes = frames.map((frame) => {
      if (Buffer.isBuffer(frame)) return frame.length;
      return frame.streamId === 0 ? 0 : frame.bytes.length;
    });
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** A session of a raw client: what was asked and answered is counted. */
  async function begun(served: Served, token: string, flags = 0): Promise<RawPeer> {
    const peer = await served.setUp({ token, flags });
    if (flags === 0) await expectEcho(peer, 1);
    return peer;
  }

  async function resumed(served: Served, frame: Buffer): Promise<RawPeer> {
    const peer = await served.silent();
    await peer.send(frame);
    return peer;
  }

  it('MUST-54: a client that has gone may come again for as long as sessions are kept', async () => {
    const clock = virtualClock();
    const served = await serve({ resume: true, clock, limits: { resumeTime: '1 min' } });
    const timers = clock.pending;
    const peer = await begun(served, 'a');
    await gone(peer, clock);
    await clock.advance(59_000);
    await (await resumed(served, resumeFrame('a', positionOf(peer.received)))).expectFrame(named('RESUME_OK'));
    expect(clock.pending).to.be.at.least(timers);
  });

  /** Drops the raw peer; our side has noticed once it has one timer more, that of the session. */
  async function gone(peer: RawPeer, clock: VirtualClock): Promise<void> {
    const before = clock.pending;
    peer.destroy();
    await comes(() => clock.pending > before, 'a timer waits for the session');
  }

  it('MUST-55: RESUME is refused with REJECTED_RESUME or CONNECTION_ERROR', async () => {
    const served = await serve({ resume: true });
    await begun(served, 'a');
    const other = resumeFrame('a');
    other.writeUInt16BE(9, 6);
    const wrong = [resumeFrame('nobody'), other, resumeFrame('a').subarray(0, 12), resumeFrame('a', 1_000_000)];
    for (const frame of wrong) {
      const peer = await resumed(served, frame);
      const { code } = await peer.expectFrame(anError(0));
      expect([ErrorCode.CONNECTION_ERROR, ErrorCode.REJECTED_RESUME]).to.include(code);
      await peer.expectClosed();
    }
  });

  /** Our client, resumable, with one call answered, and what its SETUP said. */
  async function meetAgain(clock?: VirtualClock): Promise<Met & { readonly token: Buffer }> {
    const met = await meet(clock === undefined ? { resume: true } : { resume: true, clock });
    const [setup] = met.server.received.filter(named('SETUP'));
    await answered(met.client, met.server);
    return { ...met, token: setup?.token ?? Buffer.alloc(0) };
  }

  async function answered(client: Connection, server: RawPeer): Promise<void> {
    const answer = firstValueFrom(client.response(payload('x')));
    const { streamId } = await server.expectFrame(named('REQUEST_RESPONSE'));
    await server.send(payloadFrame(streamId, 'answer', { flags: Flag.NEXT | Flag.COMPLETE }));
    expect(text(await answer)).to.equal('answer');
  }

  const ANSWER = payloadFrame(1, 'answer', { flags: Flag.NEXT | Flag.COMPLETE });

  /** The next connection of our client, and what its RESUME says. */
  async function again(listener: RawServer): Promise<readonly [RawPeer, Said]> {
    const server = await next(listener);
    const { body, streamId } = await server.expectFrame(named('RESUME'));
    expect(streamId).to.equal(0);
    const end = 6 + body.readUInt16BE(4);
    return [server, { token: body.subarray(6, end), received: Number(body.readBigUInt64BE(end)) }];
  }

  it('MUST-56: a client resumes by its token and its position, and says nothing else before RESUME_OK', async () => {
    const { client, server, listener, token } = await meetAgain();
    const had = positionOf(server.received);
    server.destroy();
    const [second, said] = await again(listener);
    expect(said).to.deep.equal({ token, received: ANSWER.length });
    client.response(payload('meanwhile')).subscribe({ error: () => undefined });
    await turns();
    await second.send(resumeOkFrame(had));
    await trips(second);
    const names = second.received.map(({ name }) => name).filter((name) => name !== 'KEEPALIVE');
    expect(names).to.deep.equal(['RESUME', 'REQUEST_RESPONSE']);
    await second.send(payloadFrame(3, 'x', { flags: Flag.NEXT | Flag.COMPLETE }));
  });

  it('MUST-57: a client that is refused with REJECTED_RESUME does not try again', async () => {
    const { client, server, listener } = await meetAgain();
    const closed = lastValueFrom(client.closed).catch((error: MeshError) => error.tag);
    server.destroy();
    const [second] = await again(listener);
    await second.send(errorFrame(0, ErrorCode.REJECTED_RESUME, 'not you'));
    expect(await Promise.race([closed, next(listener)])).to.equal('Broken');
  });

  it('MUST-58: positions of a client go on behind RESUME_OK', async () => {
    const { client, server, listener } = await meetAgain();
    const had = positionOf(server.received);
    server.destroy();
    const [second] = await again(listener);
    await second.send(resumeOkFrame(had));
    await answered(client, second);
    second.destroy();
    const [third, said] = await again(listener);
    expect(said.received).to.equal(ANSWER.length * 2);
    await third.send(errorFrame(0, ErrorCode.REJECTED_RESUME, 'enough'));
  });

  it('MUST-59: a client that has said the end does not try again', async () => {
    const clock = virtualClock();
    const { client, server, listener } = await meetAgain(clock);
    const had = positionOf(server.received);
    await gone(server, clock);
    await clock.advance(1);
    const [second] = await again(listener);
    await second.send(resumeOkFrame(had));
    await answered(client, second);
    await lastValueFrom(client.close(), { defaultValue: undefined });
    await second.expectFrame(anError(0, 'CONNECTION_CLOSE'));
    await second.expectClosed();
    // With no timer left there is nothing that could have it dial.
    await comes(() => clock.pending === 0, 'the last timer has gone');
  });

  it('MUST-60: RESUME is refused with REJECTED_RESUME where nothing is resumed', async () => {
    const served = await serve();
    await expectRefusal(await resumed(served, resumeFrame('a')), 'REJECTED_RESUME');
  });

  it('MUST-61: RESUME of nobody is refused with REJECTED_RESUME', async () => {
    const served = await serve({ resume: true });
    await expectRefusal(await resumed(served, resumeFrame('nobody')), 'REJECTED_RESUME');
  });

  it('MUST-62: positions of a server go on behind RESUME_OK', async () => {
    const served = await serve({ resume: true });
    const peer = await begun(served, 'a');
    const asked = responseFrame(1, 'echo 1').length;
    const had = positionOf(peer.received);
    const second = await resumed(served, resumeFrame('a', had));
    expect(await positionIn(second)).to.equal(asked);
    await expectEcho(second, 3);
    const third = await resumed(served, resumeFrame('a', had + positionOf(second.received)));
    expect(await positionIn(third)).to.equal(asked * 2);
  });

  async function positionIn(peer: RawPeer): Promise<number> {
    return Number((await peer.expectFrame(named('RESUME_OK'))).body.readBigUInt64BE());
  }

  it('MUST-63: a server sends LEASE anew when a connection is resumed', async () => {
    const served = await serve({ resume: true, leases: of({ requests: 7, ttl: 5000 }) });
    const peer = await begun(served, 'a', Flag.LEASE);
    await peer.expectFrame(named('LEASE'));
    const second = await resumed(served, resumeFrame('a'));
    await second.expectFrame(named('RESUME_OK'));
    await trips(second);
    expect(second.received.filter(named('LEASE')).map(({ requests }) => requests)).to.deep.equal([7]);
  });

  it('MUST-64: RESUME is on stream 0', async () => {
    const { server, listener } = await meetAgain();
    server.destroy();
    const second = await next(listener);
    expect((await second.expectFrame(named('RESUME'))).streamId).to.equal(0);
    await second.send(errorFrame(0, ErrorCode.REJECTED_RESUME, 'enough'));
  });

  it('MUST-65: RESUME_OK is on stream 0', async () => {
    const served = await serve({ resume: true });
    await begun(served, 'a');
    const peer = await resumed(served, resumeFrame('a'));
    expect((await peer.expectFrame(named('RESUME_OK'))).streamId).to.equal(0);
  });

  it('MUST-66: a token holds for as long as its session, however often it is resumed', async () => {
    const served = await serve({ resume: true });
    let peer = await begun(served, 'a');
    let had = positionOf(peer.received);
    for (const id of [3, 5, 7]) {
      peer = await resumed(served, resumeFrame('a', had));
      await peer.expectFrame(named('RESUME_OK'));
      await expectEcho(peer, id);
      had += positionOf(peer.received);
    }
    expect(peer.received.filter(aPayload())).to.have.length(1);
  });
});
