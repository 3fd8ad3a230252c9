/** A request of which more fragments are to come; in the table until it is whole. */
import type { MeshError } from '../../framework/kernel.js';
import type { Payload } from './payload.js';
import type { Reassembly } from './reassembly.js';
import type { StreamState, Wire } from './stream.js';

export class RequestAssembly implements StreamState {
  partial: Reassembly | undefined;
  private extra = 0;

  /** `whole` is told when the last fragment has come, with the items asked for by then. */
  constructor(
    private readonly wire: Wire,
    private readonly id: number,
    private readonly whole: (item: Payload, complete: boolean, extra: number) => void,
  ) {}

  receive(item: Payload | undefined, complete: boolean): void {
    if (item !== undefined) this.whole(item, complete, this.extra);
  }

  requested(n: number): void {
    this.extra += n;
  }

  canceled(): void {
    this.wire.forget(this.id, this.partial);
  }

  errored(): void {
    this.canceled();
  }

  refuse(error: MeshError): void {
    this.wire.sendError(this.id, error);
    this.canceled();
  }

  lost(): void {}
}
