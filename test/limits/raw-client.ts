/** A client of frames over memory: nothing is between it and the server but a turn of the event loop, and it can stop reading. */
import type { Link, Transport } from 'millrace/rsocket';
import { frameInbox, type Inbox } from '../rsocket/inbox.js';
import { frameCutter, prefixed, setupFrame, type SetupFields } from '../rsocket/raw-frame.js';

export interface RawClient extends Pick<Inbox, 'expectFrame' | 'expectClosed' | 'received' | 'ended'> {
  send(...frames: readonly Uint8Array[]): void;
  /** Stops reading; what the server sends waits at its side. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Dials without a word. */
export async function dialRaw(transport: Transport): Promise<RawClient> {
  const link: Link = await transport.dial();
  const inbox = frameInbox('the server');
  const cut = frameCutter((frame) => inbox.put(frame));
  link.start({
    bytes: (chunk) => cut(Buffer.from(chunk)),
    frame: (frame) => inbox.put(Buffer.from(frame)),
    drain: () => undefined,
    closed: (error) => inbox.end(error),
  });
  return {
    received: inbox.received,
    get ended() {
      return inbox.ended;
    },
    expectFrame: inbox.expectFrame,
    expectClosed: inbox.expectClosed,
    send: (...frames) => void link.write(Buffer.concat(frames.map(prefixed))),
    pause: () => link.pause(),
    resume: () => link.resume(),
    close: () => link.destroy(),
  };
}

/** Dials and sends SETUP. */
export async function setUpRaw(transport: Transport, setup: SetupFields = {}): Promise<RawClient> {
  const client = await dialRaw(transport);
  client.send(setupFrame(setup));
  return client;
}
