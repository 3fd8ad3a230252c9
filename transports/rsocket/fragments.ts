/** Splits an item that is longer than a frame may be: its metadata first, then its data (Protocol.md, Fragmentation). */
import { EMPTY } from './bytes.js';
import type { Outbox } from './outbox.js';
import type { Payload } from './payload.js';
import { Flag, FrameType, HEADER, PREFIX } from './protocol.js';

/** A fragment has room for its headers and something of the item. */
export const LEAST_FRAGMENT = 64;

/** Sends an item in frames of at most `most` bytes: the first is of the type, the others are PAYLOAD. */
export function sendFragments(
  outbox: Outbox,
  id: number,
  type: number,
  flags: number,
  n: number,
  item: Payload,
  most: number,
): void {
  let metadata = item.metadata;
  let data = item.data;
  let first = true;
  while (first || metadata !== undefined || data.length > 0) {
    let room = most - HEADER - (first && n > 0 ? 4 : 0);
    let head: Uint8Array | undefined;
    if (metadata !== undefined) {
      room -= PREFIX;
      head = metadata.subarray(0, room);
      metadata = head.length === metadata.length ? undefined : metadata.subarray(head.length);
      room -= head.length;
    }
    const body = metadata === undefined && room > 0 ? data.subarray(0, room) : EMPTY;
    data = data.subarray(body.length);
    const last = metadata === undefined && data.length === 0;
    const kept = last ? flags : flags & ~Flag.COMPLETE;
    const frameType = first ? type : FrameType.PAYLOAD;
    const next = first ? kept : kept | Flag.NEXT;
    outbox.payload(id, frameType, last ? next : next | Flag.FOLLOWS, first ? n : 0, head, body);
    first = false;
  }
}
