/**
 * One RSocket connection, either side: what each frame does, what streams may send, and the end. Everything that a peer can
 * send wrong ends here, and harms no other connection. How a connection begins is in handshake.ts.
 */
import { BehaviorSubject, Subject } from 'rxjs';
import { type Clock, type MeshError, meshError, type Reply, type Stop } from '../../framework/kernel.js';
import { Backpressure } from './backpressure.js';
import { bytesOf, text } from './bytes.js';
import { COMPOSITE } from './composite.js';
import type { EngineHandler, EngineOptions, Request } from './engine-options.js';
import { Farewell, LEAVING, saysLeaving } from './farewell.js';
import { sendItem } from './fragments.js';
import { Frame } from './frame.js';
import { type Hello, helloOf } from './hello.js';
import { Inbox } from './inbox.js';
import type { KeepAlive } from './keep-alive.js';
import { guided, type Leases } from './lease.js';
import type { Limits } from './limits.js';
import { closedBy, type Remote } from './link.js';
import { Outbox } from './outbox.js';
import type { Payload } from './payload.js';
import { ErrorCode, Flag, FrameType, HEADER, MAX_FRAME } from './protocol.js';
import { type Rates, ratesOf } from './rate.js';
import { Reassembler } from './reassembler.js';
import type { Reassembly } from './reassembly.js';
import { type Held, NO_STREAM, type StreamState, type Wire } from './stream.js';
import { StreamTable } from './stream-table.js';
import { fromWire, toWire } from './wire-error.js';

/** Milliseconds that a peer gets to read the last frame before its socket is destroyed. */
const LAST_WORDS = 1000;

export class Engine implements Wire {
  readonly name: string;
  readonly remote: Remote;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly availability = new BehaviorSubject(1);
  /** Completes when no more requests are made. */
  readonly leaving = new Subject<never>();
  readonly closed = new Subject<never>();
  readonly pushes = new Subject<Uint8Array>();
  peer: Hello | undefined;
  /** The handshake is done: frames are for the streams. */
  established = false;
  ended = false;
  keepAlive: KeepAlive | undefined;
  leases: Leases | undefined;
  private readonly farewell: Farewell;
  /** The server has shown that it accepted SETUP: by any frame but an error of the connection. */
  private accepted = false;
  private readonly streams: StreamTable;
  private readonly reassembler: Reassembler;
  private readonly backpressure: Backpressure;
  private readonly inbox: Inbox;
  private readonly rates: Rates;
  private readonly read = new Frame();
  private lastWords: Stop | undefined;

  constructor(
    private readonly options: EngineOptions,
    private readonly handler: EngineHandler,
  ) {
    const { link, limits, clock } = options;
    this.name = link.name;
    this.remote = link.remote ?? {};
    this.limits = limits;
    this.clock = clock;
    this.streams = new StreamTable(options.role);
    this.reassembler = new Reassembler(limits);
    const { session } = link;
    this.inbox = new Inbox(link, limits.frame, {
      heard: () => this.keepAlive?.heard(),
      frame:
        session === undefined
          ? (bytes, start, end) => this.frame(bytes, start, end)
          : (bytes, start, end) => session.observe(bytes, start, end) || this.frame(bytes, start, end),
      tooLong: (length) => this.fatal(`a frame of ${length} bytes is over the limit of ${limits.frame}`),
    });
    this.backpressure = new Backpressure(link, this.inbox, limits.unsent, clock, (bytes) =>
      this.abort(meshError('Broken', `${this.name} does not read: ${bytes} bytes wait for it`)),
    );
    this.outbox = new Outbox(link, () => this.backpressure.full());
    const say = (): void => this.outbox.metadataPush(LEAVING);
    this.farewell = new Farewell(clock, say, () => this.endIfDone());
    this.rates = ratesOf(limits, clock);
  }

