/** The messages of a channel's requester, as the handler's request: an Observable that can be subscribed once. */
import { Observable, type Subscriber, type Unsubscribable } from 'rxjs';
import { type MeshError, meshError } from '../../framework/kernel.js';
import { Intake, type IntakeOwner } from './intake.js';
import type { Payload } from './payload.js';
import type { Wire } from './stream.js';

/** Who keeps the stream that an inlet is a direction of. */
export interface InletOwner {
  inletClosed(): void;
}

export class ChannelInlet implements IntakeOwner, Unsubscribable {
  closed = false;
  readonly items: Observable<Payload>;
  private intake: Intake | undefined;
  private subscribed = false;
  private owner: InletOwner | undefined;

  /** `first` came with the request; `last` says that the requester has nothing more to say. */
  constructor(
    private readonly wire: Wire,
    private readonly id: number,
    private first: Payload | undefined,
    private last: boolean,
  ) {
    this.items = new Items(this);
  }

  /** `owner` is told when this direction has ended. */
  tell(owner: InletOwner): void {
    this.owner = owner;
  }

  /** Takes what came; returns the fault if the peer may not send it. */
  receive(item: Payload | undefined, complete: boolean): MeshError | undefined {
    if (this.closed) return undefined;
    if (item !== undefined && this.intake?.arrive(item) !== true) {
      return meshError('Invalid', `${this.wire.name} sent an item that was not asked for`);
    }
    if (complete && this.intake === undefined) this.last = true;
    else if (complete) {
      this.close();
      this.intake?.complete();
    }
    return undefined;
  }

  /** Sends and takes nothing more, and tells nobody yet. */
  seal(): void {
    this.closed = true;
    this.first = undefined;
  }

  /** Whether the handler has all that came. */
  get idle(): boolean {
    return this.intake?.idle === true;
  }

  /** The requester has ended the stream with an error: the handler gets what waits, then that. */
  failed(error: MeshError): void {
    this.intake?.error(error);
  }

  /** The requester, or the connection, has gone: a handler that still reads hears it at once. */
  lost(error: MeshError): void {
    this.intake?.abort(error);
  }

  /** The reply has ended: if nobody reads the request, nobody will. */
  abandon(): void {
    if (!this.subscribed && !this.closed) this.stop();
  }

  /** Somebody reads {@link items}. */
  read(subscriber: Subscriber<Payload>): Unsubscribable | undefined {
    if (this.subscribed) {
      subscriber.error(meshError('Invalid', "a channel's request can be subscribed once; use multicast() to share it"));
      return undefined;
    }
    this.subscribed = true;
    const intake = new Intake(this.wire, this, subscriber);
    this.intake = intake;
    if (this.closed) {
      intake.error(meshError('Canceled', 'the channel has ended'));
      return undefined;
    }
    if (this.first !== undefined) intake.arrive(this.first, true);
    this.first = undefined;
    if (this.last) {
      this.close();
      intake.complete();
    }
    intake.enter();
    return this;
  }

  /** The handler reads no more. */
  unsubscribe(): void {
    this.intake?.leave();
    if (!this.closed) this.stop();
  }

  begin(n: number): void {
    this.ask(n);
  }

  ask(n: number): void {
    if (!this.closed) this.wire.outbox.requestN(this.id, n);
  }

  private stop(): void {
    this.wire.outbox.cancel(this.id);
    this.close();
  }

  private close(): void {
    this.closed = true;
    this.first = undefined;
    this.owner?.inletClosed();
  }
}

/** One function for all channels: a closure for each is three in a hundred of what an open one takes. */
class Items extends Observable<Payload> {
  constructor(private readonly inlet: ChannelInlet) {
    super(Items.read);
  }

  private static read(this: Observable<Payload>, subscriber: Subscriber<Payload>): Unsubscribable | undefined {
    return this instanceof Items ? this.inlet.read(subscriber) : undefined;
  }
}
