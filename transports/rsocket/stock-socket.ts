/**
 * The socket beneath a connection of rsocket-js 1.0.0-alpha.3, and what is mended there from outside: METADATA_PUSH ends every
 * connection that reads it with rsocket-js's own reader; errors of a socket that is being closed end the process; a server's
 * connection over WebSocket doesn't notice its end. All is found by the fields of the connection: one of another version
 * or make, which has no such fields, is left as it is.
 */
import type { Duplex } from 'node:stream';
import type { Closeable, Frame } from 'rsocket-core';
import { Deframer } from './deframer.js';
import { MAX_FRAME } from './protocol.js';
import type { FrameReader } from './stock-frames.js';

/** What is told of the socket. */
export interface SocketEvents {
  frame(bytes: Uint8Array): void;
  drain(): void;
  /** The other side has gone. */
  ended(): void;
  /** The connection has been closed, and all that it had written has gone. */
  closed(): void;
}

type Listener = (chunk: Uint8Array) => void;

/** The fields of a connection that are of use. */
interface Fields {
  /** Of TCP. */
  readonly socket?: unknown;
  handleData?: Listener;
  /** Of a server over WebSocket. */
  readonly websocketDuplex?: unknown;
  handleMessage?: Listener;
  /** Of a client over WebSocket. */
  readonly websocket?: unknown;
  /** Of clients. */
  readonly deserializer?: { deserializeFrame(bytes: Uint8Array): Frame };
}

/** The stream that the connection writes to, if it has one. */
export function socketBeneath(connection: Closeable, read: FrameReader, events: SocketEvents): Duplex | undefined {
  const fields: Fields = connection as object;
  if (fields.deserializer !== undefined) fields.deserializer.deserializeFrame = read;
  if (isEmitter(fields.websocket)) hearErrors(fields.websocket, connection);
  const { socket, websocketDuplex } = fields;
  if (isStream(socket) && fields.handleData !== undefined) {
    const deframer = new Deframer(MAX_FRAME, {
      halted: false,
      frame: (bytes, start, end) => events.frame(bytes.subarray(start, end)),
      tooLong: () => undefined,
    });
    socket.off('data', fields.handleData);
    fields.handleData = (chunk) => void deframer.push(chunk);
    socket.on('data', fields.handleData);
    return watched(socket, ['close'], connection, events);
  }
  if (isStream(websocketDuplex) && fields.handleMessage !== undefined) {
    websocketDuplex.off('data', fields.handleMessage);
    fields.handleMessage = (message) => events.frame(message);
    websocketDuplex.on('data', fields.handleMessage);
    return watched(websocketDuplex, ['close', 'end'], connection, events);
  }
  return undefined;
}

/** `last` are the events of which one is its last. */
function watched(stream: Duplex, last: readonly string[], connection: Closeable, events: SocketEvents): Duplex {
  hearErrors(stream, connection);
  stream.on('drain', () => events.drain());
  stream.on('end', () => events.ended());
  connection.onClose(() => {
    if (stream.destroyed) events.closed();
    else for (const event of last) stream.once(event, () => events.closed());
  });
  return stream;
}

/** A connection takes all listeners off a socket that it closes. */
function hearErrors(socket: Emitter, connection: Closeable): void {
  const hear = (): unknown => socket.on('error', () => undefined);
  hear();
  connection.onClose(hear);
}

interface Emitter {
  on(event: 'error', listener: () => void): unknown;
}

function isEmitter(field: unknown): field is Emitter {
  return has(field, 'on') && has(field, 'off');
}

function isStream(field: unknown): field is Duplex {
  return (
    isEmitter(field) && has(field, 'pause') && has(field, 'resume') && has(field, 'destroy') && has(field, 'write')
  );
}

function has(field: unknown, method: string): boolean {
  return typeof field === 'object' && field !== null && typeof Reflect.get(field, method) === 'function';
}
