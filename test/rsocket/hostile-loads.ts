/** Frames that are right each, or nearly, but come in numbers, sizes or segments that a peer must not be able to hurt with. */

import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { anError, aPayload, expectEcho, expectIgnored, expectRefusal } from './expectations.js';
import type { HostileCase, Scene } from './hostile-frames.js';
import {
  cancelFrame,
  Flag,
  keepAliveFrame,
  metadataPushFrame,
  notifyFrame,
  payloadFrame,
  prefixed,
  rawFrame,
  requestNFrame,
  responseFrame,
  setupFrame,
  streamFrame,
} from './raw-frame.js';

const MEGABYTE = Buffer.alloc(1_000_000, 'x');

export const hostileLoads: readonly HostileCase[] = [
  {
    name: 'SETUP over several segments',
    async run({ connect }) {
      const peer = await connect();
      await peer.sendInPieces(setupFrame({ data: 'in pieces' }), [2, 5, 1, 20]);
      await expectEcho(peer, 1);
    },
  },
  {
    name: 'SETUP and a request in one segment',
    transports: ['tcp'],
    async run({ connect }) {
      const peer = await connect();
      await peer.sendBytes(Buffer.concat([setupFrame(), responseFrame(1, 'echo together')].map(prefixed)));
      expect((await peer.expectFrame(aPayload(1))).data.toString()).to.equal('echo together');
    },
  },
  {
    name: 'every byte in a segment of its own',
    async run({ connect }) {
      const peer = await connect();
      await peer.sendInPieces(setupFrame(), [1]);
      for (const id of [1, 3, 5]) await peer.sendInPieces(responseFrame(id, `echo ${id}`.repeat(20)), [1]);
      expect((await peer.expectFrame(aPayload(5))).data.toString()).to.equal('echo 5'.repeat(20));
    },
  },
  {
    name: '200 × 1 MB FOLLOWS',
    time: 30_000,
    async run({ setUp }) {
      const peer = await setUp();
      await peer.sendAll(fragments(200, MEGABYTE));
      await peer.expectFrame(anError(1, 'INVALID'), 'ERROR INVALID on stream 1');
      await expectIgnored(peer, 3);
    },
  },
  {
    name: '200 × 1 MB FOLLOWS on a channel',
    time: 30_000,
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.send(rawFrame(1, 7, 0, Buffer.from([0, 0, 0, 100]), 'open'));
      await peer.sendAll(repeat(200, payloadFrame(1, MEGABYTE, { flags: Flag.NEXT | Flag.FOLLOWS })));
      await peer.expectFrame(anError(1, 'INVALID'), 'ERROR INVALID on stream 1');
      await target.seen.reached('ended');
      await expectIgnored(peer, 3);
    },
  },
  {
    name: '100,000 × 64 B FOLLOWS, within the limit',
    time: 30_000,
    async run({ setUp }) {
      const peer = await setUp();
      await peer.sendAll(fragments(100_000, Buffer.alloc(64, 'x')));
      await peer.send(payloadFrame(1, 'end'));
      await peer.expectState(
        () => peer.received.some((frame) => frame.name === 'PAYLOAD' && (frame.flags & Flag.FOLLOWS) === 0),
        'the whole answer',
      );
      const answer = peer.received.filter(aPayload(1)).reduce((sum, { data }) => sum + data.length, 0);
      expect(answer).to.equal(6_400_003);
      await expectEcho(peer, 3);
    },
  },
  {
    name: '100,000 × 64 B FOLLOWS, past the limit',
    time: 30_000,
    limits: { reassembly: '1 MiB' },
    async run({ setUp }) {
      const peer = await setUp();
      await peer.sendAll(fragments(100_000, Buffer.alloc(64, 'x')));
      await peer.expectFrame(anError(1, 'INVALID'), 'ERROR INVALID on stream 1');
      await expectIgnored(peer, 3);
    },
  },
  {
    name: 'metadata past its limit in fragments',
    async run({ setUp }) {
      const peer = await setUp();
      const metadata = Buffer.alloc(40_000);
      await peer.send(
        responseFrame(1, '', { metadata, flags: Flag.FOLLOWS }),
        payloadFrame(1, '', { metadata, flags: Flag.NEXT | Flag.FOLLOWS }),
        payloadFrame(1, 'end'),
      );
      await peer.expectFrame(anError(1, 'INVALID'), 'ERROR INVALID on stream 1');
      await expectIgnored(peer, 3);
    },
  },
  {
    name: '100,000 streams opened',
    time: 60_000,
    async run({ setUp, target }) {
      const peer = await setUp();
      const sent = peer.sendAll(opened(100_000, (id) => streamFrame(id, 1, 'hang')));
      await peer.expectFrames(90_000, anError(undefined, 'REJECTED'), 'ERROR REJECTED');
      expect(await sent).to.equal(true);
      expect(target.seen.count('started'), 'handlers called').to.equal(10_000);
      await peer.send(cancelFrame(1));
      await expectEcho(peer, 200_001);
      peer.close();
      await target.seen.reached('ended', 10_000);
    },
  },
  {
    name: '100,000 fire-and-forgets that hang',
    time: 60_000,
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.sendAll(opened(100_000, (id) => notifyFrame(id, 'hang')));
      await expectIgnored(peer, 200_001);
      expect(target.seen.count('started'), 'handlers called').to.equal(10_000);
    },
  },
  {
    name: '100,000 request-and-cancel, past the rate',
    time: 60_000,
    limits: { cancelRate: 1000 },
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.sendAll(abandoned(100_000));
      await expectRefusal(peer, 'CONNECTION_ERROR');
      await allEnded(target);
    },
  },
  {
    name: '100,000 request-and-cancel, within a raised rate',
    time: 60_000,
    limits: { cancelRate: 10_000_000 },
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.sendAll(abandoned(100_000));
      await expectEcho(peer, 200_001);
      await allEnded(target);
      expect(target.seen.count('started')).to.equal(100_000);
      expect(peer.received, 'answers').to.have.length(1);
    },
  },
  {
    name: 'a flood of frames that make no sense',
    time: 30_000,
    limits: { ignoredRate: 1000 },
    async run({ setUp }) {
      const peer = await setUp();
      await peer.sendAll(repeat(200_000, cancelFrame(99)));
      await expectRefusal(peer, 'CONNECTION_ERROR');
    },
  },
  {
    name: 'a flood of REQUEST_N',
    time: 30_000,
    async run({ setUp }) {
      const peer = await setUp();
      await peer.send(streamFrame(1, 1, 'hang'));
      await peer.sendAll(repeat(100_000, requestNFrame(1, 2 ** 31 - 1)));
      await eitherGoesOnOrRefuses(peer);
    },
  },
  {
    name: 'a flood of METADATA_PUSH and KEEPALIVE',
    time: 30_000,
    async run({ setUp }) {
      const peer = await setUp();
      await peer.sendAll(repeat(100_000, metadataPushFrame('push')));
      await peer.sendAll(repeat(100_000, keepAliveFrame(true, 'ping')));
      await eitherGoesOnOrRefuses(peer);
    },
  },
  {
    name: 'a SETUP that drips',
    limits: { setupTime: '200 ms' },
    async run({ connect }) {
      const peer = await connect();
      const bytes = prefixed(setupFrame({ data: 'x'.repeat(1000) }));
      const drip = async (): Promise<void> => {
        for (const byte of bytes) {
          if (!(await peer.sendBytes(Buffer.from([byte])))) return;
          await pause(10);
        }
      };
      await Promise.all([peer.transport === 'tcp' ? drip() : undefined, expectRefusal(peer, 'INVALID_SETUP')]);
    },
  },
  {
    name: 'a connection that says nothing',
    limits: { setupTime: '100 ms' },
    async run({ connect }) {
      await expectRefusal(await connect(), 'INVALID_SETUP');
    },
  },
  {
    name: 'a connection that falls silent',
    async run({ connect }) {
      const peer = await connect();
      await peer.send(setupFrame({ keepAlive: 50, lifetime: 100 }));
      await expectEcho(peer, 1);
      await peer.expectClosed();
    },
  },
  {
    name: 'an oversize length, then nothing',
    transports: ['tcp'],
    limits: { frame: '64 KiB' },
    async run({ setUp }) {
      const peer = await setUp();
      await expectEcho(peer, 1);
      await peer.sendBytes(Buffer.from([0xff, 0xff, 0xff]));
      await expectRefusal(peer, 'CONNECTION_ERROR');
    },
  },
  {
    name: 'an oversize length before SETUP, then nothing',
    transports: ['tcp'],
    limits: { frame: '64 KiB' },
    async run({ connect }) {
      const peer = await connect();
      await peer.sendBytes(Buffer.from([0xff, 0xff, 0xff]));
      await expectRefusal(peer, 'INVALID_SETUP');
    },
  },
  {
    name: 'the longest length that is allowed, then nothing',
    transports: ['tcp'],
    async run({ connect }) {
      const peer = await connect();
      await peer.send(setupFrame({ keepAlive: 50, lifetime: 100 }));
      await peer.sendBytes(Buffer.from([0xff, 0xff, 0xff, 0]));
      await peer.expectClosed();
    },
  },
  {
    name: 'a text message',
    transports: ['websocket'],
    async run({ setUp }) {
      const peer = await setUp();
      await expectEcho(peer, 1);
      await peer.sendBytes('hello');
      await peer.expectClosed();
    },
  },
  {
    name: 'a text message before SETUP',
    transports: ['websocket'],
    async run({ connect }) {
      const peer = await connect();
      await peer.sendBytes('hello');
      await peer.expectClosed();
    },
  },
  {
    name: 'a message over the frame limit',
    transports: ['websocket'],
    limits: { frame: '64 KiB' },
    async run({ setUp }) {
      const peer = await setUp();
      await expectEcho(peer, 1);
      await peer.send(responseFrame(3, Buffer.alloc(128 * 1024)));
      await peer.expectClosed();
      expect(peer.received.filter(aPayload(3)), 'answers').to.have.length(0);
    },
  },
  {
    name: 'a message longer than any RSocket frame',
    transports: ['websocket'],
    time: 20_000,
    async run({ setUp }) {
      const peer = await setUp();
      await expectEcho(peer, 1);
      await peer.send(responseFrame(3, Buffer.alloc(17 * 2 ** 20)));
      await peer.expectClosed();
    },
  },
  {
    name: 'a WebSocket message in fragments without end',
    transports: ['websocket'],
    limits: { frame: '64 KiB' },
    async run({ setUp }) {
      const peer = await setUp();
      await expectEcho(peer, 1);
      await peer.sendInPieces(responseFrame(3, Buffer.alloc(2 ** 20)), [1000]);
      await peer.expectClosed();
    },
  },
  {
    name: 'a connection dropped inside a frame',
    async run({ setUp, target }) {
      const peer = await setUp();
      await peer.send(streamFrame(1, 1, 'numbers'));
      await peer.expectFrame(aPayload(1));
      if (peer.transport === 'tcp') await peer.sendBytes(Buffer.from([0, 1, 0, 0, 0]));
      peer.destroy();
      await target.seen.reached('ended');
    },
  },
  {
    name: '200 connections that come and go',
    time: 20_000,
    async run({ setUp, target }) {
      for (let round = 0; round < 10; round++) {
        const peers = await Promise.all(Array.from({ length: 20 }, setUp));
        await Promise.all(peers.map((peer) => peer.send(responseFrame(1, 'hang'))));
        await target.seen.reached('started', (round + 1) * 20);
        for (const peer of peers) peer.destroy();
      }
      await target.seen.reached('ended', 200);
    },
  },
];

