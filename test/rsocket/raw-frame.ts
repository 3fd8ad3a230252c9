/** RSocket 1.0 frames built and read straight from the protocol's text, apart from the codec under test, so that a mistake there shows here. */

import { ErrorCode, Flag, FrameType } from './raw-protocol.js';

export { ErrorCode, Flag, FrameType };

export type FrameName = keyof typeof FrameType;

interface Header {
  readonly streamId: number;
  readonly flags: number;
  /** The whole frame as it came, without the length that TCP puts before it. */
  readonly bytes: Buffer;
}

export interface Content {
  readonly data: Buffer;
  readonly metadata: Buffer | undefined;
}

export interface SetupFrame extends Header, Content {
  readonly name: 'SETUP';
  readonly major: number;
  readonly minor: number;
  readonly keepAlive: number;
  readonly lifetime: number;
  readonly token: Buffer | undefined;
  readonly metadataMimeType: string;
  readonly dataMimeType: string;
}

export interface LeaseFrame extends Header {
  readonly name: 'LEASE';
  readonly ttl: number;
  readonly requests: number;
  readonly metadata: Buffer;
}

export interface KeepAliveFrame extends Header {
  readonly name: 'KEEPALIVE';
  readonly position: bigint;
  readonly data: Buffer;
}

export interface ContentFrame<N extends 'REQUEST_RESPONSE' | 'REQUEST_FNF' | 'PAYLOAD'> extends Header, Content {
  readonly name: N;
}

export type PayloadFrame = ContentFrame<'PAYLOAD'>;

export interface DemandingFrame<N extends 'REQUEST_STREAM' | 'REQUEST_CHANNEL'> extends Header, Content {
  readonly name: N;
  readonly initial: number;
}

export interface RequestNFrame extends Header {
  readonly name: 'REQUEST_N';
  readonly n: number;
}

export interface CancelFrame extends Header {
  readonly name: 'CANCEL';
}

export interface ErrorFrame extends Header {
  readonly name: 'ERROR';
  readonly code: number;
  readonly message: string;
}

export interface MetadataPushFrame extends Header {
  readonly name: 'METADATA_PUSH';
  readonly metadata: Buffer;
}

export interface OtherFrame<N extends 'RESUME' | 'RESUME_OK' | 'EXT' | 'UNKNOWN'> extends Header {
  readonly name: N;
  readonly type: number;
  readonly body: Buffer;
}

export type RawFrame =
  | SetupFrame
  | LeaseFrame
  | KeepAliveFrame
  | ContentFrame<'REQUEST_RESPONSE'>
  | ContentFrame<'REQUEST_FNF'>
  | DemandingFrame<'REQUEST_STREAM'>
  | DemandingFrame<'REQUEST_CHANNEL'>
  | RequestNFrame
  | CancelFrame
  | PayloadFrame
  | ErrorFrame
  | MetadataPushFrame
  | OtherFrame<'RESUME'>
  | OtherFrame<'RESUME_OK'>
  | OtherFrame<'EXT'>
  | OtherFrame<'UNKNOWN'>;

/** A frame of any type, flags and body, right or wrong; the caller answers for what it says. */
export function rawFrame(
  streamId: number,
  type: number,
  flags: number,
  ...body: readonly (Uint8Array | string)[]
): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt32BE(streamId >>> 0, 0);
  header.writeUInt16BE(((type & 0x3f) << 10) | (flags & 0x3ff), 4);
  return Buffer.concat([header, ...body.map((part) => Buffer.from(part))]);
}

export interface SetupFields {
  readonly streamId?: number;
  readonly flags?: number;
  readonly major?: number;
  readonly minor?: number;
  readonly keepAlive?: number;
  readonly lifetime?: number;
  readonly token?: string;
  readonly metadataMimeType?: string;
  readonly dataMimeType?: string;
  readonly data?: string | Uint8Array;
  readonly metadata?: string | Uint8Array;
}

export function setupFrame(fields: SetupFields = {}): Buffer {
  const token = fields.token === undefined ? [] : [uint16(Buffer.byteLength(fields.token)), fields.token];
  const flags =
    (fields.flags ?? 0) |
    (fields.token === undefined ? 0 : Flag.RESUME) |
    (fields.metadata === undefined ? 0 : Flag.METADATA);
  return rawFrame(
    fields.streamId ?? 0,
    FrameType.SETUP,
    flags,
    uint16(fields.major ?? 1),
    uint16(fields.minor ?? 0),
    uint32(fields.keepAlive ?? 20_000),
    uint32(fields.lifetime ?? 90_000),
    ...token,
    mimeType(fields.metadataMimeType ?? 'application/octet-stream'),
    mimeType(fields.dataMimeType ?? 'application/octet-stream'),
    ...content(fields.data ?? '', fields.metadata),
  );
}

