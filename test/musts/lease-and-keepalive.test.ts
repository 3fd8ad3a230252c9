/** The MUST lines of the LEASE and KEEPALIVE frames. */

import { expect } from 'chai';
import { payload } from 'millrace/rsocket';
import { virtualClock } from 'millrace/testing';
import { firstValueFrom, of } from 'rxjs';
import { expectRefusal, named } from '../rsocket/expectations.js';
import {
  Flag,
  FrameType,
  keepAliveFrame,
  leaseFrame,
  type LeaseFrame,
  payloadFrame,
  rawFrame,
} from '../rsocket/raw-frame.js';
import type { RawPeer } from '../rsocket/raw-peer.js';
import { namesOn, stage, trips } from './stage.js';

describe('the MUST lines about LEASE and KEEPALIVE', () => {
  const { serve, meet } = stage();

  /** What a server says that grants this. */
  async function granted(lease: { readonly requests: number; readonly ttl: number }): Promise<LeaseFrame> {
    const { setUp } = await serve({ leases: of(lease) });
    return (await setUp({ flags: Flag.LEASE })).expectFrame(named('LEASE'));
  }

  /** A client that wants leases gets this one, and calls; the names of the frames of its call. */
  async function callUnder(lease: Uint8Array): Promise<string[]> {
    const { client, server } = await meet({ lease: true });
    client.response(payload('x')).subscribe({ error: () => undefined });
    await server.send(lease);
    await trips(server);
    return namesOn(server, 1);
  }

  /** A client that wants leases ends the connection for this one. */
  async function refuses(lease: Uint8Array): Promise<void> {
    const { server } = await meet({ lease: true });
    await server.send(lease);
    await expectRefusal(server, 'CONNECTION_ERROR');
  }

  it('MUST-36: LEASE is on stream 0', async () => {
    expect((await granted({ requests: 7, ttl: 5000 })).streamId).to.equal(0);
  });

  it('MUST-37: the time of LEASE has 31 bits, and more than 0 of them grant something', async () => {
    expect((await granted({ requests: 7, ttl: 5000 })).ttl).to.equal(5000);
    expect(await callUnder(leaseFrame(0, 7))).to.deep.equal([]);
    expect(await callUnder(leaseFrame(60_000, 7))).to.deep.equal(['REQUEST_RESPONSE']);
    await refuses(leaseFrame(0x8000_0001, 7));
  });

  it('MUST-38: the requests of LEASE have 31 bits, and more than 0 of them grant something', async () => {
    expect((await granted({ requests: 7, ttl: 5000 })).requests).to.equal(7);
    expect(await callUnder(leaseFrame(60_000, 0))).to.deep.equal([]);
    expect(await callUnder(leaseFrame(60_000, 1))).to.deep.equal(['REQUEST_RESPONSE']);
    await refuses(leaseFrame(5000, 0x8000_0001));
  });

  it('MUST-39: LEASE has no length before its metadata', async () => {
    // With a length, its time would be one: 1 << 16, more than the frame has.
    const lease = Buffer.concat([leaseFrame(1 << 24, 7), Buffer.from('metadata')]);
    lease.writeUInt16BE((FrameType.LEASE << 10) | Flag.METADATA, 4);
    expect(await callUnder(lease)).to.deep.equal(['REQUEST_RESPONSE']);
    expect((await granted({ requests: 7, ttl: 5000 })).bytes).to.have.length(6 + 8);
  });

  it('MUST-40: KEEPALIVE is on stream 0', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(keepAliveFrame(true, 'x'));
    expect((await peer.expectFrame(named('KEEPALIVE'))).streamId).to.equal(0);
  });

  it('MUST-41: a client sends KEEPALIVE with RESPOND again and again', async () => {
    const clock = virtualClock();
    const { server } = await meet({ clock, keepAlive: '1 s', lifetime: '1 h' });
    for (let second = 1; second <= 3; second++) {
      await clock.advance(1000);
      expect((await server.expectFrame(named('KEEPALIVE'))).flags).to.equal(Flag.RESPOND);
    }
  });

  /** What comes back for KEEPALIVE with RESPOND. */
  async function answerOf(peer: RawPeer, data: string) {
    await peer.send(keepAliveFrame(true, data));
    return peer.expectFrame(named('KEEPALIVE'));
  }

  it('MUST-42: both sides answer KEEPALIVE with RESPOND', async () => {
    const { server } = await meet();
    expect((await answerOf(server, 'x')).name).to.equal('KEEPALIVE');
    const { setUp } = await serve();
    expect((await answerOf(await setUp(), 'x')).name).to.equal('KEEPALIVE');
  });

  it('MUST-43: the answer to KEEPALIVE has its data, and no RESPOND', async () => {
    const { server } = await meet();
    expect(await answerOf(server, 'some data')).to.deep.include({ flags: 0, data: Buffer.from('some data') });
    await server.send(keepAliveFrame(false, 'not to be answered'));
    await trips(server);
    const answers = server.received.filter(named('KEEPALIVE')).map(({ data }) => data.toString());
    expect(answers).to.not.include('not to be answered');
  });

  it('MUST-44: the position in KEEPALIVE is what has come, or 0 where nothing is resumed', async () => {
    for (const [resume, position] of [
      [true, 12n],
      [false, 0n],
    ] as const) {
      const { client, server } = await meet({ resume });
      const answer = firstValueFrom(client.response(payload('x')));
      await server.expectFrame(named('REQUEST_RESPONSE'));
      await server.send(payloadFrame(1, 'answer', { flags: Flag.NEXT | Flag.COMPLETE }));
      await answer;
      expect((await answerOf(server, 'x')).position).to.equal(position);
    }
  });

  it('MUST-44: a KEEPALIVE that says nothing of a position is taken', async () => {
    const { server } = await meet({ resume: true });
    await server.send(rawFrame(0, FrameType.KEEPALIVE, Flag.RESPOND, Buffer.alloc(8), 'x'));
    expect((await server.expectFrame(named('KEEPALIVE'))).data.toString()).to.equal('x');
  });
});
