/** Errors as ERROR frames: whole between Millrace peers, code and text with all others. */
import {
  asMeshError,
  errorOf,
  type ErrorTag,
  type MeshError,
  meshError,
  type Reply,
  reportOf,
} from '../../framework/kernel.js';
import { bytesOf, text } from './bytes.js';
import { ErrorCode } from './protocol.js';
import { takePairs } from './reply-metadata.js';

/** What an ERROR frame says. */
export interface WireError {
  readonly code: number;
  readonly data: Uint8Array;
}

/** Texts and reports of errors are cut to so many bytes when read. */
const LONGEST = 64 * 1024;

/** An error for the peer, with the reply's metadata for a Millrace peer. The message of a Defect, a bug, stays inside. */
export function toWire(error: unknown, millrace: boolean, reply?: Reply): WireError {
  const known = asMeshError(error);
  if (!millrace)
    return { code: known.rsocketCode, data: bytesOf(known.tag === 'Defect' ? 'internal error' : known.message) };
  const trailers = reply === undefined || reply.metadata.size === 0 ? {} : { reply: [...reply.metadata] };
  return { code: known.rsocketCode, data: bytesOf(JSON.stringify({ ...reportOf(known), ...trailers })) };
}

const TAGS: Readonly<Record<number, ErrorTag>> = {
  [ErrorCode.INVALID_SETUP]: 'Invalid',
  [ErrorCode.UNSUPPORTED_SETUP]: 'Invalid',
  [ErrorCode.REJECTED_SETUP]: 'Rejected',
  [ErrorCode.REJECTED_RESUME]: 'Rejected',
  [ErrorCode.CONNECTION_ERROR]: 'Broken',
  [ErrorCode.CONNECTION_CLOSE]: 'Unavailable',
  [ErrorCode.REJECTED]: 'Rejected',
  [ErrorCode.CANCELED]: 'Canceled',
  [ErrorCode.INVALID]: 'Invalid',
};

/** The error that an ERROR frame `from` a peer tells of. Codes that are not the protocol's are the application's, and Failed. */
export function fromWire(code: number, data: Uint8Array, millrace: boolean, from: string, reply?: Reply): MeshError {
  const said = text(data.subarray(0, LONGEST));
  const whole = millrace ? reported(said, from, reply) : undefined;
  if (whole !== undefined) return whole;
  return meshError(TAGS[code] ?? 'Failed', said === '' ? `the peer sent error 0x${code.toString(16)}` : said, {
    rsocketCode: code,
    from,
  });
}

function reported(said: string, from: string, reply: Reply | undefined): MeshError | undefined {
  if (!said.startsWith('{')) return undefined;
  try {
    const report = JSON.parse(said) as { reply?: unknown };
    if (reply !== undefined) takePairs(report.reply, reply);
    return errorOf(report, from);
  } catch {
    return undefined;
  }
}
