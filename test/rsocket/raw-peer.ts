/** Peers at the level of bytes: a raw client and a raw server over TCP or WebSocket, which send what they are told, right or wrong. */

import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { frameInbox, type Inbox } from './inbox.js';
import { frameCutter, prefixed } from './raw-frame.js';

export type RawTransport = 'tcp' | 'websocket';

export const rawTransports: readonly RawTransport[] = ['tcp', 'websocket'];

export interface RawPeer extends Pick<
  Inbox,
  'received' | 'expectFrame' | 'expectFrames' | 'expectClosed' | 'expectState' | 'report'
> {
  readonly transport: RawTransport;
  /** Bytes that have left so far, with what TCP's lengths and WebSocket's headers add. */
  readonly sentBytes: number;
  readonly closed: boolean;
  /** Sends frames in one write, and resolves when they have left; false once the connection is closed. */
  send(...frames: readonly Uint8Array[]): Promise<boolean>;
  /** Sends frames in writes of some 64 KiB, each awaited, until they end or the connection is closed. */
  sendAll(frames: Iterable<Uint8Array>): Promise<boolean>;
  /** Sends one frame in pieces of these sizes (the last size repeats): TCP segments, or WebSocket fragments of one message. */
  sendInPieces(frame: Uint8Array, sizes: readonly number[]): Promise<boolean>;
  /** Sends bytes as they are: on TCP without a length, on WebSocket as one message. */
  sendBytes(bytes: Uint8Array | string): Promise<boolean>;
  /** Stops reading: the other side's answers pile up. */
  pauseReading(): void;
  resumeReading(): void;
  /** Ends the connection in order. */
  close(): void;
  /** Drops the connection at once. */
  destroy(): void;
}

export interface RawServer {
  readonly port: number;
  /** The next connection, in order of arrival. */
  accept(): Promise<RawPeer>;
  close(): Promise<void>;
}

