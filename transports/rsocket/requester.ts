/** The side of a stream that asks. */
import type { Observable, Subscriber, Unsubscribable } from 'rxjs';
import {
  asMeshError,
  asPartOf,
  type MeshError,
  meshError,
  openCall,
  type Overflow,
  type Reply,
  type Seat,
  type Stop,
} from '../../framework/kernel.js';
import { EMPTY } from './bytes.js';
import { Intake, type IntakeOwner } from './intake.js';
import { Outlet, type OutletOwner } from './outlet.js';
import type { Payload } from './payload.js';
import { Flag, FrameType } from './protocol.js';
import type { Reassembly } from './reassembly.js';
import { takeReply } from './reply-metadata.js';
import type { StreamState, Wire } from './stream.js';
import { fromWire } from './wire-error.js';

/** A request/response: one frame out, one item back. */
export class ResponseRequest implements StreamState, Unsubscribable {
  partial: Reassembly | undefined;
  private id = 0;
  private readonly outer: Seat | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly subscriber: Subscriber<Payload>,
    request: Payload,
    private readonly reply: Reply | undefined,
  ) {
    this.outer = openCall();
    try {
      this.id = wire.open(this);
      wire.send(this.id, FrameType.REQUEST_RESPONSE, 0, 0, request);
    } catch (error) {
      this.lost(asMeshError(error));
    }
  }

  receive(item: Payload | undefined, _complete: boolean, trailers?: Uint8Array): void {
    this.done();
    const { subscriber, outer, reply } = this;
    const metadata = item === undefined ? trailers : item.metadata;
    if (reply !== undefined && metadata !== undefined && this.wire.peer !== undefined) takeReply(metadata, reply);
    if (outer === undefined) {
      if (item !== undefined) subscriber.next(item);
      subscriber.complete();
    } else {
      asPartOf(outer, () => {
        if (item !== undefined) subscriber.next(item);
        subscriber.complete();
        outer.callEnded();
      });
    }
  }

  requested(): void {}

  canceled(): void {}

  errored(code: number, data: Uint8Array): void {
    this.lost(fromWire(code, data, this.wire.peer !== undefined, this.wire.name, this.reply));
  }

  refuse(error: MeshError): void {
    this.wire.outbox.cancel(this.id);
    this.lost(error);
  }

  lost(error: MeshError): void {
    this.done();
    asPartOf(this.outer, () => this.subscriber.error(error));
    this.outer?.callEnded();
  }

  /** The caller has left. */
  unsubscribe(): void {
    if (this.id === 0) return;
    this.wire.outbox.cancel(this.id);
    this.done();
    this.outer?.callEnded();
  }

  private done(): void {
    if (this.id === 0) return;
    this.wire.forget(this.id, this.partial);
    this.id = 0;
    this.partial = undefined;
  }
}

export interface StreamRequestOptions {
  /** A fixed window of items instead of one that grows. */
  readonly window?: number | undefined;
  readonly reply?: Reply | undefined;
  /** What to do with items of a channel's request that the peer has not asked for. */
  readonly overflow?: Overflow | undefined;
}

