/** The SETUP frame: what a client says of itself before anything else. */
import {
  bytesOf,
  concat,
  copyOf,
  EMPTY,
  readInt32,
  readUint16,
  readUint24,
  text,
  writeUint16,
  writeUint24,
  writeUint32,
} from './bytes.js';
import { LONGEST_TOKEN } from './resume-frames.js';
import { ErrorCode, Flag, FrameType, HEADER, MAX_REQUEST, VERSION_MAJOR, VERSION_MINOR } from './protocol.js';

export interface Setup {
  /** Milliseconds between the client's KEEPALIVE frames. */
  readonly keepAlive: number;
  /** Milliseconds without a sign of life after which the other side is taken for dead. */
  readonly lifetime: number;
  readonly metadataMimeType: string;
  readonly dataMimeType: string;
  readonly metadata: Uint8Array | undefined;
  readonly data: Uint8Array;
  /** The connection goes on where it was if it is lost. */
  readonly resume: boolean;
  /** The client makes no request that no lease covers. */
  readonly lease: boolean;
}

/** A SETUP with the secret that nobody else is to see. */
export interface SecretSetup extends Setup {
  /** The connection is to be resumed under it. */
  readonly token: Uint8Array | undefined;
}

/** Why a SETUP is refused: an error code and a text for the peer. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

export function encodeSetup(setup: SecretSetup): Uint8Array {
  const head = new Uint8Array(HEADER + 12);
  const { token } = setup;
  const flags =
    (setup.metadata === undefined ? 0 : Flag.METADATA) |
    (token === undefined ? 0 : Flag.RESUME) |
    (setup.lease ? Flag.LEASE : 0);
  head[4] = (FrameType.SETUP << 2) | (flags >>> 8);
  head[5] = flags & 0xff;
  let at = writeUint16(head, writeUint16(head, HEADER, VERSION_MAJOR), VERSION_MINOR);
  at = writeUint32(head, at, setup.keepAlive);
  writeUint32(head, at, setup.lifetime);
  const tokens: Uint8Array[] = [];
  if (token !== undefined) {
    const length = new Uint8Array(2);
    writeUint16(length, 0, token.length);
    tokens.push(length, token);
  }
  const parts = [head, ...tokens, mime(setup.metadataMimeType), mime(setup.dataMimeType)];
  if (setup.metadata !== undefined) {
    const length = new Uint8Array(3);
    writeUint24(length, 0, setup.metadata.length);
    parts.push(length, setup.metadata);
  }
  return concat([...parts, setup.data]);
}

function mime(type: string): Uint8Array {
  const bytes = bytesOf(type);
  return concat([Uint8Array.of(bytes.length), bytes]);
}

/** Reads a SETUP frame from `start` up to `end`; never trusts a length. */
export function parseSetup(frame: Uint8Array, start: number, end: number): SecretSetup | Refusal {
  const invalid = (message: string): Refusal => ({ code: ErrorCode.INVALID_SETUP, message });
  const flags = readUint16(frame, start + 4);
  if (readInt32(frame, start) !== 0) return invalid('SETUP must be on stream 0');
  if (end - start < HEADER + 12) return invalid('SETUP is cut short');
  const major = readUint16(frame, start + 6);
  const minor = readUint16(frame, start + 8);
  if (major !== VERSION_MAJOR || minor !== VERSION_MINOR) {
    return { code: ErrorCode.UNSUPPORTED_SETUP, message: `version ${major}.${minor} is not supported, 1.0 is` };
  }
  const keepAlive = readInt32(frame, start + 10);
  const lifetime = readInt32(frame, start + 14);
  if (keepAlive <= 0 || lifetime <= 0) return invalid('keep-alive interval and lifetime must be 1 ms or more');
  let at = start + 18;
  let token: Uint8Array | undefined;
  if ((flags & Flag.RESUME) !== 0) {
    if (at + 2 > end || at + 2 + readUint16(frame, at) > end) return invalid('the resume token of SETUP is cut short');
    token = copyOf(frame, at + 2, at + 2 + readUint16(frame, at));
    at += 2 + token.length;
    if (token.length === 0 || token.length > LONGEST_TOKEN)
      return invalid(`a resume token of ${token.length} bytes is not of 1 to ${LONGEST_TOKEN}`);
  }
  const types: string[] = [];
  for (let i = 0; i < 2; i++) {
    const length = frame[at] as number;
    if (at >= end || at + 1 + length > end) return invalid('a MIME type of SETUP is cut short');
    types.push(text(frame.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  let metadata: Uint8Array | undefined;
  if ((flags & Flag.METADATA) !== 0) {
    if (at + 3 > end || at + 3 + readUint24(frame, at) > end) return invalid('the metadata of SETUP is cut short');
    metadata = copyOf(frame, at + 3, at + 3 + readUint24(frame, at));
    at += 3 + metadata.length;
  }
  const data = at === end ? EMPTY : copyOf(frame, at, end);
  return {
    keepAlive,
    lifetime,
    metadataMimeType: types[0] ?? '',
    dataMimeType: types[1] ?? '',
    metadata,
    data,
    token,
    resume: token !== undefined,
    lease: (flags & Flag.LEASE) !== 0,
  };
}

/** The longest time that SETUP can say. */
export const LONGEST_TIME = MAX_REQUEST;