export async function connectRaw(transport: RawTransport, port: number): Promise<RawPeer> {
  if (transport === 'websocket') {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    const peer = websocketPeer(socket, 'the server', 4);
    await once(socket, 'open');
    return peer;
  }
  const socket = dial({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return tcpPeer(socket, 'the server');
}

export async function listenRaw(transport: RawTransport): Promise<RawServer> {
  const arrived: RawPeer[] = [];
  const waiting: ((peer: RawPeer) => void)[] = [];
  const arrive = (peer: RawPeer): void => {
    const take = waiting.shift();
    if (take === undefined) arrived.push(peer);
    else take(peer);
  };
  const listener = await (transport === 'tcp' ? listenTcp(arrive) : listenWebsocket(arrive));
  return {
    ...listener,
    accept: () => {
      const peer = arrived.shift();
      return peer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(peer);
    },
  };
}

async function listenTcp(arrive: (peer: RawPeer) => void): Promise<Pick<RawServer, 'port' | 'close'>> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    arrive(tcpPeer(socket, 'the client'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server.address()),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function listenWebsocket(arrive: (peer: RawPeer) => void): Promise<Pick<RawServer, 'port' | 'close'>> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => arrive(websocketPeer(socket, 'the client', 0)));
  await once(server, 'listening');
  return {
    port: portOf(server.address()),
    close: () => {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Wire {
  readonly transport: RawTransport;
  write(bytes: Uint8Array | string, sent: (error?: Error | null) => void): void;
  /** Bytes that the transport adds to a write of `length`. */
  overhead(length: number): number;
  framed(frame: Uint8Array): Uint8Array;
  batch(frames: readonly Uint8Array[]): readonly Uint8Array[];
  writePiece(bytes: Uint8Array, last: boolean, sent: (error?: Error | null) => void): void;
  pause(): void;
  resume(): void;
  close(): void;
  destroy(): void;
}

function tcpPeer(socket: Socket, name: string): RawPeer {
  const inbox = frameInbox(`${name} over TCP`);
  socket.on(
    'data',
    frameCutter((frame) => inbox.put(frame)),
  );
  const end = endOnClose(inbox);
  socket.on('error', end.failed);
  socket.on('close', end.closed);
  return peer(inbox, {
    transport: 'tcp',
    write: (bytes, sent) => socket.write(bytes, sent),
    overhead: () => 0,
    framed: prefixed,
    batch: (frames) => [Buffer.concat(frames.map(prefixed))],
    writePiece: (bytes, _last, sent) => socket.write(bytes, sent),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.end(),
    destroy: () => socket.destroy(),
  });
}

function websocketPeer(socket: WebSocket, name: string, mask: number): RawPeer {
  const inbox = frameInbox(`${name} over WebSocket`);
  socket.binaryType = 'nodebuffer';
  socket.on('message', (data, isBinary) => {
    if (isBinary && Buffer.isBuffer(data)) inbox.put(data);
    else inbox.end(new Error(`${name} sent a text message`));
  });
  const end = endOnClose(inbox);
  socket.on('error', end.failed);
  socket.on('close', end.closed);
  return peer(inbox, {
    transport: 'websocket',
    write: (bytes, sent) => socket.send(bytes, { binary: typeof bytes !== 'string' }, sent),
    overhead: (length) => 2 + (length < 126 ? 0 : length < 65_536 ? 2 : 8) + mask,
    framed: (frame) => frame,
    batch: (frames) => frames,
    writePiece: (bytes, last, sent) => socket.send(bytes, { binary: true, fin: last }, sent),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.close(),
    destroy: () => socket.terminate(),
  });
}

function peer(inbox: Inbox, wire: Wire): RawPeer {
  let sentBytes = 0;
  const sent = (
    bytes: Uint8Array | string,
    write: (done: (error?: Error | null) => void) => void,
  ): Promise<boolean> => {
    if (inbox.ended) return Promise.resolve(false);
    const length = Buffer.byteLength(bytes);
    return new Promise((resolve) => {
      write((error) => {
        const left = error === undefined || error === null;
        if (left) sentBytes += length + wire.overhead(length);
        resolve(left);
      });
    });
  };
  const sendBatch = async (frames: readonly Uint8Array[]): Promise<boolean> => {
    const writes = wire.batch(frames).map((bytes) => sent(bytes, (done) => wire.write(bytes, done)));
    return (await Promise.all(writes)).every(Boolean);
  };
  return {
    transport: wire.transport,
    received: inbox.received,
    expectFrame: inbox.expectFrame,
    expectFrames: inbox.expectFrames,
    expectClosed: inbox.expectClosed,
    expectState: inbox.expectState,
    report: inbox.report,
    get sentBytes() {
      return sentBytes;
    },
    get closed() {
      return inbox.ended;
    },
    send: (...frames) => sendBatch(frames),
    sendAll: async (frames) => {
      let batch: Uint8Array[] = [];
      let size = 0;
      for (const frame of frames) {
        size += batch.push(frame) > 0 ? frame.byteLength + 3 : 0;
        if (size < 65_536) continue;
        if (!(await sendBatch(batch))) return false;
        await nextTurn();
        batch = [];
        size = 0;
      }
      return sendBatch(batch);
    },
    sendInPieces: async (frame, sizes) => {
      const bytes = wire.framed(frame);
      for (const [from, to] of pieces(bytes.byteLength, sizes)) {
        const piece = bytes.subarray(from, to);
        if (!(await sent(piece, (done) => wire.writePiece(piece, to === bytes.byteLength, done)))) return false;
        await nextTurn();
      }
      return true;
    },
    sendBytes: (bytes) => sent(bytes, (done) => wire.write(bytes, done)),
    pauseReading: wire.pause,
    resumeReading: wire.resume,
    close: wire.close,
    destroy: wire.destroy,
  };
}

function endOnClose(inbox: Inbox): { failed(error: Error): void; closed(): void } {
  let reason: Error | undefined;
  return {
    failed: (error) => (reason = error),
    closed: () => inbox.end(reason),
  };
}

function* pieces(length: number, sizes: readonly number[]): Iterable<readonly [number, number]> {
  let from = 0;
  for (let index = 0; from < length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)] ?? 1;
    yield [from, Math.min(from + size, length)];
    from += size;
  }
}

/** The port that a listening server is bound to. */
export function portOf(address: AddressInfo | string | null | undefined): number {
  if (address === undefined || address === null || typeof address === 'string')
    throw new Error('the server has no port');
  return address.port;
}