/** A request for a stream, or a channel: items back, and for a channel items out as the peer asks for them. */
export class StreamRequest implements StreamState, IntakeOwner, OutletOwner, Unsubscribable {
  partial: Reassembly | undefined;
  private id = 0;
  private readonly intake: Intake;
  private readonly outlet: Outlet | undefined;
  /** The reply has not ended. */
  private receiving = true;
  /** The request, a channel's, has not ended. */
  private sending: boolean;
  private left = false;
  private window = 0;
  /** Leaves the queue for a lease. */
  private stopWaiting: Stop | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly subscriber: Subscriber<Payload>,
    private readonly request: Payload | Observable<Payload>,
    private readonly options: StreamRequestOptions = {},
  ) {
    this.intake = new Intake(wire, this, subscriber, options.window);
    this.sending = 'subscribe' in request;
    if (this.sending) this.outlet = new Outlet(wire, this, this.intake.serving, options.overflow);
    this.intake.enter();
  }

  receive(item: Payload | undefined, complete: boolean, trailers?: Uint8Array): void {
    if (!this.receiving) return;
    this.takeReply(item === undefined ? trailers : item.metadata);
    if (item !== undefined) {
      if (!this.intake.arrive(item)) {
        return this.refuse(meshError('Invalid', `${this.wire.name} sent an item that was not asked for`));
      }
    }
    if (!complete) return;
    this.receiving = false;
    if (!this.sending) this.close();
    this.intake.complete();
  }

  requested(n: number): void {
    this.outlet?.request(n);
  }

  canceled(): void {
    if (!this.sending) return;
    this.endSending();
    if (!this.receiving) this.close();
  }

  errored(code: number, data: Uint8Array): void {
    this.lost(fromWire(code, data, this.wire.peer !== undefined, this.wire.name, this.options.reply));
  }

  refuse(error: MeshError): void {
    if (this.id !== 0) this.wire.outbox.cancel(this.id);
    this.lost(error);
  }

  lost(error: MeshError): void {
    this.close();
    this.endSending();
    if (!this.receiving) return;
    this.receiving = false;
    this.intake.error(error);
  }

  /** The caller has left, or the reply has ended; a channel's request then goes on until the peer cancels it. */
  unsubscribe(): void {
    this.left = true;
    this.stopWaiting?.();
    this.intake.leave();
    if (!this.receiving) return;
    this.receiving = false;
    this.endSending();
    if (this.id !== 0) this.wire.outbox.cancel(this.id);
    this.close();
  }

  /** An item of a channel's request: the first opens the stream. */
  give(item: Payload): number {
    if (this.id !== 0) return this.wire.send(this.id, FrameType.PAYLOAD, Flag.NEXT, 0, item);
    this.openWith(FrameType.REQUEST_CHANNEL, item);
    return 0;
  }

  /** A channel's request has failed: so has the stream. */
  failed(error: unknown): void {
    this.sending = false;
    if (this.id !== 0) this.wire.sendError(this.id, error);
    this.lost(asMeshError(error));
  }

  /** A channel's request has ended; one without items is no call at all. */
  completed(): void {
    this.sending = false;
    if (this.id !== 0) this.wire.send(this.id, FrameType.PAYLOAD, Flag.COMPLETE, 0, { data: EMPTY });
    else {
      this.receiving = false;
      this.intake.complete();
    }
    if (!this.receiving) this.close();
  }

  begin(n: number): void {
    if (this.left) return;
    this.window = n;
    const holder = this.wire.leases?.holder;
    if (holder === undefined || holder.take()) return this.start();
    this.stopWaiting = holder.wait(
      () => this.start(),
      (error) => this.lost(error),
    );
  }

  private start(): void {
    if (!('subscribe' in this.request)) return this.openWith(FrameType.REQUEST_STREAM, this.request);
    this.request.subscribe(this.outlet?.sink);
    this.outlet?.request(1);
  }

  ask(n: number): void {
    if (this.id !== 0) this.wire.outbox.requestN(this.id, n);
  }

  private openWith(type: number, item: Payload): void {
    try {
      this.id = this.wire.open(this);
      this.wire.send(this.id, type, 0, this.window, item);
    } catch (error) {
      this.lost(asMeshError(error));
    }
  }

  private takeReply(metadata: Uint8Array | undefined): void {
    const { reply } = this.options;
    if (reply !== undefined && metadata !== undefined && this.wire.peer !== undefined) takeReply(metadata, reply);
  }

  private endSending(): void {
    this.sending = false;
    this.outlet?.sink.unsubscribe();
  }

  private close(): void {
    if (this.id === 0) return;
    this.wire.forget(this.id, this.partial);
    this.id = 0;
    this.partial = undefined;
  }
}