export interface ContentFields {
  readonly metadata?: string | Uint8Array;
  readonly flags?: number;
}

export function responseFrame(streamId: number, data: string | Uint8Array, fields: ContentFields = {}): Buffer {
  return rawFrame(streamId, FrameType.REQUEST_RESPONSE, contentFlags(fields), ...content(data, fields.metadata));
}

export function notifyFrame(streamId: number, data: string | Uint8Array, fields: ContentFields = {}): Buffer {
  return rawFrame(streamId, FrameType.REQUEST_FNF, contentFlags(fields), ...content(data, fields.metadata));
}

export function streamFrame(
  streamId: number,
  initial: number,
  data: string | Uint8Array,
  fields: ContentFields = {},
): Buffer {
  const body = content(data, fields.metadata);
  return rawFrame(streamId, FrameType.REQUEST_STREAM, contentFlags(fields), uint32(initial), ...body);
}

export function channelFrame(
  streamId: number,
  initial: number,
  data: string | Uint8Array,
  fields: ContentFields = {},
): Buffer {
  const body = content(data, fields.metadata);
  return rawFrame(streamId, FrameType.REQUEST_CHANNEL, contentFlags(fields), uint32(initial), ...body);
}

/** PAYLOAD; `flags` says NEXT, COMPLETE and FOLLOWS, and is NEXT when left out. */
export function payloadFrame(streamId: number, data: string | Uint8Array, fields: ContentFields = {}): Buffer {
  const flags = contentFlags({ flags: Flag.NEXT, ...fields });
  return rawFrame(streamId, FrameType.PAYLOAD, flags, ...content(data, fields.metadata));
}

export function requestNFrame(streamId: number, n: number): Buffer {
  return rawFrame(streamId, FrameType.REQUEST_N, 0, uint32(n));
}

export function cancelFrame(streamId: number): Buffer {
  return rawFrame(streamId, FrameType.CANCEL, 0);
}

export function errorFrame(streamId: number, code: number, message = ''): Buffer {
  return rawFrame(streamId, FrameType.ERROR, 0, uint32(code), message);
}

export function keepAliveFrame(respond: boolean, data = ''): Buffer {
  return rawFrame(0, FrameType.KEEPALIVE, respond ? Flag.RESPOND : 0, Buffer.alloc(8), data);
}

export function metadataPushFrame(metadata: string | Uint8Array, streamId = 0): Buffer {
  return rawFrame(streamId, FrameType.METADATA_PUSH, Flag.METADATA, metadata);
}

export function leaseFrame(ttl: number, requests: number): Buffer {
  return rawFrame(0, FrameType.LEASE, 0, uint32(ttl), uint32(requests));
}

export function resumeFrame(token: string, received = 0, first = 0): Buffer {
  const version = [uint16(1), uint16(0)];
  const positions = [uint32(0), uint32(received), uint32(0), uint32(first)];
  return rawFrame(0, FrameType.RESUME, 0, ...version, uint16(Buffer.byteLength(token)), token, ...positions);
}

export function resumeOkFrame(position = 0): Buffer {
  return rawFrame(0, FrameType.RESUME_OK, 0, Buffer.alloc(4), uint32(position));
}

export function extensionFrame(streamId: number, flags: number, extendedType: number, body = ''): Buffer {
  return rawFrame(streamId, FrameType.EXT, flags, uint32(extendedType), body);
}

/** The frame behind its 24-bit length, as TCP carries it. */
export function prefixed(frame: Uint8Array): Buffer {
  return Buffer.concat([uint24(frame.byteLength), frame]);
}

/** Reads a frame, without its length; throws a RangeError when the bytes are too few for what they say. */
export function readFrame(bytes: Buffer): RawFrame {
  const word = bytes.readUInt16BE(4);
  const header = { streamId: bytes.readUInt32BE(0), flags: word & 0x3ff, bytes };
  return readBody(header, word >>> 10, bytes.subarray(6));
}

/** Cuts a TCP byte stream into frames; what is left over waits for the next chunk. */
export function frameCutter(found: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 3 && rest.length >= 3 + rest.readUIntBE(0, 3)) {
      const end = 3 + rest.readUIntBE(0, 3);
      found(rest.subarray(3, end));
      rest = rest.subarray(end);
    }
  };
}

