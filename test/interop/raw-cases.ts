/** What a peer that is not Millrace finds at the interop responder, frame by frame. */
import { expect } from 'chai';
import { decodeComposite, routing } from 'millrace/rsocket';
import { anError, aPayload, connectSetUp, named } from '../rsocket/expectations.js';
import {
  cancelFrame,
  channelFrame,
  Flag,
  keepAliveFrame,
  metadataPushFrame,
  type PayloadFrame,
  payloadFrame,
  requestNFrame,
  responseFrame,
  type SetupFields,
  streamFrame,
} from '../rsocket/raw-frame.js';
import type { FrameGuard } from '../rsocket/inbox.js';
import type { RawPeer, RawTransport } from '../rsocket/raw-peer.js';
import { pattern } from './routes.js';

export interface RawCase {
  readonly name: string;
  readonly setup?: SetupFields;
  readonly run: (peer: RawPeer) => Promise<void>;
}

const COMPOSITE = 'message/x.rsocket.composite-metadata.v0';

export function connectTo(transport: RawTransport, port: number, setup: SetupFields = {}): Promise<RawPeer> {
  return connectSetUp(transport, port, { metadataMimeType: COMPOSITE, ...setup });
}

export const rawCases: readonly RawCase[] = [
  {
    name: 'gives as many items as were asked for, and the end with the last',
    async run(peer) {
      await reset(peer);
      await peer.send(streamFrame(3, 3, '', to('range.6')));
      expect(await items(peer, 3, 3)).to.deep.equal(['0', '1', '2']);
      expect(await statsOf(peer, 5)).to.include({ emitted: 3, completes: 0 });
      await peer.send(requestNFrame(3, 1));
      expect(await items(peer, 3, 1)).to.deep.equal(['3']);
      await peer.send(requestNFrame(3, 2));
      expect(await items(peer, 3, 2)).to.deep.equal(['4', '5']);
      await peer.expectFrame(anEnd(3));
      const counts = await statsOf(peer, 7);
      expect(counts).to.include({ emitted: 6, completes: 1, cancels: 0 });
      expect(counts.requestN).to.deep.equal([3, 1, 2]);
    },
  },
  {
    name: 'stops at a cancel',
    async run(peer) {
      await reset(peer);
      await peer.send(streamFrame(3, 2, '', to('range.1000')));
      await items(peer, 3, 2);
      await peer.send(cancelFrame(3), requestNFrame(3, 5));
      expect(await statsOf(peer, 5)).to.include({ emitted: 2, completes: 0, cancels: 1 });
    },
  },
  {
    name: 'counts the cancel of a channel at rest',
    async run(peer) {
      await reset(peer);
      await peer.send(channelFrame(3, 5, 'one', to('channel.echo')));
      expect(await items(peer, 3, 1)).to.deep.equal(['one']);
      await peer.send(cancelFrame(3));
      expect(await statsOf(peer, 5)).to.include({ emitted: 1, completes: 0, cancels: 1 });
    },
  },
  {
    name: 'fails exactly after the items that were asked for',
    async run(peer) {
      await peer.send(streamFrame(1, 2, '', to('stream.error.2')));
      expect(await items(peer, 1, 2)).to.deep.equal(['0', '1']);
      expect((await peer.expectFrame(anError(1))).message).to.equal('stream-boom');
    },
  },
  {
    name: 'says the exact code and text of an error',
    async run(peer) {
      await peer.send(responseFrame(1, '', to('error.custom')), responseFrame(3, '', to('error.rejected')));
      expect(await peer.expectFrame(anError(1))).to.include({ code: 0x301, message: 'custom' });
      expect(await peer.expectFrame(anError(3))).to.include({ code: 0x202, message: 'rejected' });
    },
  },
  {
    name: 'takes the first items of a channel, completes and cancels its requester',
    async run(peer) {
      await peer.send(channelFrame(1, 5, '0', to('channel.take.2')));
      await peer.expectFrame(named('REQUEST_N', 1));
      await peer.send(payloadFrame(1, '1'));
      expect(await items(peer, 1, 2)).to.deep.equal(['0', '1']);
      await peer.expectFrame(anEnd(1));
      await peer.expectFrame(named('CANCEL', 1));
    },
  },
  {
    name: 'sums a channel when its requester completes',
    async run(peer) {
      await peer.send(channelFrame(1, 1, '40', to('channel.sum')));
      await peer.expectFrame(named('REQUEST_N', 1));
      await peer.send(payloadFrame(1, '2'), payloadFrame(1, '', { flags: Flag.COMPLETE }));
      expect(await items(peer, 1, 1)).to.deep.equal(['42']);
      await peer.expectFrame(anEnd(1));
    },
  },
  {
    name: 'puts fragments together and counts the item once',
    async run(peer) {
      const first = responseFrame(1, 'in ', { ...to('echo'), flags: Flag.FOLLOWS });
      await peer.send(first, payloadFrame(1, 'three ', { flags: Flag.NEXT | Flag.FOLLOWS }), payloadFrame(1, 'parts'));
      expect((await peer.expectFrame(aPayload(1))).data.toString()).to.equal('in three parts');
    },
  },
  {
    name: 'counts metadata pushes and answers keep-alives',
    async run(peer) {
      await reset(peer);
      await peer.send(metadataPushFrame('news'), keepAliveFrame(true, 'there?'));
      expect((await peer.expectFrame(named('KEEPALIVE'))).data.toString()).to.equal('there?');
      expect(await statsOf(peer, 3)).to.include({ push: 1, lastPush: 'news' });
    },
  },
  {
    name: 'tells the SETUP of the latest connection',
    setup: { data: 'who', dataMimeType: 'text/plain', keepAlive: 1_234, lifetime: 56_789 },
    async run(peer) {
      const { setup } = await statsOf(peer, 1);
      expect(setup).to.equal(`data=who;dm=text/plain;mm=${COMPOSITE};ka=1234/56789;resume=false;lease=false`);
    },
  },
  {
    name: 'refuses a SETUP that asks for it',
    setup: { data: 'reject-me' },
    async run(peer) {
      await peer.expectFrame(anError(0, 'REJECTED_SETUP'));
      await peer.expectClosed();
    },
  },
  {
    name: 'calls back',
    setup: { data: 'callback' },
    async run(peer) {
      const call = await peer.expectFrame(named('REQUEST_RESPONSE', 2));
      expect(call.data.toString()).to.equal('from-server');
      expect(decodeComposite(call.metadata ?? Buffer.alloc(0)).map(([, tag]) => `${Buffer.from(tag)}`)).to.deep.equal([
        '\u000bclient.echo',
      ]);
      await peer.send(payloadFrame(2, 'raw', { flags: Flag.NEXT | Flag.COMPLETE }));
      expect(await statsOf(peer, 1)).to.include({ lastPush: 'cb=raw' });
    },
  },
];

