/** Puts items together of fragments, within the bounds of one item and of the connection. */
import { type MeshError, meshError } from '../../framework/kernel.js';
import type { Limits } from './limits.js';
import type { Payload } from './payload.js';
import { Reassembly } from './reassembly.js';
import type { StreamState } from './stream.js';

export class Reassembler {
  /** Bytes of all unfinished items. */
  private held = 0;

  constructor(private readonly limits: Limits) {}

  /** Adds a fragment to a stream's item; the stream is refused what goes over a limit. */
  add(stream: StreamState, metadata: Uint8Array | undefined, data: Uint8Array): void {
    const fault = this.faultOf(stream.partial, metadata?.length ?? 0, data.length);
    if (fault !== undefined) {
      stream.refuse(fault);
      // What has come of it is worth nothing, even if this was its end.
      stream.partial = undefined;
      return;
    }
    this.held += (metadata?.length ?? 0) + data.length;
    (stream.partial ??= new Reassembly()).add(metadata, data);
  }

  /** The item, now whole. */
  take(stream: StreamState, partial: Reassembly): Payload {
    this.forget(partial);
    stream.partial = undefined;
    return partial.whole();
  }

  /** An item that will not be finished. */
  forget(partial: Reassembly): void {
    this.held -= partial.length;
  }

  /** Why an item may not have so much metadata. */
  metadataFault(length: number): MeshError | undefined {
    const { metadata } = this.limits;
    return length <= metadata
      ? undefined
      : fault(`${length} bytes of metadata are over the limit of ${metadata}`, 'METADATA');
  }

  private faultOf(partial: Reassembly | undefined, metadata: number, data: number): MeshError | undefined {
    const { reassembly, reassemblies } = this.limits;
    if ((partial?.dataLength ?? 0) + data > reassembly) {
      return fault(`an item is longer than ${reassembly} bytes`, 'REASSEMBLY');
    }
    if (this.held + metadata + data > reassemblies) {
      return fault(`more than ${reassemblies} bytes of unfinished items`, 'REASSEMBLIES');
    }
    return this.metadataFault((partial?.metadataLength ?? 0) + metadata);
  }
}

function fault(message: string, limit: string): MeshError {
  return meshError('Invalid', message, { code: `MILLRACE_LIMIT_${limit}` });
}