  start(): void {
    this.options.link.start({
      ...this.inbox.events,
      drain: () => this.backpressure.drained(),
      resumed: () => this.leases?.again(),
      woken: () => this.keepAlive?.probe(),
      closed: (cause) => {
        this.end(closedBy(this.name, cause));
        this.lastWords?.();
      },
    });
  }

  get blocked(): boolean {
    return this.backpressure.blocked;
  }

  waitForDrain(held: Held): void {
    this.backpressure.wait(held);
  }

  open(stream: StreamState): number {
    if (this.ended || this.farewell.begun || !this.established) {
      const state = this.ended ? 'closed' : this.established ? 'closing' : 'not accepted yet';
      throw meshError('Unavailable', `${this.name} is ${state}`);
    }
    return this.streams.open(stream);
  }

  adopt(id: number, stream: StreamState): void {
    this.streams.adopt(id, stream);
  }

  forget(id: number, partial?: Reassembly): void {
    if (!this.streams.forget(id)) return;
    if (partial !== undefined) this.reassembler.forget(partial);
    if (this.farewell.begun) this.endIfDone();
  }

  send(id: number, type: number, flags: number, n: number, item: Payload): number {
    return sendItem(this.outbox, id, type, flags, n, item, this.options.fragment);
  }

  sendError(id: number, error: unknown, reply?: Reply): void {
    const { code, data } = toWire(error, this.peer !== undefined, reply);
    this.outbox.error(id, code, data);
  }

  /** Fire-and-forget. */
  notify(request: Payload): void {
    const id = this.open(NO_STREAM);
    this.send(id, FrameType.REQUEST_FNF, 0, 0, request);
    this.forget(id);
  }

  push(metadata: Uint8Array): void {
    if (this.ended) throw meshError('Unavailable', `${this.name} is closed`);
    if (metadata.length > MAX_FRAME - HEADER) {
      throw meshError('Invalid', `${metadata.length} bytes of metadata do not fit in a METADATA_PUSH`);
    }
    this.outbox.metadataPush(metadata);
  }

  /** Hands out no frames until `resume`. */
  pause(): void {
    this.inbox.halt();
  }

  resume(): void {
    if (!this.ended) this.inbox.go();
  }

  /** Closes in good order: no new requests, and the end once the open streams have ended. */
  close(): void {
    if (this.ended || this.farewell.begun) return;
    this.leave();
    this.leases?.stop();
    this.farewell.begin(this.peer !== undefined);
    this.endIfDone();
  }

  /** No new requests are made, and none waits to be. */
  private leave(): void {
    this.availability.next(0);
    this.leaving.complete();
    this.leases?.close(meshError('Unavailable', `${this.name} is closing`));
  }

  /** Ends the calls that this side answers, or of those the `many` alone, and tells their callers why. */
  dismiss(error: MeshError, many: boolean): void {
    for (const stream of this.streams.answered()) if (!many || stream.many === true) stream.refuse(error);
  }

  /** Ends the connection for a fault of the peer's, telling it so. */
  fatal(message: string, code: number = this.established ? ErrorCode.CONNECTION_ERROR : ErrorCode.INVALID_SETUP): void {
    if (this.ended) return;
    this.outbox.error(0, code, bytesOf(message));
    this.end(meshError('Broken', `${this.name}: ${message}`, { rsocketCode: code }));
  }

  /** Ends the connection at once: nobody is listening at the other side. */
  abort(error: MeshError): void {
    this.end(error);
    this.options.link.destroy();
  }

  /** Ends the connection; without an error if it was in order. What waits to be sent is sent first. */
  end(error?: MeshError): void {
    if (this.ended) return;
    this.ended = true;
    const { link } = this.options;
    this.outbox.close();
    this.inbox.stop();
    link.resume();
    this.keepAlive?.stop();
    this.leases?.stop();
    this.farewell.stop();
    this.backpressure.stop();
    const lost = error ?? meshError('Broken', `${this.name} was closed`);
    this.leases?.close(meshError('Unavailable', `${this.name} is closed`, { cause: lost }));
    for (const stream of this.streams.empty()) stream.lost(lost);
    this.lastWords = this.clock.after(LAST_WORDS, () => link.destroy());
    link.end();
    this.availability.next(0);
    this.availability.complete();
    this.leaving.complete();
    this.pushes.complete();
    if (error === undefined) this.closed.complete();
    else this.closed.error(error);
  }

