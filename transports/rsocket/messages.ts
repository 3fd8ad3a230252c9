/** Splits a run of frames for transports whose messages are frames. */
import { readUint24 } from './bytes.js';
import { PREFIX } from './protocol.js';

/** Calls `each` with every frame of the run, without its length, and whether it is the last. */
export function eachFrame(run: Uint8Array, each: (frame: Uint8Array, last: boolean) => void): void {
  for (let at = 0; at < run.length;) {
    const end = at + PREFIX + readUint24(run, at);
    each(run.subarray(at + PREFIX, end), end === run.length);
    at = end;
  }
}
