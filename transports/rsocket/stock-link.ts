/** A connection of rsocket-js as a link: runs of bytes become its frames, and its frames bytes. */
import type { Duplex } from 'node:stream';
import type { Closeable, Demultiplexer, Frame, FrameHandler, Multiplexer, Outbound } from 'rsocket-core';
import { nextTurn } from '../../framework/kernel.js';
import { copyOf } from './bytes.js';
import type { Link, LinkEvents } from './link.js';
import { eachFrame } from './messages.js';
import { type FrameReader, readFrame, type StockCodec, writeFrame } from './stock-frames.js';
import { HIGH_WATER } from './socket.js';
import { socketBeneath } from './stock-socket.js';

export class StockLink implements Link {
  /** What a transport of rsocket-js hands its frames to. */
  readonly handler: Multiplexer & Demultiplexer & FrameHandler;
  private events: LinkEvents | undefined;
  /** Frames that have come before the engine began to read. */
  private early: Uint8Array[] = [];
  /** The connection takes nothing more. */
  private gone = false;
  private closed = false;
  private told = false;
  private failure: Error | undefined;
  private readonly read: FrameReader;
  private readonly socket: Duplex | undefined;

  constructor(
    private readonly connection: Outbound & Closeable,
    readonly name: string,
    codec: StockCodec,
  ) {
    this.read = readFrame(codec);
    this.handler = handlerOf(connection, (frame) => {
      const bytes = writeFrame(codec, frame);
      if (bytes !== undefined) this.received(bytes);
    });
    this.socket = socketBeneath(connection, this.read, {
      frame: (bytes) => this.received(bytes),
      drain: () => this.events?.drain(),
      ended: () => this.close(new Error('the other side has closed it')),
      closed: () => this.over(),
    });
    connection.onClose((error) => {
      this.gone = true;
      this.failure = error;
      if (this.socket === undefined) this.over();
    });
  }

  /** Without the socket beneath, rsocket-js says nothing of what has not gone. */
  get unsent(): number {
    return this.socket?.writableLength ?? 0;
  }

  start(events: LinkEvents): void {
    this.events = events;
    for (const frame of this.early) events.frame(frame);
    this.early = [];
    if (this.closed) this.tellClosed();
  }

  write(run: Uint8Array, done?: () => void): boolean {
    try {
      // A transport may keep the frames that it is given, which are views.
      if (!this.gone) eachFrame(copyOf(run), (frame) => this.connection.send(this.read(frame)));
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
    }
    done?.();
    return this.gone || this.unsent < HIGH_WATER;
  }

  pause(): void {
    this.socket?.pause();
  }

  resume(): void {
    this.socket?.resume();
  }

  end(): void {
    this.close();
  }

  destroy(): void {
    this.close();
    this.socket?.destroy();
  }

  private received(bytes: Uint8Array): void {
    if (this.gone) return;
    if (this.events === undefined) this.early.push(bytes);
    else this.events.frame(bytes);
  }

  private close(error?: Error): void {
    if (!this.gone) this.connection.close(error);
  }

  private over(): void {
    this.closed = true;
    this.tellClosed();
  }

  private tellClosed(): void {
    const { events, failure } = this;
    if (events === undefined || this.told) return;
    this.told = true;
    nextTurn(() => events.closed(failure));
  }
}

/** The streams are our engine's business: none is registered here. */
function handlerOf(
  connection: Outbound,
  received: (frame: Frame | undefined) => void,
): Multiplexer & Demultiplexer & FrameHandler {
  return {
    connectionOutbound: connection,
    createRequestStream: (stream) => stream.handleReject(new Error('the streams of this connection are Millrace’s')),
    connectionInbound: () => undefined,
    handleRequestStream: () => undefined,
    handle: received,
    close: () => undefined,
  };
}
