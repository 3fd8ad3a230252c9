/** The hostile side of real sockets: says an input to whoever is there, and waits until that connection has ended. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { portOf } from '../rsocket/raw-peer.js';
import { chunksOf } from './chunks.js';
import { dice, type Dice } from './dice.js';
import type { Input } from './input.js';
import type { LivePlace, LiveTransport } from './live-neighbour.js';
import { Fault } from './target.js';
import { accepting, messagesOf, opening, scratched } from './websocket-bytes.js';

/** Milliseconds within which a connection has ended once its hostile side has left. */
const PATIENCE = 20_000;

/** Dials a server and says the input. */
export async function sayTo({ transport, port, path }: LivePlace, input: Input): Promise<void> {
  const rolls = dice(input.shape);
  const socket = transport === 'unix' ? connect({ path }) : connect({ host: '127.0.0.1', port });
  const pieces =
    transport === 'websocket'
      ? [scratched(opening(), rolls), ...messagesOf(input, true, rolls)]
      : chunksOf(input, rolls);
  await say(socket, pieces, rolls);
}

async function say(socket: Socket, pieces: readonly Uint8Array[], rolls: Dice): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Fault(`a connection has not ended ${PATIENCE} ms after its other side left`));
    }, PATIENCE);
    socket.once('close', () => {
      clearTimeout(late);
      resolve();
    });
  });
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  if (rolls.once(16)) socket.pause();
  else socket.resume();
  for (const piece of pieces) {
    socket.write(piece);
    if (rolls.once(6)) await new Promise((resolve) => setImmediate(resolve));
  }
  // Unix sockets know no reset.
  if (rolls.once(8) && socket.remoteFamily !== undefined) socket.resetAndDestroy();
  else if (rolls.once(8)) socket.destroy();
  else {
    socket.resume();
    socket.end();
  }
  await ended;
}

export interface HostileServer {
  readonly place: LivePlace;
  /** Says the input to the next client. */
  say(input: Input): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly input: Input;
  done(result: Promise<void>): void;
}

/** Listens; whoever connects gets the next input. */
export async function hostileServer(transport: LiveTransport, path: string): Promise<HostileServer> {
  const inputs: Waiting[] = [];
  const clients: Socket[] = [];
  const sockets = new Set<Socket>();
  const meet = (): void => {
    if (inputs.length === 0 || clients.length === 0) return;
    const socket = clients.shift();
    if (socket === undefined || socket.destroyed) return meet();
    const next = inputs.shift();
    if (next !== undefined) next.done(answer(transport, socket, next.input));
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    clients.push(socket);
    meet();
  });
  server.listen(transport === 'unix' ? path : { port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  return {
    place: { transport, port: transport === 'unix' ? 0 : portOf(server.address()), path },
    say: (input) =>
      new Promise((done) => {
        inputs.push({ input, done });
        meet();
      }),
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function answer(transport: LiveTransport, socket: Socket, input: Input): Promise<void> {
  const rolls = dice(input.shape);
  if (transport !== 'websocket') return say(socket, chunksOf(input, rolls), rolls);
  const request = await new Promise<string>((resolve) => {
    socket.once('data', (chunk) => resolve(chunk.toString('latin1')));
    socket.once('close', () => resolve(''));
  });
  if (!socket.destroyed)
    await say(socket, [scratched(accepting(request), rolls), ...messagesOf(input, false, rolls)], rolls);
}
