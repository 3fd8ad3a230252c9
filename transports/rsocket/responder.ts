/** The side of a stream that answers. */
import { Subscriber } from 'rxjs';
import { type Call, Gate, type MeshError, meshError, type Overflow, SINK, type Sink } from '../../framework/kernel.js';
import { EMPTY } from './bytes.js';
import type { ChannelInlet } from './channel-inlet.js';
import { Outlet } from './outlet.js';
import type { Payload } from './payload.js';
import { Flag, FrameType } from './protocol.js';
import type { Reassembly } from './reassembly.js';
import { ReplyWriter } from './reply-metadata.js';
import type { StreamState, Wire } from './stream.js';
import { fromWire } from './wire-error.js';

/** Answers a request/response: the first item is the answer, and the end. */
export class ResponseResponder extends Subscriber<Payload> implements StreamState, Sink {
  partial: Reassembly | undefined;
  private open = true;
  private opened: Gate | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly id: number,
    readonly serving: Call<unknown>,
  ) {
    super();
  }

  get [SINK](): Sink {
    return this;
  }

  /** Open from the start, for the one item that is asked for. */
  get gate(): Gate {
    return (this.opened ??= new Gate(this.open));
  }

  receive(): void {}

  requested(): void {}

  canceled(): void {
    if (this.leave()) this.wire.forget(this.id, this.partial);
    this.unsubscribe();
  }

  errored(): void {
    this.canceled();
  }

  refuse(error: MeshError): void {
    this._error(error);
  }

  lost(): void {
    this.canceled();
  }

  protected override _next(item: Payload): void {
    this.answer(Flag.NEXT | Flag.COMPLETE, item);
  }

  protected override _complete(): void {
    this.answer(Flag.COMPLETE, NO_ITEM);
  }

  protected override _error(error: unknown): void {
    if (this.leave()) {
      this.wire.sendError(this.id, error, this.serving.reply);
      this.wire.forget(this.id, this.partial);
    }
    this.unsubscribe();
  }

  /** Says the last word before it leaves the table: a closing connection ends when the last stream has left. */
  private answer(flags: number, item: Payload): void {
    if (this.leave()) {
      const { reply } = this.serving;
      const quiet = this.wire.peer === undefined || reply.metadata.size === 0;
      try {
        this.wire.send(this.id, FrameType.PAYLOAD, flags, 0, quiet ? item : withReply(item, new ReplyWriter(reply)));
      } catch (error) {
        this.wire.sendError(this.id, error);
      }
      this.wire.forget(this.id, this.partial);
    }
    this.unsubscribe();
  }

  /** False if it has left already. */
  private leave(): boolean {
    if (!this.open) return false;
    this.open = false;
    this.opened?.shut();
    return true;
  }
}

const NO_ITEM: Payload = { data: EMPTY };

/** Answers a stream, or with an inlet a channel. */
export class StreamResponder implements StreamState {
  readonly many = true;
  partial: Reassembly | undefined;
  /** What a handler's answer is subscribed with. */
  readonly outlet: Outlet;
  private readonly writer: ReplyWriter | undefined;
  private replying = true;

  constructor(
    private readonly wire: Wire,
    private readonly id: number,
    private readonly serving: Call<unknown>,
    overflow: Overflow | undefined,
    private readonly inlet?: ChannelInlet,
  ) {
    inlet?.tell(this);
    this.outlet = new Outlet(wire, this, serving, overflow);
    this.writer = wire.peer === undefined ? undefined : new ReplyWriter(serving.reply);
  }

  receive(item: Payload | undefined, complete: boolean): void {
    const fault = this.inlet?.receive(item, complete);
    if (fault !== undefined) this.refuse(fault);
  }

  requested(n: number): void {
    this.outlet.request(n);
  }

  canceled(): void {
    this.lost(meshError('Canceled', `${this.wire.name} cancelled the call`));
  }

  errored(code: number, data: Uint8Array): void {
    const error = fromWire(code, data, this.wire.peer !== undefined, this.wire.name);
    // A handler whose answer comes of its request hears the error before it is left; what it makes of it goes nowhere.
    const hears = this.inlet?.idle === true;
    if (!hears) this.stop();
    this.replying = false;
    this.inlet?.failed(error);
    if (hears) this.stop();
  }

  refuse(error: MeshError): void {
    if (this.replying) this.wire.sendError(this.id, error);
    this.lost(error);
  }

  lost(error: MeshError): void {
    this.stop();
    this.inlet?.lost(error);
  }

  give(item: Payload): number {
    if (!this.replying) return 0;
    return this.wire.send(
      this.id,
      FrameType.PAYLOAD,
      Flag.NEXT,
      0,
      this.writer === undefined ? item : withReply(item, this.writer),
    );
  }

  failed(error: unknown): void {
    if (!this.replying) return;
    this.replying = false;
    this.wire.sendError(this.id, error, this.serving.reply);
    this.inlet?.seal();
    this.wire.forget(this.id, this.partial);
    queueMicrotask(() => this.inlet?.lost(meshError('Canceled', 'the channel has failed on the replying side')));
  }

  completed(): void {
    if (!this.replying) return;
    this.replying = false;
    const end: Payload = { data: EMPTY };
    this.wire.send(
      this.id,
      FrameType.PAYLOAD,
      Flag.COMPLETE,
      0,
      this.writer === undefined ? end : withReply(end, this.writer),
    );
    this.inlet?.abandon();
    if (this.inlet === undefined || this.inlet.closed) this.wire.forget(this.id, this.partial);
  }

  /** Leaves the handler's answer, and its request if that is a part of it, without a word to the peer. */
  private stop(): void {
    this.replying = false;
    this.inlet?.seal();
    this.outlet.sink.unsubscribe();
    this.wire.forget(this.id, this.partial);
  }

  /** The channel's request has ended. */
  inletClosed(): void {
    if (!this.replying) this.wire.forget(this.id, this.partial);
  }
}

function withReply(item: Payload, writer: ReplyWriter): Payload {
  const metadata = writer.addTo(item.metadata);
  return metadata === item.metadata ? item : { data: item.data, metadata };
}
