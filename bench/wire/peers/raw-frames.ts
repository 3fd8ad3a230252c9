// The raw peers' framing: a 3-byte length, then 4 bytes of kind and id, then JSON.

import type { Socket } from 'node:net';

export type Outlet = {
  /** Writes one frame; what is batched waits for `flush`, the end of the tick or as many bytes as a batch may have. */
  send(tag: number, json: string, batch: number): void;
  flush(): void;
};

export const Kind = { call: 0, reply: 1, note: 2, stream: 3, credit: 4, item: 5, end: 6, channel: 7 } as const;

/** The 4 bytes behind the length: a kind and an id below 2^28. */
export const tagOf = (kind: number, id: number): number => kind * 0x1000_0000 + id;
export const kindOf = (tag: number): number => tag >>> 28;
export const idOf = (tag: number): number => tag & 0x0fff_ffff;

/** Where a batch goes at once, as measured: calls gain most when the other side starts early, items by fewer writes. */
export const callBatch = 8 * 1024;
export const itemBatch = 32 * 1024;

const headerBytes = 7;
const arenaBytes = 64 * 1024;
const emptyChunk = Buffer.alloc(0);

/** One write a frame. */
export function frameByFrame(socket: Socket): Outlet {
  return {
    send(tag, json) {
      const frame = Buffer.allocUnsafe(headerBytes + Buffer.byteLength(json));
      frame.write(json, headerBytes, 'utf8');
      writeHeader(frame, 0, frame.length - headerBytes, tag);
      socket.write(frame);
    },
    flush() {},
  };
}

/** Frames are encoded into an arena; one write carries those of a tick, or a full batch if that comes first. */
export function batched(socket: Socket): Outlet {
  const spare: Buffer[] = [];
  const underWay: Buffer[] = [];
  let arena: Buffer = Buffer.allocUnsafeSlow(arenaBytes);
  let start = 0;
  let end = 0;
  let scheduled = false;

  function flush(): void {
    if (start === end) return;
    if (underWay.length > 0 && socket.writableLength === 0) spare.push(...underWay.splice(0));
    socket.write(arena.subarray(start, end));
    // Nothing left in the socket means that the kernel has its copy and the arena is free again.
    start = end = socket.writableLength === 0 ? 0 : end;
  }

  function flushTick(): void {
    scheduled = false;
    flush();
  }

  function makeRoom(bytes: number): void {
    flush();
    if (arena.length - end >= bytes) return;
    underWay.push(arena);
    arena = bytes > arenaBytes ? Buffer.allocUnsafeSlow(bytes) : (spare.pop() ?? Buffer.allocUnsafeSlow(arenaBytes));
    start = end = 0;
  }

  return {
    send(tag, json, batch) {
      const most = headerBytes + json.length * 3;
      if (end + most > arena.length) makeRoom(most);
      const length = arena.write(json, end + headerBytes, 'utf8');
      writeHeader(arena, end, length, tag);
      end += headerBytes + length;
      if (end - start >= batch) flush();
      else if (!scheduled) {
        scheduled = true;
        process.nextTick(flushTick);
      }
    },
    flush,
  };
}

/** Hands each frame to `take` where it lies in the chunk, then calls `after`; only a frame that straddles chunks is copied. */
export function readFrames(
  socket: Socket,
  take: (tag: number, chunk: Buffer, start: number, end: number) => void,
  after: () => void,
): void {
  let rest = emptyChunk;
  socket.on('data', (chunk) => {
    let at = 0;
    if (rest.length > 0) {
      const head = rest.length < 3 ? Buffer.concat([rest, chunk]) : rest;
      const missing = head.length < 3 ? chunk.length + 1 : headerBytes + lengthAt(head, 0) - rest.length;
      if (chunk.length < missing) {
        rest = Buffer.concat([rest, chunk]);
        return;
      }
      takeFrame(Buffer.concat([rest, chunk.subarray(0, missing)]), 0, rest.length + missing);
      rest = emptyChunk;
      at = missing;
    }
    while (chunk.length - at >= headerBytes) {
      const end = at + headerBytes + lengthAt(chunk, at);
      if (end > chunk.length) break;
      takeFrame(chunk, at, end);
      at = end;
    }
    if (at < chunk.length) rest = chunk.subarray(at);
    after();
  });

  function takeFrame(chunk: Buffer, start: number, end: number): void {
    take(
      (byteAt(chunk, start + 3) << 24) |
        (byteAt(chunk, start + 4) << 16) |
        (byteAt(chunk, start + 5) << 8) |
        byteAt(chunk, start + 6),
      chunk,
      start + headerBytes,
      end,
    );
  }
}

function lengthAt(chunk: Buffer, at: number): number {
  return byteAt(chunk, at) * 0x1_0000 + byteAt(chunk, at + 1) * 0x100 + byteAt(chunk, at + 2);
}

function byteAt(chunk: Buffer, at: number): number {
  return chunk[at] ?? 0;
}

function writeHeader(frame: Buffer, at: number, length: number, tag: number): void {
  frame[at] = length >>> 16;
  frame[at + 1] = length >>> 8;
  frame[at + 2] = length;
  frame[at + 3] = tag >>> 24;
  frame[at + 4] = tag >>> 16;
  frame[at + 5] = tag >>> 8;
  frame[at + 6] = tag;
}
