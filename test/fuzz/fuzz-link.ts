/** A link whose other side is the fuzzer: it takes what is written, checks that it is RSocket, and says what it is told to. */
import type { Address, Bound, Link, LinkEvents, Transport } from 'millrace/rsocket';
import { type RawFrame, readFrame } from '../rsocket/raw-frame.js';
import { must } from './target.js';

const HIGH_WATER = 64 * 1024;

export class FuzzLink implements Link {
  readonly name = 'fuzz';
  /** What the engine has written, read by other means than it was written by. */
  readonly said: RawFrame[] = [];
  /** The other side does not read. */
  deaf = false;
  /** The most that was written and not read. */
  unsent = 0;
  /** It was ended or destroyed from this side. */
  left = false;
  closed = false;
  private events: LinkEvents | undefined;
  private paused = false;
  private waiting: Uint8Array[] = [];

  /** `whole` gives frames one by one, as WebSocket does. */
  constructor(private readonly whole: boolean) {}

  start(events: LinkEvents): void {
    this.events = events;
  }

  write(run: Uint8Array, done?: () => void): boolean {
    for (let at = 0; at < run.length;) {
      const length = ((run[at] ?? 0) << 16) | ((run[at + 1] ?? 0) << 8) | (run[at + 2] ?? 0);
      must(at + 3 + length <= run.length, () => 'half a frame was written');
      this.said.push(readFrame(Buffer.from(run.subarray(at + 3, at + 3 + length))));
      at += 3 + length;
    }
    done?.();
    if (!this.deaf) return true;
    this.unsent += run.length;
    return this.unsent < HIGH_WATER;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    const waiting = this.waiting;
    this.waiting = [];
    for (const piece of waiting) this.say(piece);
  }

  end(): void {
    this.left = true;
  }

  destroy(): void {
    this.left = true;
  }

  /** A piece comes from the fuzzer, unless nothing is read. */
  say(piece: Uint8Array): void {
    if (this.closed) return;
    if (this.paused) this.waiting.push(piece);
    else if (this.whole) this.events?.frame(piece);
    else this.events?.bytes(piece);
  }

  /** The other side reads all there is. */
  drain(): void {
    this.deaf = false;
    if (this.unsent === 0) return;
    this.unsent = 0;
    this.events?.drain();
  }

  /** The other side has gone. */
  close(error?: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.waiting = [];
    this.events?.closed(error);
  }
}

export interface FuzzTransport extends Transport {
  /** Whether links that are dialled give frames one by one. */
  whole: boolean;
  /** What happens to a link that is dialled. */
  dialled: (link: FuzzLink) => void;
  /** A link to whoever listens. */
  reach(whole: boolean): FuzzLink;
}

/** A place where the fuzzer is the other side. */
export function fuzzTransport(): FuzzTransport {
  let accepting: ((link: Link) => void) | undefined;
  const transport: FuzzTransport = {
    name: 'fuzz://',
    whole: false,
    dialled: () => undefined,
    dial() {
      const link = new FuzzLink(transport.whole);
      transport.dialled(link);
      return Promise.resolve(link);
    },
    bind(accept): Promise<Bound> {
      accepting = accept;
      const address: Address = { host: 'fuzz', port: 0 };
      return Promise.resolve({ address, close: () => Promise.resolve() });
    },
    reach(asMessages) {
      const link = new FuzzLink(asMessages);
      accepting?.(link);
      return link;
    },
  };
  return transport;
}
