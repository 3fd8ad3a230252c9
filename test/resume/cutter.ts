/** A TCP proxy whose connections can be cut, for peers whose sockets are their own. */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { portOf } from '../rsocket/raw-peer.js';

export interface Cutter {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** Cuts all connections once so many more bytes have come from the server. */
  cutAfter(bytes: number): void;
  close(): Promise<void>;
}

/** Passes on what comes to a port of its own. */
export async function cutterTo(port: number): Promise<Cutter> {
  const open = new Set<Socket>();
  let connections = 0;
  let left = Infinity;
  const cut = (): void => {
    left = Infinity;
    for (const socket of open) socket.destroy();
  };
  const server = createServer((near) => {
    connections += 1;
    const far = connect({ port, host: '127.0.0.1' });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk: Buffer) => {
      const most = Math.min(left, chunk.length);
      left -= most;
      near.write(chunk.subarray(0, most), () => {
        if (most < chunk.length) cut();
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server.address()),
    get connections() {
      return connections;
    },
    cutAfter: (bytes) => void (left = bytes),
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
