/** What an RSocket implementation looks like to a case that doesn't care which one it is. */

import type { RawTransport } from './raw-peer.js';
import type { Tally } from './tally.js';

export interface Message {
  readonly data: Buffer;
  readonly metadata?: Buffer | undefined;
}

/** An error that came over the wire, or ended a connection. */
export class WireFailure extends Error {
  override readonly name = 'WireFailure';
  constructor(
    readonly code: number | undefined,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A stream or channel read by demand. */
export interface Flow {
  /** The next `count` messages, fewer when it ends; rejects with a {@link WireFailure}. Nothing is sent before the first. */
  take(count: number): Promise<readonly Message[]>;
  cancel(): Promise<void>;
}

export interface Caller {
  response(request: Message): Promise<Message | undefined>;
  /** A request/response that is cancelled once it has been sent; `sent` says when. */
  abandon(request: Message, sent: Promise<void>): Promise<void>;
  notify(request: Message): Promise<void>;
  push(metadata: Buffer): Promise<void>;
  stream(request: Message): Flow;
  channel(messages: Iterable<Message>): Flow;
  /** Resolves when the connection has ended: with its error, if any. */
  readonly closed: Promise<WireFailure | undefined>;
  close(): void;
}

export interface ServeOptions {
  /** Where the handlers of this side count. */
  readonly tally: Tally;
  /** Splits what it sends into frames of at most so many bytes. */
  readonly fragment?: number;
  readonly keepAlive?: number;
  readonly lifetime?: number;
}

export interface ListenOptions extends ServeOptions {
  /** Refuses each SETUP with this message. */
  readonly refuse?: string;
}

export interface ConnectOptions extends ServeOptions {
  readonly setup?: Message;
  readonly dataMimeType?: string;
  readonly metadataMimeType?: string;
}

export interface Listening {
  readonly port: number;
  /** Calls to the client that has connected. */
  readonly client: Promise<Caller>;
  close(): Promise<void>;
}

export interface Side {
  readonly name: string;
  listen(transport: RawTransport, options: ListenOptions): Promise<Listening>;
  connect(transport: RawTransport, port: number, options: ConnectOptions): Promise<Caller>;
}

/**
 * The routes that both implementations answer; the route is the metadata as text.
 * Response: `echo`, `empty`, `never`, `error.CODE` (hexadecimal, message `boom`), `large.BYTES`.
 * Stream: `range.N`, `fail.N` (N items, then error `stream-boom`). Channel: each message comes back; one with metadata
 * `last` is the last, one with `fail` brings error `channel-boom`.
 */
export interface Route {
  readonly name: string;
  readonly argument: string;
}

export function routeIn(metadata: Uint8Array | null | undefined): Route {
  const [name = '', argument = ''] = Buffer.from(metadata ?? [])
    .toString()
    .split('.');
  return { name, argument };
}

export function message(data: string | Buffer, metadata?: string): Message {
  return { data: Buffer.from(data), metadata: metadata === undefined ? undefined : Buffer.from(metadata) };
}

/** Bytes in a pattern that shows a lost or swapped piece. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >>> 8)) & 0xff;
  return bytes;
}
