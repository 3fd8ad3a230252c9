/** Which errors speak against the service that was called. */
import type { ErrorTag, MeshError } from '../core/index.js';

const FAULTS: ReadonlySet<ErrorTag> = new Set(['Broken', 'Slow', 'Late', 'Unavailable', 'Overrun', 'Defect']);

/** APPLICATION_ERROR, with which peers that don't know the table say that a handler failed (Protocol.md, Error Codes). */
const APPLICATION_ERROR = 0x201;

/**
 * Whether an error is the service's failure: not what the caller did wrong, nor a failure that the contract declares, nor a refusal.
 * A peer that isn't Millrace can say only that it failed: that is one.
 */
export function isFault({ tag, code, from, rsocketCode }: MeshError): boolean {
  if (tag !== 'Failed') return FAULTS.has(tag);
  return from !== undefined && code === 'MILLRACE_FAILED' && rsocketCode === APPLICATION_ERROR;
}