/** For a responder that splits what it sends. */
export const fragmentCase: RawCase = {
  name: 'sends fragments, and counts items',
  async run(peer) {
    await reset(peer);
    await peer.send(streamFrame(3, 2, '', to('stream.big.2')));
    const parts = await peer.expectFrames(2 * 99, anItem(3));
    expect(Math.max(...parts.map(({ bytes }) => bytes.length))).to.equal(1_024);
    const sent = Buffer.concat(parts.map(({ data }) => data));
    expect(sent.compare(Buffer.concat([pattern(100_000), pattern(100_001)]))).to.equal(0);
    expect(await statsOf(peer, 5)).to.include({ emitted: 2, completes: 1 });
  },
};

function to(route: string): { readonly metadata: Uint8Array } {
  return { metadata: routing(route) };
}

async function reset(peer: RawPeer): Promise<void> {
  await peer.send(responseFrame(1, '', to('stats.reset')));
  await peer.expectFrame(aPayload(1));
}

function anItem(streamId: number): FrameGuard<PayloadFrame> {
  return (frame): frame is PayloadFrame => aPayload(streamId)(frame) && (frame.flags & Flag.NEXT) !== 0;
}

/** A bare completion. */
function anEnd(streamId: number): FrameGuard<PayloadFrame> {
  return (frame): frame is PayloadFrame =>
    aPayload(streamId)(frame) && (frame.flags & (Flag.NEXT | Flag.COMPLETE)) === Flag.COMPLETE;
}

async function items(peer: RawPeer, streamId: number, count: number): Promise<string[]> {
  const frames = await peer.expectFrames(count, anItem(streamId));
  return frames.map(({ data }) => data.toString());
}

async function statsOf(peer: RawPeer, streamId: number): Promise<Record<string, unknown>> {
  await peer.send(responseFrame(streamId, '', to('stats')));
  return JSON.parse((await peer.expectFrame(aPayload(streamId))).data.toString()) as Record<string, unknown>;
}
