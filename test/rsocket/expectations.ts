/** Guards and small conversations that the raw suites share. */

import { expect } from 'chai';
import {
  describeFrame,
  ErrorCode,
  Flag,
  responseFrame,
  setupFrame,
  type ErrorFrame,
  type PayloadFrame,
  type RawFrame,
  type SetupFields,
} from './raw-frame.js';
import { connectRaw, type RawPeer, type RawTransport } from './raw-peer.js';
import type { FrameGuard } from './inbox.js';

export function anError(streamId?: number, code?: keyof typeof ErrorCode): FrameGuard<ErrorFrame> {
  return (frame): frame is ErrorFrame =>
    frame.name === 'ERROR' &&
    (streamId === undefined || frame.streamId === streamId) &&
    (code === undefined || frame.code === ErrorCode[code]);
}

export function aPayload(streamId?: number): FrameGuard<PayloadFrame> {
  return (frame): frame is PayloadFrame =>
    frame.name === 'PAYLOAD' && (streamId === undefined || frame.streamId === streamId);
}

export function named<N extends RawFrame['name']>(
  name: N,
  streamId?: number,
): FrameGuard<Extract<RawFrame, { readonly name: N }>> {
  return (frame): frame is Extract<RawFrame, { readonly name: N }> =>
    frame.name === name && (streamId === undefined || frame.streamId === streamId);
}

/** A raw client that has sent a right SETUP. */
export async function connectSetUp(transport: RawTransport, port: number, setup: SetupFields = {}): Promise<RawPeer> {
  const peer = await connectRaw(transport, port);
  await peer.send(setupFrame(setup));
  return peer;
}

/** A request/response that the other side echoes. */
export async function expectEcho(peer: RawPeer, streamId: number, data = `echo ${streamId}`): Promise<void> {
  await peer.send(responseFrame(streamId, data));
  const reply = await peer.expectFrame(
    (frame): frame is PayloadFrame | ErrorFrame =>
      frame.streamId === streamId && (frame.name === 'PAYLOAD' || frame.name === 'ERROR'),
    `the echo on stream ${streamId}`,
  );
  if (reply.name === 'ERROR') throw new Error(`the echo failed: ${describeFrame(reply)}`);
  expect(reply.data.toString()).to.equal(data);
  expect(reply.flags & (Flag.NEXT | Flag.COMPLETE), 'flags NEXT and COMPLETE').to.equal(Flag.NEXT | Flag.COMPLETE);
}

/** ERROR with this code on stream 0, then the end of the connection. */
export async function expectRefusal(peer: RawPeer, code: keyof typeof ErrorCode): Promise<ErrorFrame> {
  const error = await peer.expectFrame(anError(0), `ERROR ${code} on stream 0`);
  expect(`0x${error.code.toString(16)}`, describeFrame(error)).to.equal(`0x${ErrorCode[code].toString(16)}`);
  await peer.expectClosed();
  return error;
}

/** Nothing came for what was sent before: the connection serves an echo, and its answer is the only new frame. */
export async function expectIgnored(peer: RawPeer, streamId: number): Promise<void> {
  const before = peer.received.length;
  await expectEcho(peer, streamId);
  const others = peer.received
    .slice(before)
    .filter((frame) => frame.streamId !== streamId && frame.name !== 'KEEPALIVE' && frame.name !== 'LEASE');
  expect(others.map(describeFrame), 'frames beside the echo').to.deep.equal([]);
}
