import { expect } from 'chai';
import { deserializeFrame } from 'rsocket-core';
import {
  cancelFrame,
  channelFrame,
  errorFrame,
  Flag,
  frameCutter,
  FrameType,
  keepAliveFrame,
  leaseFrame,
  metadataPushFrame,
  notifyFrame,
  payloadFrame,
  prefixed,
  rawFrame,
  readFrame,
  requestNFrame,
  responseFrame,
  resumeFrame,
  resumeOkFrame,
  setupFrame,
  streamFrame,
  type RawFrame,
} from './raw-frame.js';

/** What rsocket-js's own codec reads in each frame, as an oracle for the suite's (its METADATA_PUSH throws a ReferenceError). */
const oracle: readonly { readonly name: RawFrame['name']; readonly bytes: Buffer; readonly says: object }[] = [
  {
    name: 'SETUP',
    bytes: setupFrame({ keepAlive: 7, lifetime: 9, data: 'd', metadata: 'mm', dataMimeType: 'a/b' }),
    says: { majorVersion: 1, minorVersion: 0, keepAlive: 7, lifetime: 9, dataMimeType: 'a/b', streamId: 0 },
  },
  { name: 'SETUP', bytes: setupFrame({ token: 'tok' }), says: { resumeToken: Buffer.from('tok') } },
  { name: 'LEASE', bytes: leaseFrame(1500, 5), says: { ttl: 1500, requestCount: 5 } },
  { name: 'KEEPALIVE', bytes: keepAliveFrame(true, 'k'), says: { flags: Flag.RESPOND, data: Buffer.from('k') } },
  {
    name: 'REQUEST_RESPONSE',
    bytes: responseFrame(1, 'data', { metadata: 'meta' }),
    says: { streamId: 1, data: Buffer.from('data'), metadata: Buffer.from('meta') },
  },
  { name: 'REQUEST_FNF', bytes: notifyFrame(3, 'data'), says: { streamId: 3, data: Buffer.from('data') } },
  {
    name: 'REQUEST_STREAM',
    bytes: streamFrame(5, 17, 'data', { flags: Flag.FOLLOWS }),
    says: { streamId: 5, requestN: 17, flags: Flag.FOLLOWS, data: Buffer.from('data') },
  },
  {
    name: 'REQUEST_CHANNEL',
    bytes: channelFrame(7, 2 ** 31 - 1, 'data', { metadata: '', flags: Flag.COMPLETE }),
    says: { requestN: 2 ** 31 - 1, flags: Flag.COMPLETE | Flag.METADATA, data: Buffer.from('data') },
  },
  { name: 'REQUEST_N', bytes: requestNFrame(7, 12), says: { streamId: 7, requestN: 12 } },
  { name: 'CANCEL', bytes: cancelFrame(9), says: { streamId: 9 } },
  {
    name: 'PAYLOAD',
    bytes: payloadFrame(9, 'data', { metadata: 'm' }),
    says: { flags: Flag.NEXT | Flag.METADATA, data: Buffer.from('data'), metadata: Buffer.from('m') },
  },
  { name: 'ERROR', bytes: errorFrame(0, 0x101, 'why'), says: { streamId: 0, code: 0x101, message: 'why' } },
  { name: 'RESUME', bytes: resumeFrame('tok'), says: { resumeToken: Buffer.from('tok') } },
];

describe("the raw suite's frames", () => {
  for (const { name, bytes, says } of oracle) {
    it(`${name} means to rsocket-js what it says`, () => {
      expect(deserializeFrame(bytes)).to.deep.include({ ...says });
    });

    it(`${name} reads back`, () => {
      expect(readFrame(bytes)).to.include({ name }).and.to.have.property('bytes', bytes);
    });
  }

  it('reads metadata, data and numbers back', () => {
    expect(readFrame(channelFrame(7, 3, 'data', { metadata: 'meta' }))).to.deep.include({
      streamId: 7,
      initial: 3,
      data: Buffer.from('data'),
      metadata: Buffer.from('meta'),
    });
    expect(readFrame(setupFrame({ data: 'd', metadata: 'm', dataMimeType: 'x/y' }))).to.deep.include({
      dataMimeType: 'x/y',
      data: Buffer.from('d'),
      metadata: Buffer.from('m'),
    });
  });

  it('reads a metadata push, a resume position and an unknown type', () => {
    expect(readFrame(metadataPushFrame('m'))).to.deep.include({ name: 'METADATA_PUSH', metadata: Buffer.from('m') });
    expect(readFrame(resumeOkFrame(9))).to.deep.include({
      name: 'RESUME_OK',
      body: Buffer.from([0, 0, 0, 0, 0, 0, 0, 9]),
    });
    expect(readFrame(rawFrame(1, 0x2a, Flag.IGNORE, 'x'))).to.deep.include({ name: 'UNKNOWN', type: 0x2a });
  });

  it('refuses a frame whose metadata is longer than itself', () => {
    const frame = rawFrame(1, FrameType.PAYLOAD, Flag.METADATA, Buffer.from([0, 1, 0]), 'x');
    expect(() => readFrame(frame)).to.throw(RangeError, 'metadata of 256 bytes');
  });

  it('cuts frames out of any segmentation', () => {
    const frames = oracle.map(({ bytes }) => bytes);
    const wire = Buffer.concat(frames.map(prefixed));
    for (const size of [1, 2, 3, 7, 64, wire.length]) {
      const found: Buffer[] = [];
      const cut = frameCutter((frame) => found.push(frame));
      for (let at = 0; at < wire.length; at += size) cut(wire.subarray(at, at + size));
      expect(found, `segments of ${size}`).to.deep.equal(frames);
    }
  });
});