  private endIfDone(): void {
    if (this.ended || this.streams.size > 0 || this.farewell.pending) return;
    this.outbox.error(0, ErrorCode.CONNECTION_CLOSE, CLOSING);
    this.end();
  }

  private frame(bytes: Uint8Array, start: number, end: number): void {
    if (this.ended) return;
    if (!this.established) return this.handler.early(bytes, start, end);
    const frame = this.read;
    const fault = frame.read(bytes, start, end);
    if (fault !== undefined) return frame.has(Flag.IGNORE) ? this.ignore() : this.fatal(fault);
    if (frame.type !== FrameType.ERROR || frame.id !== 0) this.accepted = true;
    switch (frame.type) {
      case FrameType.PAYLOAD:
        return this.onPayload(frame);
      case FrameType.REQUEST_RESPONSE:
      case FrameType.REQUEST_FNF:
      case FrameType.REQUEST_STREAM:
      case FrameType.REQUEST_CHANNEL:
        return this.onRequest(frame);
      case FrameType.REQUEST_N:
        return this.onRequestN(frame);
      case FrameType.CANCEL:
        return this.onCancel(frame);
      case FrameType.ERROR:
        return this.onError(frame);
      case FrameType.KEEPALIVE:
      case FrameType.METADATA_PUSH:
      case FrameType.LEASE:
        return this.onControl(frame);
      case FrameType.SETUP:
      case FrameType.RESUME_OK:
        return this.ignore();
      case FrameType.RESUME:
        if (this.options.role === 'client') return this.ignore();
        return this.fatal('RESUME may only be the first frame', ErrorCode.REJECTED_RESUME);
      default:
        if (frame.has(Flag.IGNORE)) return this.ignore();
        return this.fatal(`frame type 0x${frame.type.toString(16)} is not known`);
    }
  }

  private onPayload(frame: Frame): void {
    const stream = this.streams.get(frame.id);
    if (stream === undefined) return this.ignore();
    const { metadata } = frame;
    const complete = frame.has(Flag.COMPLETE);
    const follows = frame.has(Flag.FOLLOWS) && !complete;
    if (follows || stream.partial !== undefined) {
      this.reassembler.add(stream, metadata, frame.data);
      const { partial } = stream;
      if (!follows && partial !== undefined) stream.receive(this.reassembler.take(stream, partial), complete);
      return;
    }
    const fault = metadata === undefined ? undefined : this.reassembler.metadataFault(metadata.length);
    if (fault !== undefined) stream.refuse(fault);
    else if (frame.has(Flag.NEXT)) stream.receive(frame.item, complete);
    else {
      if (!complete) this.ignore();
      stream.receive(undefined, complete, metadata);
    }
  }

  private onRequest(frame: Frame): void {
    const { type, id, n, metadata } = frame;
    if (this.rates.request.over()) return this.fatal(`more than ${this.limits.requestRate} requests a second`);
    if (!this.streams.isPeers(id)) return this.fatal(`stream id ${id} is not the peer's to use`);
    if (this.streams.get(id) !== undefined) return this.ignore();
    const refusal = this.refusalOf(frame);
    if (refusal !== undefined) {
      if (type !== FrameType.REQUEST_FNF) this.sendError(id, refusal);
      return;
    }
    const many = type === FrameType.REQUEST_STREAM || type === FrameType.REQUEST_CHANNEL;
    const request: Request = {
      type,
      id,
      n: many ? n : 0,
      item: frame.item,
      complete: frame.has(Flag.COMPLETE),
    };
    if (!frame.has(Flag.FOLLOWS)) return this.handler.request(request);
    const stream = this.handler.assemble(request);
    this.adopt(id, stream);
    this.reassembler.add(stream, metadata, frame.data);
  }

