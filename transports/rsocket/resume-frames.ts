/** RESUME and RESUME_OK, and the position in KEEPALIVE (Protocol.md: Resuming Operation). Positions are bytes of frames. */
import { copyOf, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.js';
import { FrameType, HEADER, PREFIX, VERSION_MAJOR, VERSION_MINOR } from './protocol.js';

/** Tokens are no longer than this, though a length could say 65,535. */
export const LONGEST_TOKEN = 256;

export interface Resume {
  readonly token: Uint8Array;
  /** What the client has of the server's. */
  readonly received: number;
  /** From where on the client still has its own. */
  readonly first: number;
}

/** A RESUME frame behind its length. */
export function encodeResume({ token, received, first }: Resume): Uint8Array {
  const run = new Uint8Array(PREFIX + HEADER + 6 + token.length + 16);
  begin(run, FrameType.RESUME);
  let at = writeUint16(run, writeUint16(run, PREFIX + HEADER, VERSION_MAJOR), VERSION_MINOR);
  at = writeUint16(run, at, token.length);
  run.set(token, at);
  writePosition(run, writePosition(run, at + token.length, received), first);
  return run;
}

/** What a RESUME frame from `start` up to `end` says, or what is wrong with it. */
export function parseResume(frame: Uint8Array, start: number, end: number): Resume | string {
  let at = start + HEADER;
  if (end - at < 6) return 'RESUME is cut short';
  const [major, minor, length] = [readUint16(frame, at), readUint16(frame, at + 2), readUint16(frame, at + 4)];
  // rsocket-js 1.0.0-alpha.3 writes minor before major.
  const known = (major === VERSION_MAJOR && minor === VERSION_MINOR) || (major === 0 && minor === 1);
  if (!known) return `version ${major}.${minor} is not supported, 1.0 is`;
  at += 6;
  if (end - at !== length + 16) return 'RESUME is cut short';
  const token = copyOf(frame, at, at + length);
  at += length;
  return { token, received: readPosition(frame, at), first: readPosition(frame, at + 8) };
}

/** A RESUME_OK frame behind its length. */
export function encodeResumeOk(received: number): Uint8Array {
  const run = new Uint8Array(PREFIX + HEADER + 8);
  begin(run, FrameType.RESUME_OK);
  writePosition(run, PREFIX + HEADER, received);
  return run;
}

/** An ERROR frame of the connection behind its length. */
export function encodeError(code: number, message: Uint8Array): Uint8Array {
  const run = new Uint8Array(PREFIX + HEADER + 4 + message.length);
  begin(run, FrameType.ERROR);
  run.set(message, writeUint32(run, PREFIX + HEADER, code));
  return run;
}

/** A KEEPALIVE frame behind its length, that wants no answer. */
export function encodePosition(received: number): Uint8Array {
  const run = new Uint8Array(PREFIX + HEADER + 8);
  begin(run, FrameType.KEEPALIVE);
  writePosition(run, PREFIX + HEADER, received);
  return run;
}

/** The position at `at`: 63 bits, of which a number can say 53. */
export function readPosition(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * 2 ** 32 + readUint32(bytes, at + 4);
}

export function writePosition(bytes: Uint8Array, at: number, position: number): number {
  return writeUint32(bytes, writeUint32(bytes, at, Math.floor(position / 2 ** 32)), position % 2 ** 32);
}

/** The type of the frame that begins at `at`, behind its length. */
export function typeAt(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + 4) >>> 10;
}

function begin(run: Uint8Array, type: number): void {
  run[2] = run.length - PREFIX;
  run[1] = (run.length - PREFIX) >>> 8;
  run[PREFIX + 4] = type << 2;
}
