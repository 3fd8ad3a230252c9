/** An item of which some fragments have come. */
import { allocate, EMPTY } from './bytes.js';
import type { Payload } from './payload.js';

/** Bytes that grow by copying, so that many small fragments cost no more than they hold. */
class Growing {
  private bytes: Uint8Array = EMPTY;
  length = 0;

  add(more: Uint8Array): void {
    const needed = this.length + more.length;
    if (needed > this.bytes.length) {
      const grown = allocate(Math.max(needed, Math.ceil(this.bytes.length * 1.5)));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(more, this.length);
    this.length = needed;
  }

  take(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

export class Reassembly {
  private readonly data = new Growing();
  private metadata: Growing | undefined;

  get dataLength(): number {
    return this.data.length;
  }

  get metadataLength(): number {
    return this.metadata?.length ?? 0;
  }

  get length(): number {
    return this.dataLength + this.metadataLength;
  }

  add(metadata: Uint8Array | undefined, data: Uint8Array): void {
    if (metadata !== undefined) (this.metadata ??= new Growing()).add(metadata);
    this.data.add(data);
  }

  whole(): Payload {
    return { data: this.data.take(), metadata: this.metadata?.take() };
  }
}
