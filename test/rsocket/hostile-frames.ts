/** Frames that a peer must not send, each with what the specification wants of the side that gets them. */

import { expect } from 'chai';
import type { Limits } from 'millrace/rsocket';
import { anError, aPayload, expectEcho, expectIgnored, expectRefusal, named } from './expectations.js';
import type { HostileTarget } from './hostile-target.js';
import {
  cancelFrame,
  channelFrame,
  errorFrame,
  ErrorCode,
  extensionFrame,
  Flag,
  FrameType,
  leaseFrame,
  metadataPushFrame,
  payloadFrame,
  rawFrame,
  requestNFrame,
  responseFrame,
  resumeFrame,
  setupFrame,
  streamFrame,
} from './raw-frame.js';
import type { RawPeer, RawTransport } from './raw-peer.js';

export interface HostileCase {
  readonly name: string;
  readonly transports?: readonly RawTransport[];
  readonly limits?: { readonly [K in keyof Limits]?: number | string };
  /** Milliseconds for a case that sends much. */
  readonly time?: number;
  run(scene: Scene): Promise<void>;
}

export interface Scene {
  readonly target: HostileTarget;
  /** A connection on which nothing was sent. */
  connect(): Promise<RawPeer>;
  /** A connection whose SETUP was right. */
  setUp(): Promise<RawPeer>;
}

type RefusalCode = keyof typeof ErrorCode;

/** Sends these bytes as the first frame; expects ERROR on stream 0 and the end. */
function refusedFirst(name: string, frame: Uint8Array, code: RefusalCode): HostileCase {
  return {
    name,
    async run({ connect, target }) {
      const peer = await connect();
      await peer.send(frame);
      await expectRefusal(peer, code);
      expect(target.seen.count('started'), 'handlers called').to.equal(0);
    },
  };
}

/** Sends this frame after SETUP; expects CONNECTION_ERROR on stream 0 and the end. */
function fatal(name: string, frame: Uint8Array): HostileCase {
  return {
    name,
    async run({ setUp }) {
      const peer = await setUp();
      await expectEcho(peer, 1);
      await peer.send(frame);
      await expectRefusal(peer, 'CONNECTION_ERROR');
    },
  };
}

/** Sends this frame after SETUP; expects no answer, and that the connection goes on. */
function ignored(name: string, frame: Uint8Array): HostileCase {
  return {
    name,
    async run({ setUp }) {
      const peer = await setUp();
      await expectEcho(peer, 1);
      await peer.send(frame);
      await expectIgnored(peer, 3);
    },
  };
}

/** Sends this frame for an open endless stream; expects ERROR INVALID on it, its producer stopped, the connection alive. */
function endsStream(name: string, frame: (streamId: number) => Uint8Array): HostileCase {
  return {
    name,
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.send(streamFrame(1, 1, 'numbers'));
      await peer.expectFrame(aPayload(1));
      await peer.send(frame(1));
      await peer.expectFrame(anError(1, 'INVALID'), 'ERROR INVALID on stream 1');
      await target.seen.reached('ended');
      await expectIgnored(peer, 3);
    },
  };
}

function refusesStream(name: string, frame: (streamId: number) => Uint8Array): HostileCase {
  return {
    name,
    async run({ setUp, target }) {
      const peer = await setUp();
      await expectEcho(peer, 1);
      const before = target.seen.count('made');
      await peer.send(frame(3));
      await peer.expectFrame(anError(3, 'INVALID'), 'ERROR INVALID on stream 3');
      expect(target.seen.count('made'), 'items made').to.equal(before);
      await expectIgnored(peer, 5);
    },
  };
}

const truncatedSetup = Buffer.from('0000000004000001', 'hex');
const metadataPastEnd = (streamId: number, type: number, ...before: readonly Uint8Array[]): Buffer =>
  rawFrame(streamId, type, Flag.METADATA | Flag.NEXT, ...before, Buffer.from([0, 0xff, 0xff]), 'abc');

