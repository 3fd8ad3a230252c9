/** A transport whose frames are looked at on their way, by their headers alone. */
import type { Link, LinkEvents, Transport } from 'millrace/rsocket';

/** A frame's header, and the 32 bits behind it that are REQUEST_N where the type has one. */
export interface Header {
  readonly streamId: number;
  readonly type: number;
  readonly flags: number;
  readonly n: number;
}

/** Looks at the frames of one connection. */
export interface Watcher {
  arriving(header: Header): void;
  leaving(header: Header): void;
}

export function watched(transport: Transport, watcher: () => Watcher): Transport {
  return {
    name: transport.name,
    dial: async () => new WatchedLink(await transport.dial(), watcher()),
    bind: (accept, maxFrame) => transport.bind((link) => accept(new WatchedLink(link, watcher())), maxFrame),
  };
}

class WatchedLink implements Link {
  readonly name: string;
  private readonly arriving: (chunk: Uint8Array) => void;
  private readonly leaving: (chunk: Uint8Array) => void;

  constructor(
    private readonly link: Link,
    private readonly watcher: Watcher,
  ) {
    this.name = link.name;
    this.arriving = headerReader((header) => watcher.arriving(header));
    this.leaving = headerReader((header) => watcher.leaving(header));
  }

  start(events: LinkEvents): void {
    this.link.start({
      bytes: (chunk) => {
        this.arriving(chunk);
        events.bytes(chunk);
      },
      frame: (frame) => {
        if (frame.length >= HEADER) this.watcher.arriving(headerOf(frame));
        events.frame(frame);
      },
      drain: () => events.drain(),
      closed: (error) => events.closed(error),
    });
  }

  write(run: Uint8Array, done?: () => void): boolean {
    this.leaving(run);
    return this.link.write(run, done);
  }

  get unsent(): number {
    return this.link.unsent;
  }

  pause(): void {
    this.link.pause();
  }

  resume(): void {
    this.link.resume();
  }

  end(): void {
    this.link.end();
  }

  destroy(): void {
    this.link.destroy();
  }
}

const PREFIX = 3;
const HEADER = 6;
const SEEN = HEADER + 4;

/** Follows frames behind 24-bit lengths through chunks of any size, keeping only the beginning of each. */
function headerReader(found: (header: Header) => void): (chunk: Uint8Array) => void {
  const head = Buffer.alloc(PREFIX + SEEN);
  let filled = 0;
  let skip = 0;
  const wanted = (): number => (filled < PREFIX ? PREFIX : PREFIX + Math.min(SEEN, head.readUIntBE(0, PREFIX)));
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (skip > 0) {
        const passed = Math.min(skip, chunk.length - at);
        skip -= passed;
        at += passed;
        continue;
      }
      const piece = chunk.subarray(at, at + wanted() - filled);
      head.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < PREFIX || filled < wanted()) continue;
      const length = head.readUIntBE(0, PREFIX);
      if (length >= HEADER) found(headerOf(head.subarray(PREFIX, filled)));
      skip = PREFIX + length - filled;
      filled = 0;
    }
  };
}

function headerOf(frame: Uint8Array): Header {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const word = view.getUint16(4);
  return {
    streamId: view.getUint32(0),
    type: word >>> 10,
    flags: word & 0x3ff,
    n: frame.length < SEEN ? 0 : view.getUint32(HEADER),
  };
}