  private refusalOf({ type, n, metadata }: Frame): MeshError | undefined {
    const many = type === FrameType.REQUEST_STREAM || type === FrameType.REQUEST_CHANNEL;
    if (many && n <= 0) return meshError('Invalid', 'the initial REQUEST_N must be 1 or more');
    if (this.farewell.begun && type !== FrameType.REQUEST_FNF) {
      return meshError('Rejected', 'the connection is closing');
    }
    const uncovered = this.leases?.fault();
    if (uncovered !== undefined) return uncovered;
    const { streams } = this.limits;
    if (this.streams.peers >= streams) {
      return meshError('Rejected', `${streams} requests are open already`, { code: 'MILLRACE_LIMIT_STREAMS' });
    }
    return metadata === undefined ? undefined : this.reassembler.metadataFault(metadata.length);
  }

  private onRequestN({ id, n }: Frame): void {
    const stream = this.streams.get(id);
    if (stream === undefined) return this.ignore();
    if (n <= 0) stream.refuse(meshError('Invalid', 'REQUEST_N must be 1 or more'));
    else stream.requested(n);
  }

  private onCancel({ id }: Frame): void {
    if (this.rates.cancel.over()) return this.fatal(`more than ${this.limits.cancelRate} cancels a second`);
    const stream = this.streams.get(id);
    if (stream === undefined) this.ignore();
    else stream.canceled();
  }

  private onError({ id, n, data }: Frame): void {
    const code = n >>> 0;
    if (id !== 0) {
      const stream = this.streams.get(id);
      return stream === undefined ? this.ignore() : stream.errored(code, data);
    }
    if (code === ErrorCode.CONNECTION_ERROR) {
      const said = text(data.subarray(0, 1024));
      return this.end(meshError('Broken', `${this.name} ended the connection: ${said}`, { rsocketCode: code }));
    }
    if (code === ErrorCode.CONNECTION_CLOSE) {
      this.leave();
      return this.farewell.heard(false);
    }
    const refused = code <= ErrorCode.REJECTED_RESUME && this.options.role === 'client' && !this.accepted;
    if (refused) this.end(fromWire(code, data, false, this.name));
    else this.ignore();
  }

  private onControl(frame: Frame): void {
    if (this.rates.control.over()) return this.fatal(`more than ${this.limits.controlRate} control frames a second`);
    const { id, type, data } = frame;
    if (id !== 0) return this.ignore();
    if (type === FrameType.LEASE) return this.onLease(data);
    if (type === FrameType.METADATA_PUSH) return frame.has(Flag.METADATA) ? this.onPush(data) : this.ignore();
    if (frame.has(Flag.RESPOND)) this.outbox.keepAlive(false, data);
  }

  private onLease(data: Uint8Array): void {
    if (this.leases === undefined && this.options.role === 'client' && this.peer?.leases === true)
      this.leases = guided(this);
    if (this.leases === undefined) return this.ignore();
    const fault = this.leases.receive(data);
    if (fault !== undefined) this.fatal(fault);
  }

  private onPush(metadata: Uint8Array): void {
    const hello = this.options.role === 'client' && this.peer === undefined ? helloOf(metadata, COMPOSITE) : undefined;
    if (hello !== undefined) this.peer = hello;
    else if (this.peer === undefined || !saysLeaving(metadata)) this.pushes.next(metadata);
    else {
      this.leave();
      this.farewell.heard(true);
    }
  }

  private ignore(): void {
    if (this.rates.ignored.over())
      this.fatal(`more than ${this.limits.ignoredRate} frames a second that make no sense`);
  }
}

const CLOSING = bytesOf('closing');
