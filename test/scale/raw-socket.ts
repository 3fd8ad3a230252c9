/** A socket that speaks frames, as light as can be: thousands of them are one crowd. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { frameCutter, prefixed, readFrame, type RawFrame } from '../rsocket/raw-frame.js';

export interface RawSocket {
  readonly socket: Socket;
  send(...frames: readonly Uint8Array[]): void;
  /** Resolves once so many frames that are like this have come since it was last called. */
  expect(count: number, like: (frame: RawFrame) => boolean): Promise<void>;
  readonly closed: Promise<void>;
}

export async function openSocket(path: string): Promise<RawSocket> {
  const socket = await dial(path);
  let seen: (frame: RawFrame) => void = () => undefined;
  socket.on(
    'data',
    frameCutter((frame) => seen(readFrame(frame))),
  );
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    socket,
    closed,
    send: (...frames) => void socket.write(Buffer.concat(frames.map(prefixed))),
    expect: (count, like) =>
      new Promise((resolve, reject) => {
        let left = count;
        seen = (frame) => {
          if (like(frame)) left -= 1;
          if (left === 0) resolve();
        };
        void closed.then(() => reject(new Error(`the connection ended with ${left} of ${count} frames to come`)));
      }),
  };
}

/** The queue of those that wait to be accepted may be full: then it is tried again. */
async function dial(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect({ path });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      await delay(10);
    }
  }
}

/** So many, a few at a time. */
export async function openCrowd(path: string, count: number): Promise<RawSocket[]> {
  const crowd: RawSocket[] = [];
  while (crowd.length < count) {
    const some = Array.from({ length: Math.min(100, count - crowd.length) }, () => openSocket(path));
    crowd.push(...(await Promise.all(some)));
  }
  return crowd;
}

/** The most files that a process may have open. */
export function openFiles(): number {
  const { userLimits } = process.report.getReport() as unknown as {
    readonly userLimits: { readonly open_files: { readonly soft: number | 'unlimited' } };
  };
  return Number(userLimits.open_files.soft === 'unlimited' ? Infinity : userLimits.open_files.soft);
}