/** The frame in one line, for a failure's message. */
export function describeFrame(frame: RawFrame): string {
  const head = `${frame.name} stream ${frame.streamId} flags 0x${frame.flags.toString(16)}`;
  if (frame.name === 'ERROR') return `${head} code 0x${frame.code.toString(16)} "${frame.message}"`;
  if (frame.name === 'REQUEST_N') return `${head} n ${frame.n}`;
  return `${head}, ${frame.bytes.length} bytes`;
}

function readBody(header: Header, type: number, body: Buffer): RawFrame {
  const base = { ...header, type };
  switch (type) {
    case FrameType.SETUP:
      return readSetup(header, body);
    case FrameType.LEASE:
      return {
        ...base,
        name: 'LEASE',
        ttl: body.readUInt32BE(0),
        requests: body.readUInt32BE(4),
        metadata: body.subarray(8),
      };
    case FrameType.KEEPALIVE:
      return { ...base, name: 'KEEPALIVE', position: body.readBigUInt64BE(0), data: body.subarray(8) };
    case FrameType.REQUEST_RESPONSE:
      return { ...base, name: 'REQUEST_RESPONSE', ...readContent(header, body) };
    case FrameType.REQUEST_FNF:
      return { ...base, name: 'REQUEST_FNF', ...readContent(header, body) };
    case FrameType.PAYLOAD:
      return { ...base, name: 'PAYLOAD', ...readContent(header, body) };
    case FrameType.REQUEST_STREAM:
      return {
        ...base,
        name: 'REQUEST_STREAM',
        initial: body.readUInt32BE(0),
        ...readContent(header, body.subarray(4)),
      };
    case FrameType.REQUEST_CHANNEL:
      return {
        ...base,
        name: 'REQUEST_CHANNEL',
        initial: body.readUInt32BE(0),
        ...readContent(header, body.subarray(4)),
      };
    case FrameType.REQUEST_N:
      return { ...base, name: 'REQUEST_N', n: body.readUInt32BE(0) };
    case FrameType.CANCEL:
      return { ...base, name: 'CANCEL' };
    case FrameType.ERROR:
      return { ...base, name: 'ERROR', code: body.readUInt32BE(0), message: body.subarray(4).toString('utf8') };
    case FrameType.METADATA_PUSH:
      return { ...base, name: 'METADATA_PUSH', metadata: body };
    case FrameType.RESUME:
      return { ...base, name: 'RESUME', body };
    case FrameType.RESUME_OK:
      return { ...base, name: 'RESUME_OK', body };
    case FrameType.EXT:
      return { ...base, name: 'EXT', body };
    default:
      return { ...base, name: 'UNKNOWN', body };
  }
}

function readSetup(header: Header, body: Buffer): SetupFrame {
  let at = 12;
  const take = (length: number): Buffer => {
    if (at + length > body.length) throw new RangeError(`SETUP of ${body.length} bytes ends inside a field`);
    at += length;
    return body.subarray(at - length, at);
  };
  const token = (header.flags & Flag.RESUME) === 0 ? undefined : take(take(2).readUInt16BE(0));
  const metadataMimeType = take(take(1).readUInt8(0)).toString('ascii');
  const dataMimeType = take(take(1).readUInt8(0)).toString('ascii');
  return {
    ...header,
    name: 'SETUP',
    major: body.readUInt16BE(0),
    minor: body.readUInt16BE(2),
    keepAlive: body.readUInt32BE(4),
    lifetime: body.readUInt32BE(8),
    token,
    metadataMimeType,
    dataMimeType,
    ...readContent(header, body.subarray(at)),
  };
}

function readContent(header: Header, body: Buffer): Content {
  if ((header.flags & Flag.METADATA) === 0) return { data: body, metadata: undefined };
  const end = 3 + body.readUIntBE(0, 3);
  if (end > body.length) throw new RangeError(`metadata of ${end - 3} bytes in a body of ${body.length}`);
  return { data: body.subarray(end), metadata: body.subarray(3, end) };
}

function content(data: string | Uint8Array, metadata: string | Uint8Array | undefined): (Uint8Array | string)[] {
  if (metadata === undefined) return [data];
  return [uint24(Buffer.from(metadata).length), metadata, data];
}

function contentFlags(fields: ContentFields): number {
  return (fields.flags ?? 0) | (fields.metadata === undefined ? 0 : Flag.METADATA);
}

function mimeType(name: string): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'ascii')]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint24(value: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntBE(value, 0, 3);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
