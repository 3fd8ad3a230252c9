/** What the parts of the engine hold of each other: a stream in the table, and the connection as its streams see it. */
import type { Call, Clock, MeshError, Reply } from '../../framework/kernel.js';
import type { Hello } from './hello.js';
import type { Leases } from './lease.js';
import type { Limits } from './limits.js';
import type { Outbox } from './outbox.js';
import type { Payload } from './payload.js';
import type { Reassembly } from './reassembly.js';

/** An open stream, whichever side began it. A frame that makes no sense in its state is ignored. */
export interface StreamState {
  /** Fragments of an item of which more are to come. */
  partial: Reassembly | undefined;
  /** It answers a stream or a channel, which may go on for ever. */
  readonly many?: boolean;
  /** An item, whole, and the end of its direction; either may be missing. `trailers` is the metadata of a bare end. */
  receive(item: Payload | undefined, complete: boolean, trailers?: Uint8Array): void;
  /** The peer has asked for `n` more items. */
  requested(n: number): void;
  /** The peer wants no more items. */
  canceled(): void;
  /** The peer has ended the stream with an error; `data` is the ERROR frame's. */
  errored(code: number, data: Uint8Array): void;
  /** Ends the stream from this side, for a fault of the peer's or a limit; the peer is told. */
  refuse(error: MeshError): void;
  /** The connection is gone. */
  lost(error: MeshError): void;
}

/** Stands for a stream that has no states: a fire-and-forget of our own. */
export const NO_STREAM: StreamState = {
  partial: undefined,
  receive: () => undefined,
  requested: () => undefined,
  canceled: () => undefined,
  errored: () => undefined,
  refuse: () => undefined,
  lost: () => undefined,
};

/** One direction of a stream that waits until the socket takes more. */
export interface Held {
  release(): void;
}

/** The connection as its streams see it. */
export interface Wire {
  readonly name: string;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly outbox: Outbox;
  /** What the peer can do beyond RSocket 1.0; undefined for a stock peer. */
  readonly peer: Hello | undefined;
  /** The socket is full. */
  readonly blocked: boolean;
  /** What this side may ask for; undefined where it may ask for all. */
  readonly leases: Leases | undefined;
  /** Puts a stream of this side's into the table and returns its id; throws Unavailable where no call can be made. */
  open(stream: StreamState): number;
  /** Takes a stream out of the table, with the fragments it has; one that is out already has none that count. */
  forget(id: number, partial?: Reassembly): void;
  /** Tells a direction when the socket takes more. */
  waitForDrain(held: Held): void;
  /** Sends an item, in fragments where it is longer than a frame may be; returns its bytes. */
  send(id: number, type: number, flags: number, n: number, item: Payload): number;
  /** Sends an ERROR frame; a Millrace peer gets the reply's metadata with it. */
  sendError(id: number, error: unknown, reply?: Reply): void;
}

/** What a stream answers or asks for, in messages. */
export function described(call: Call<unknown> | undefined, wire: Wire): string {
  return call === undefined || call.method === '' ? `a stream with ${wire.name}` : `${call.method} of ${wire.name}`;
}
