/** A transport whose links can be cut, at any byte, and whose dials can go wrong. */
import type { Link, LinkEvents, Transport } from 'millrace/rsocket';

export interface Scissors {
  readonly transport: Transport;
  /** Links dialled so far. */
  readonly dials: number;
  /** Cuts the present link now. */
  cut(): void;
  /** Cuts the present link, or the next, after so many more bytes of one direction, in the midst of a frame as like as not. */
  cutAfter(bytes: number, direction: 'out' | 'in'): void;
  /** What becomes of the next dials, one after the other: refused, or cut before a byte has come. */
  spoil(...how: readonly ('refuse' | 'close')[]): void;
  /** Resolves when so many links have been dialled. */
  dialled(count: number): Promise<void>;
}

export function scissors(inner: Transport): Scissors {
  let dials = 0;
  let present: Link | undefined;
  const left = { out: Infinity, in: Infinity };
  const spoilt: ('refuse' | 'close')[] = [];
  const waiting = new Set<() => void>();
  /** A link may still have something to say when it is destroyed. */
  const cutOff = new WeakSet<Link>();

  /** How much of so many bytes goes through before the cut; cuts if that isn't all. */
  const through = (direction: 'out' | 'in', length: number): number => {
    const most = Math.min(length, left[direction]);
    left[direction] -= most;
    return most;
  };
  const cutNow = (link: Link): void => {
    left.in = left.out = Infinity;
    cutOff.add(link);
    link.destroy();
  };

  const watched = (link: Link, close: boolean): Link => ({
    name: link.name,
    start(events: LinkEvents) {
      const pass = (chunk: Uint8Array, to: (chunk: Uint8Array) => void): void => {
        if (cutOff.has(link)) return;
        if (close) return cutNow(link);
        const most = through('in', chunk.length);
        if (most > 0) to(chunk.subarray(0, most));
        if (most < chunk.length) cutNow(link);
      };
      link.start({
        bytes: (chunk) => pass(chunk, (piece) => events.bytes(piece)),
        // A frame of a WebSocket comes whole or not at all.
        frame: (frame) => pass(frame, (piece) => piece.length === frame.length && events.frame(piece)),
        drain: () => events.drain(),
        closed: (error) => events.closed(error),
      });
    },
    write(run, done) {
      const most = through('out', run.length);
      if (most === run.length) return link.write(run, done);
      done?.();
      cutNow(link);
      return true;
    },
    get unsent() {
      return link.unsent;
    },
    pause: () => link.pause(),
    resume: () => link.resume(),
    end: () => link.end(),
    destroy: () => link.destroy(),
  });

  return {
    transport: {
      name: inner.name,
      bind: (accept, maxFrame) => inner.bind(accept, maxFrame),
      async dial() {
        dials += 1;
        for (const look of waiting) look();
        const how = spoilt.shift();
        if (how === 'refuse') throw new Error('nobody is there');
        present = await inner.dial();
        return watched(present, how === 'close');
      },
    },
    get dials() {
      return dials;
    },
    cut: () => present !== undefined && cutNow(present),
    cutAfter(bytes, direction) {
      left[direction] = bytes;
    },
    spoil: (...how) => void spoilt.push(...how),
    dialled: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (dials < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
