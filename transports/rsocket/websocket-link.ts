/** A WebSocket of the package ws as a link: a binary message is a frame. */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Link, LinkEvents, Remote } from './link.js';
import { eachFrame } from './messages.js';
import { HIGH_WATER } from './socket.js';

/** States of a WebSocket, as the platform numbers them. */
const OPEN = 1;
const CLOSED = 3;

/** `refusal` is of one to whom a server is not to talk. */
export function webSocketLink(ws: WebSocket, socket: Socket, name: string, remote: Remote, refusal?: string): Link {
  let failure: Error | undefined;
  ws.on('error', (error) => (failure = error));
  return {
    name,
    remote,
    refusal,
    start(events: LinkEvents) {
      ws.on('message', (data: Buffer, binary: boolean) => {
        if (binary) events.frame(data);
        else ws.close(1003, 'binary messages only');
      });
      // A peer that pings and does not read would else fill our memory with pongs.
      ws.on('ping', (data: Buffer) => {
        if (socket.writableLength < HIGH_WATER) ws.pong(data);
      });
      socket.on('drain', () => events.drain());
      ws.on('close', () => events.closed(failure));
      if (ws.readyState === CLOSED) events.closed(failure);
    },
    write(run, done) {
      if (ws.readyState !== OPEN) {
        done?.();
        return true;
      }
      socket.cork();
      eachFrame(run, (frame, last) => ws.send(frame, last ? done : undefined));
      socket.uncork();
      return socket.writableLength < HIGH_WATER;
    },
    get unsent() {
      return socket.writableLength;
    },
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    end: () => ws.close(1000),
    destroy: () => ws.terminate(),
  };
}
