/** The client for browsers and workers: the same engine over the platform's own WebSocket, with nothing of Node. */
import { meshError, systemClock } from '../../framework/kernel.js';
import { connect as connectAnywhere, type ConnectOptions, rsocket as rsocketAnywhere } from './connect.js';
import type { Connection } from './connection.js';
import type { Link, LinkEvents, Transport } from './link.js';
import { eachFrame } from './messages.js';

export { bytesOf } from './bytes.js';
export * from './composite.js';
export type { ConnectOptions } from './connect.js';
export type { Connection, StreamOptions } from './connection.js';
export { type Payload, payload, text } from './payload.js';
export type { WireRequest, WireService } from './wire-service.js';

/**
 * No page needs more items under way than it can draw, and it may stop at any moment: by default `fastWindow` is no more
 * than `window` here, 255.
 */
function forPages(options: ConnectOptions): ConnectOptions {
  return { ...options, limits: { fastWindow: 255, ...options.limits } };
}

/** Connects to a server; see `connect` of `millrace/rsocket`. */
export function connect(transport: Transport, options: ConnectOptions = {}): Promise<Connection> {
  return connectAnywhere(transport, forPages(options));
}

/** Endpoints that dial at the first call, and again after a connection has ended; see `rsocket` of `millrace/rsocket`. */
export function rsocket(options: ConnectOptions = {}): ReturnType<typeof rsocketAnywhere> {
  return rsocketAnywhere(forPages(options));
}

/** Bytes the socket may hold before writers are asked to wait. */
const HIGH_WATER = 64 * 1024;
/** Milliseconds between looks at what the socket still holds: the platform tells nobody. */
const LOOK = 10;

/** A server to dial, `ws://` or `wss://`. */
export function websocket({ url }: { readonly url: string }): Transport {
  return {
    name: url,
    dial: (stop) => dial(url, stop),
    bind: () => Promise.reject(meshError('Invalid', 'a browser cannot listen')),
  };
}

function dial(url: string, stop: AbortSignal | undefined): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    stop?.addEventListener('abort', () => socket.readyState === WebSocket.CONNECTING && socket.close());
    socket.onerror = () => reject(meshError('Unavailable', `${url} could not be reached`));
    socket.onopen = () => resolve(linkOf(socket, url));
  });
}

/** Calls `work` whenever a page comes back: from being hidden or frozen, or from being without a network. */
function onWaking(work: () => void): () => void {
  const page = (globalThis as { document?: EventTarget & { hidden: boolean } }).document;
  const shown = (): void => void (page?.hidden === false && work());
  globalThis.addEventListener?.('online', work);
  page?.addEventListener('visibilitychange', shown);
  page?.addEventListener('resume', work);
  return () => {
    globalThis.removeEventListener?.('online', work);
    page?.removeEventListener('visibilitychange', shown);
    page?.removeEventListener('resume', work);
  };
}

function linkOf(socket: WebSocket, name: string): Link {
  let events: LinkEvents | undefined;
  const look = (): void => {
    const stop = systemClock.every(LOOK, () => {
      if (socket.bufferedAmount >= HIGH_WATER && socket.readyState === WebSocket.OPEN) return;
      stop();
      events?.drain();
    });
  };
  let looking = false;
  let forget: (() => void) | undefined;
  const closed = (error?: Error): void => {
    forget?.();
    const { closed: tell } = events ?? {};
    socket.onclose = socket.onmessage = null;
    events = undefined;
    tell?.(error);
  };
  return {
    name,
    start(given) {
      events = {
        ...given,
        drain() {
          looking = false;
          given.drain();
        },
      };
      forget = onWaking(() => given.woken?.());
      socket.onerror = () => undefined;
      socket.onclose = (event) => closed(event.wasClean ? undefined : new Error(`WebSocket closed with ${event.code}`));
      socket.onmessage = (event: MessageEvent<unknown>) => {
        if (event.data instanceof ArrayBuffer) given.frame(new Uint8Array(event.data));
        else socket.close(1003, 'binary messages only');
      };
      if (socket.readyState === WebSocket.CLOSED) closed();
    },
    write(run, done) {
      if (socket.readyState === WebSocket.OPEN)
        eachFrame(run, (frame) => socket.send(frame as Uint8Array<ArrayBuffer>));
      done?.();
      if (socket.bufferedAmount < HIGH_WATER) return true;
      if (!looking) {
        looking = true;
        look();
      }
      return false;
    },
    get unsent() {
      return socket.bufferedAmount;
    },
    // A browser's WebSocket cannot be paused; what it reads is bounded by the windows.
    pause: () => undefined,
    resume: () => undefined,
    end: () => socket.close(1000),
    destroy() {
      socket.close();
      // A socket whose other side is gone would wait for its answer first.
      queueMicrotask(() => closed());
    },
  };
}
