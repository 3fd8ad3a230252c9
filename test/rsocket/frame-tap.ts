/** A proxy between two peers that reads each frame on its way, and holds the demand of every stream against what is sent. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { frameInbox, type Inbox } from './inbox.js';
import { describeFrame, Flag, frameCutter, readFrame, type RawFrame } from './raw-frame.js';
import { portOf, type RawTransport } from './raw-peer.js';

export interface FrameTap {
  readonly port: number;
  /** The frames of the side that connected, in the order of their way. */
  readonly fromClient: Inbox;
  readonly fromServer: Inbox;
  /** Frames that went past what had been asked for, on any stream and in either direction. */
  readonly overruns: readonly string[];
  close(): Promise<void>;
}

/** Stands before the server at `port`; meant for one connection. */
export async function tapBefore(transport: RawTransport, port: number): Promise<FrameTap> {
  const fromClient = frameInbox('the client, seen on the wire,');
  const fromServer = frameInbox('the server, seen on the wire,');
  const overruns: string[] = [];
  const demand = demandLedger((frame) => overruns.push(describeFrame(frame)));
  const watcher = (inbox: Inbox, sender: Sender): Watcher => ({
    see(bytes) {
      inbox.put(bytes);
      demand(sender, readFrame(bytes));
    },
    end: inbox.end,
  });
  const listen = transport === 'tcp' ? tcpProxy : websocketProxy;
  const proxy = await listen(port, watcher(fromClient, 'client'), watcher(fromServer, 'server'));
  return { ...proxy, fromClient, fromServer, overruns };
}

type Sender = 'client' | 'server';

interface Watcher {
  see(frame: Buffer): void;
  end(reason?: Error): void;
}

type Proxy = Pick<FrameTap, 'port' | 'close'>;

async function tcpProxy(port: number, client: Watcher, server: Watcher): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    relay(near, far, client);
    relay(far, near, server);
    sockets.add(near).add(far);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: portOf(listener.address()),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

function relay(from: Socket, to: Socket, watcher: Watcher): void {
  const cut = frameCutter(watcher.see);
  from.on('data', (chunk) => {
    cut(chunk);
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
  from.on('close', () => {
    watcher.end();
    to.destroySoon();
  });
}

async function websocketProxy(port: number, client: Watcher, server: Watcher): Promise<Proxy> {
  const listener = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  const sockets = new Set<WebSocket>();
  listener.on('connection', (near) => {
    const far = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    sockets.add(near).add(far);
    const ready = once(far, 'open').catch(() => near.terminate());
    forward(near, far, ready, client);
    forward(far, near, Promise.resolve(), server);
  });
  await once(listener, 'listening');
  return {
    port: portOf(listener.address()),
    close: () => {
      for (const socket of sockets) socket.terminate();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}

function forward(from: WebSocket, to: WebSocket, ready: Promise<unknown>, watcher: Watcher): void {
  from.binaryType = 'nodebuffer';
  from.on('message', (data, binary) => {
    void ready.then(() => {
      if (Buffer.isBuffer(data) && binary) watcher.see(data);
      to.send(data, { binary }, () => undefined);
    });
  });
  from.on('error', () => to.terminate());
  from.on('close', () => {
    watcher.end();
    void ready.then(() => to.close());
  });
}

/** A side may send as many items on a stream as the other has asked for; the first of a channel comes with its request. */
function demandLedger(overrun: (frame: RawFrame) => void): (sender: Sender, frame: RawFrame) => void {
  const credit = new Map<string, number>();
  const grant = (to: Sender, streamId: number, n: number): void => {
    const key = `${to} ${streamId}`;
    credit.set(key, (credit.get(key) ?? 0) + n);
  };
  return (sender, frame) => {
    const other = sender === 'client' ? 'server' : 'client';
    if (frame.name === 'REQUEST_RESPONSE') grant(other, frame.streamId, 1);
    if (frame.name === 'REQUEST_STREAM' || frame.name === 'REQUEST_CHANNEL') {
      grant(other, frame.streamId, frame.initial);
    }
    if (frame.name === 'REQUEST_N') grant(other, frame.streamId, frame.n);
    if (frame.name !== 'PAYLOAD' || (frame.flags & Flag.FOLLOWS) !== 0 || (frame.flags & Flag.NEXT) === 0) return;
    const key = `${sender} ${frame.streamId}`;
    const left = credit.get(key);
    if (left === undefined) return;
    credit.set(key, left - 1);
    if (left < 1) overrun(frame);
  };
}
