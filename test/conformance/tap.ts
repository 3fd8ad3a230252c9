/** A transport that watches each frame of the links dialled through it, and holds the demand of every stream against what is sent. */
import { Flag, FrameType, type Link, type LinkEvents, type Transport } from 'millrace/rsocket';

export type Sender = 'client' | 'server';

/** The header of a frame that went by. */
export interface Seen {
  readonly from: Sender;
  readonly id: number;
  readonly type: number;
  readonly flags: number;
  /** REQUEST_N, initial REQUEST_N or an error's code; 0 where the type has none. */
  readonly n: number;
  /** Bytes, without the length before the frame. */
  readonly length: number;
}

export interface Tap {
  readonly transport: Transport;
  readonly frames: readonly Seen[];
  /** Items that went past what had been asked for, on any stream and in either direction. */
  readonly overruns: readonly string[];
  /** Links dialled so far. */
  readonly dials: number;
  count(from: Sender, type: number): number;
  /** Resolves with the first frame, past or to come, for which `wanted` holds. */
  seen(wanted: (frame: Seen) => boolean): Promise<Seen>;
  /** Drops all links at once. */
  cut(): void;
  /** Resolves when every link that was dialled has closed. */
  allClosed(): Promise<void>;
}

export function tapped(inner: Transport): Tap {
  const frames: Seen[] = [];
  const overruns: string[] = [];
  const open = new Set<Link>();
  const watchers = new Set<() => void>();
  let dials = 0;
  const told = (): void => {
    for (const look of watchers) look();
  };
  const when = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const again = (): void => {
        const found = look();
        if (found === undefined) return;
        watchers.delete(again);
        resolve(found);
      };
      watchers.add(again);
      again();
    });
  const transport: Transport = {
    name: inner.name,
    bind: (accept, maxFrame) => inner.bind(accept, maxFrame),
    async dial() {
      const link = await inner.dial();
      dials += 1;
      open.add(link);
      const check = ledger((message) => overruns.push(message));
      const see = (frame: Seen): void => {
        frames.push(frame);
        check(frame);
        told();
      };
      return watchedLink(link, see, () => {
        open.delete(link);
        told();
      });
    },
  };
  return {
    transport,
    frames,
    overruns,
    get dials() {
      return dials;
    },
    count: (from, type) => frames.filter((frame) => frame.from === from && frame.type === type).length,
    seen(wanted) {
      let next = 0;
      return when(() => {
        while (next < frames.length) {
          const frame = frames[next++];
          if (frame !== undefined && wanted(frame)) return frame;
        }
        return undefined;
      });
    },
    cut() {
      for (const link of open) link.destroy();
    },
    allClosed: () => when(() => (open.size === 0 ? true : undefined)).then(() => undefined),
  };
}

function watchedLink(link: Link, see: (frame: Seen) => void, gone: () => void): Link {
  return {
    name: link.name,
    start(events: LinkEvents) {
      const read = headers('server', see);
      link.start({
        bytes(chunk) {
          read(chunk);
          events.bytes(chunk);
        },
        frame(frame) {
          see(headerOf('server', Buffer.from(frame.buffer, frame.byteOffset, frame.length), frame.length));
          events.frame(frame);
        },
        drain: () => events.drain(),
        closed(error) {
          gone();
          events.closed(error);
        },
      });
    },
    write(run, done) {
      headers('client', see)(run);
      return link.write(run, done);
    },
    get unsent() {
      return link.unsent;
    },
    pause: () => link.pause(),
    resume: () => link.resume(),
    end: () => link.end(),
    destroy: () => link.destroy(),
  };
}

const PREFIX = 3;
/** Length, header and the number after it. */
const HEAD = PREFIX + 6 + 4;

/** Reads the headers out of a byte stream, whatever its pieces, and skips the bodies. */
function headers(from: Sender, see: (frame: Seen) => void): (chunk: Uint8Array) => void {
  const head = Buffer.alloc(HEAD);
  let filled = 0;
  let skip = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (skip > 0) {
        const skipped = Math.min(skip, chunk.length - at);
        skip -= skipped;
        at += skipped;
        continue;
      }
      const wanted = filled < PREFIX ? PREFIX : Math.min(HEAD, PREFIX + head.readUIntBE(0, PREFIX));
      const taken = Math.min(wanted - filled, chunk.length - at);
      head.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < PREFIX) continue;
      const length = head.readUIntBE(0, PREFIX);
      if (filled < Math.min(HEAD, PREFIX + length)) continue;
      see(headerOf(from, head.subarray(PREFIX, filled), length));
      skip = PREFIX + length - filled;
      filled = 0;
    }
  };
}

const NUMBERED: readonly number[] = [
  FrameType.REQUEST_STREAM,
  FrameType.REQUEST_CHANNEL,
  FrameType.REQUEST_N,
  FrameType.ERROR,
];

function headerOf(from: Sender, bytes: Buffer, length: number): Seen {
  const typeAndFlags = bytes.readUInt16BE(4);
  const type = typeAndFlags >>> 10;
  const n = NUMBERED.includes(type) ? bytes.readUInt32BE(6) : 0;
  return { from, id: bytes.readUInt32BE(0), type, flags: typeAndFlags & 0x3ff, n, length };
}

/** A side may send as many items on a stream as the other has asked for; a channel's first item comes with its request. */
function ledger(overrun: (message: string) => void): (frame: Seen) => void {
  const credit = new Map<string, number>();
  const assembling = new Set<string>();
  const grant = (to: Sender, id: number, n: number): void => {
    credit.set(`${to} ${id}`, (credit.get(`${to} ${id}`) ?? 0) + n);
  };
  return ({ from, id, type, flags, n }) => {
    const key = `${from} ${id}`;
    const other = from === 'client' ? 'server' : 'client';
    const follows = (flags & Flag.FOLLOWS) !== 0;
    if (type >= FrameType.REQUEST_RESPONSE && type <= FrameType.REQUEST_CHANNEL) {
      if (follows) assembling.add(key);
      if (type === FrameType.REQUEST_RESPONSE) grant(other, id, 1);
      else grant(other, id, n);
    } else if (type === FrameType.REQUEST_N) grant(other, id, n);
    else if (type === FrameType.PAYLOAD && !follows) {
      if (assembling.delete(key) || (flags & Flag.NEXT) === 0) return;
      const left = credit.get(key) ?? 0;
      credit.set(key, left - 1);
      if (left < 1) overrun(`the ${from} sent an item on stream ${id} that nobody had asked for`);
    }
  };
}