async function allEnded(target: Scene['target']): Promise<void> {
  await target.seen.reached('ended', target.seen.count('held'));
  expect(target.seen.count('ended')).to.equal(target.seen.count('held'));
}

/** Either is right for a peer within the protocol that tires its server: it is served, or told off and closed. */
async function eitherGoesOnOrRefuses(peer: Awaited<ReturnType<Scene['setUp']>>): Promise<void> {
  const served = expectEcho(peer, 3).then(
    () => 'served',
    () => 'closed',
  );
  if ((await served) === 'closed') await expectRefusal(peer, 'CONNECTION_ERROR');
}

function* repeat(times: number, frame: Uint8Array): Generator<Uint8Array> {
  for (let sent = 0; sent < times; sent++) yield frame;
}

/** A request/response on stream 1 that goes on and on. */
function* fragments(count: number, data: Uint8Array): Generator<Uint8Array> {
  yield responseFrame(1, data, { flags: Flag.FOLLOWS });
  yield* repeat(count - 1, payloadFrame(1, data, { flags: Flag.NEXT | Flag.FOLLOWS }));
}

function* opened(count: number, frame: (id: number) => Uint8Array): Generator<Uint8Array> {
  for (let index = 0; index < count; index++) yield frame(index * 2 + 1);
}

function* abandoned(count: number): Generator<Uint8Array> {
  for (let id = 1; id < count * 2; id += 2) {
    yield responseFrame(id, 'hang');
    yield cancelFrame(id);
  }
}
