/** Which errors speak against the service that was called. */
import type { ErrorTag, MeshError } from '../core/index.js';

const FAULTS: ReadonlySet<ErrorTag> = new Set(['Broken', 'Slow', 'Late', 'Unavailable', 'Overrun', 'Defect']);

/** Whether an error is the service's failure: not what the caller did wrong, nor a failure that the contract declares, nor a refusal. */
export function isFault({ tag }: Pick<MeshError, 'tag'>): boolean {
  return FAULTS.has(tag);
}