/** The cases that were first tried against rsocket-js, by the names they have there, and their near relatives. */
export const hostileFrames: readonly HostileCase[] = [
  refusedFirst('request before SETUP', responseFrame(1, 'early'), 'INVALID_SETUP'),
  refusedFirst('SETUP on stream 1', setupFrame({ streamId: 1 }), 'INVALID_SETUP'),
  refusedFirst('SETUP v2.0', setupFrame({ major: 2 }), 'UNSUPPORTED_SETUP'),
  refusedFirst('SETUP v0.2', setupFrame({ major: 0, minor: 2 }), 'UNSUPPORTED_SETUP'),
  refusedFirst('keepalive 0', setupFrame({ keepAlive: 0 }), 'INVALID_SETUP'),
  refusedFirst('lifetime 0', setupFrame({ lifetime: 0 }), 'INVALID_SETUP'),
  refusedFirst('truncated SETUP', truncatedSetup, 'INVALID_SETUP'),
  refusedFirst('SETUP whose MIME type is longer than itself', setupFrame().subarray(0, 24), 'INVALID_SETUP'),
  refusedFirst(
    'SETUP whose metadata is longer than itself',
    Buffer.concat([setupFrame({ flags: Flag.METADATA }), Buffer.from([0xff, 0xff, 0xff])]),
    'INVALID_SETUP',
  ),
  refusedFirst('SETUP that wants to resume', setupFrame({ token: 'token' }), 'REJECTED_SETUP'),
  refusedFirst('SETUP that wants leases', setupFrame({ flags: Flag.LEASE }), 'UNSUPPORTED_SETUP'),
  refusedFirst('RESUME', resumeFrame('token'), 'REJECTED_RESUME'),
  refusedFirst('empty frame before SETUP', Buffer.alloc(0), 'INVALID_SETUP'),
  refusedFirst('3-byte frame before SETUP', Buffer.from([0, 0, 0]), 'INVALID_SETUP'),
  ignored('second SETUP', setupFrame()),
  {
    name: 'even id from a client',
    async run({ setUp }) {
      const peer = await setUp();
      await expectEcho(peer, 1);
      await peer.send(responseFrame(2, 'even'));
      await expectRefusal(peer, 'CONNECTION_ERROR');
      expect(peer.received.filter(aPayload(2)), 'answers on stream 2').to.have.length(0);
    },
  },
  {
    name: 'id in use',
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.send(responseFrame(1, 'hang'), responseFrame(1, 'again'), streamFrame(1, 5, 'again'));
      await expectIgnored(peer, 3);
      expect(peer.received.filter((frame) => frame.streamId === 1)).to.have.length(0);
      expect(target.seen.count('started'), 'handlers called').to.equal(1);
      await peer.send(cancelFrame(1));
      await target.seen.reached('ended');
    },
  },
  refusesStream('REQUEST_STREAM n 0', (id) => streamFrame(id, 0, 'numbers')),
  refusesStream('REQUEST_CHANNEL n 0', (id) => channelFrame(id, 0, 'numbers')),
  endsStream('REQUEST_N 0', (id) => requestNFrame(id, 0)),
  endsStream('REQUEST_N 0xffffffff', (id) => requestNFrame(id, 0xffff_ffff)),
  fatal('metadata longer than its REQUEST_RESPONSE', metadataPastEnd(3, FrameType.REQUEST_RESPONSE)),
  fatal('metadata longer than its REQUEST_FNF', metadataPastEnd(3, FrameType.REQUEST_FNF)),
  fatal(
    'metadata longer than its REQUEST_STREAM',
    metadataPastEnd(3, FrameType.REQUEST_STREAM, Buffer.from([0, 0, 0, 1])),
  ),
  {
    name: 'metadata longer than its PAYLOAD',
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.send(channelFrame(1, 10, 'open'), metadataPastEnd(1, FrameType.PAYLOAD));
      await expectRefusal(peer, 'CONNECTION_ERROR');
      await target.seen.reached('ended');
    },
  },
  fatal('metadata without its length', rawFrame(3, FrameType.REQUEST_RESPONSE, Flag.METADATA, Buffer.from([0]))),
  fatal('unknown type', rawFrame(0, 0x2a, 0, 'what')),
  fatal('unknown type on a stream', rawFrame(5, 0x2a, 0, 'what')),
  fatal('reserved type 0', rawFrame(0, 0, 0)),
  ignored('unknown type with IGNORE', rawFrame(0, 0x2a, Flag.IGNORE, 'what')),
  ignored('unknown type with IGNORE on a stream', rawFrame(5, 0x2a, Flag.IGNORE, 'what')),
  ignored('extension with IGNORE', extensionFrame(0, Flag.IGNORE, 0x1234, 'what')),
  fatal('extension', extensionFrame(0, 0, 0x1234, 'what')),
  ignored('CANCEL of an unknown stream', cancelFrame(99)),
  ignored('REQUEST_N for an unknown stream', requestNFrame(99, 5)),
  ignored('PAYLOAD for an unknown stream', payloadFrame(99, 'what')),
  ignored('ERROR for an unknown stream', errorFrame(99, ErrorCode.APPLICATION_ERROR, 'what')),
  ignored('ERROR INVALID_SETUP from a client', errorFrame(0, ErrorCode.INVALID_SETUP, 'what')),
  ignored('METADATA_PUSH on stream 3', metadataPushFrame('what', 3)),
  ignored('LEASE that was not agreed on', leaseFrame(1000, 5)),
  fatal('empty frame', Buffer.alloc(0)),
  fatal('3-byte frame', Buffer.from([0, 0, 0])),
  fatal('REQUEST_STREAM without n', rawFrame(3, FrameType.REQUEST_STREAM, 0)),
  {
    name: 'truncated REQUEST_N',
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.send(streamFrame(1, 1, 'numbers'), rawFrame(1, FrameType.REQUEST_N, 0, Buffer.from([0])));
      await expectRefusal(peer, 'CONNECTION_ERROR');
      await target.seen.reached('ended');
    },
  },
  fatal('truncated KEEPALIVE', rawFrame(0, FrameType.KEEPALIVE, Flag.RESPOND, 'abc')),
  {
    name: 'ERROR CONNECTION_ERROR from a client',
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.send(responseFrame(1, 'hang'), errorFrame(0, ErrorCode.CONNECTION_ERROR, 'I give up'));
      await peer.expectClosed();
      await target.seen.reached('ended');
    },
  },
  {
    name: 'PAYLOAD for a request/response',
    async run({ setUp }) {
      const peer = await setUp();
      await peer.send(responseFrame(1, 'hang'), payloadFrame(1, 'what'));
      await expectEcho(peer, 3);
    },
  },
  {
    name: 'more messages of a channel than were asked for',
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.send(channelFrame(1, 1, 'open'));
      await peer.sendAll(Array.from({ length: 2000 }, () => payloadFrame(1, 'unasked')));
      await peer.expectFrame(anError(1), 'ERROR on the channel');
      await target.seen.reached('ended');
      await expectEcho(peer, 3);
      expect(peer.received.filter(named('PAYLOAD', 1)).length, 'items on the channel').to.be.at.most(1);
    },
  },
];
