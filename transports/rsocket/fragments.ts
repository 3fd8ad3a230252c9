/** Sends items, and splits those that are longer than a frame may be: metadata first, then data (Protocol.md, Fragmentation). */
import { TextMessage } from '../../framework/kernel.js';
import { EMPTY } from './bytes.js';
import { LONGEST_TEXT, type Outbox } from './outbox.js';
import { notBytes, type Payload } from './payload.js';
import { Flag, FrameType, HEADER, MAX_FRAME, PREFIX } from './protocol.js';

/** A fragment has room for its headers and something of the item. */
export const LEAST_FRAGMENT = 64;

/**
 * Sends an item in frames of at most `most` bytes; gives its bytes. A bare COMPLETE is one frame, whatever its metadata: fragments
 * of it would be an item.
 */
export function sendItem(
  outbox: Outbox,
  id: number,
  type: number,
  flags: number,
  n: number,
  item: Payload,
  most: number,
): number {
  const metadata = item.metadata;
  const head = HEADER + 4 + (metadata === undefined ? 0 : 3 + metadata.length);
  if (item instanceof TextMessage && head + item.content.length * 3 <= Math.min(most, LONGEST_TEXT)) {
    const written = outbox.text(id, type, flags, n, metadata, item.content);
    return metadata === undefined ? written : written + metadata.length;
  }
  const { data } = item;
  if (!(data instanceof Uint8Array) || !(metadata === undefined || metadata instanceof Uint8Array)) throw notBytes();
  const length = head + data.length;
  const bare = type === FrameType.PAYLOAD && (flags & Flag.NEXT) === 0;
  if (length <= (bare ? MAX_FRAME : most)) outbox.payload(id, type, flags, n, metadata, data);
  else sendFragments(outbox, id, type, flags, n, item, most);
  return data.length + (metadata === undefined ? 0 : metadata.length);
}

/** Sends an item in frames of at most `most` bytes: the first is of the type, the others are PAYLOAD. */
function sendFragments(
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
