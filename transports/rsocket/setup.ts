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
}

/** Why a SETUP is refused: an error code and a text for the peer. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

export function encodeSetup(setup: Setup): Uint8Array {
  const head = new Uint8Array(HEADER + 12);
  const flags = setup.metadata === undefined ? 0 : Flag.METADATA;
  head[4] = (FrameType.SETUP << 2) | (flags >>> 8);
  head[5] = flags & 0xff;
  let at = writeUint16(head, writeUint16(head, HEADER, VERSION_MAJOR), VERSION_MINOR);
  at = writeUint32(head, at, setup.keepAlive);
  writeUint32(head, at, setup.lifetime);
  const parts = [head, mime(setup.metadataMimeType), mime(setup.dataMimeType)];
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
export function parseSetup(frame: Uint8Array, start: number, end: number): Setup | Refusal {
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
  if ((flags & Flag.RESUME) !== 0) return { code: ErrorCode.REJECTED_SETUP, message: 'resume is not supported' };
  if ((flags & Flag.LEASE) !== 0) return { code: ErrorCode.UNSUPPORTED_SETUP, message: 'lease is not supported' };
  let at = start + 18;
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
  return { keepAlive, lifetime, metadataMimeType: types[0] ?? '', dataMimeType: types[1] ?? '', metadata, data };
}

/** The longest time that SETUP can say. */
export const LONGEST_TIME = MAX_REQUEST;
