/** Counts what the peers of a server ask for, and what is sent to them for it, from the frames themselves. */
import { Flag, FrameType } from 'millrace/rsocket';
import type { Counts } from './stats.js';
import type { Watcher } from './watched.js';

/** Watches one connection; streams and channels are those that the peer has opened. */
export function countDemand(counts: Counts): Watcher {
  const open = new Set<number>();
  return {
    arriving({ type, streamId, n }) {
      if (type === FrameType.REQUEST_STREAM || type === FrameType.REQUEST_CHANNEL) {
        open.add(streamId);
        counts.requestN.push(n);
      } else if (type === FrameType.REQUEST_N) counts.requestN.push(n);
      else if (type === FrameType.CANCEL || type === FrameType.ERROR) open.delete(streamId);
    },
    leaving({ type, streamId, flags }) {
      if (!open.has(streamId)) return;
      const item = type === FrameType.PAYLOAD && (flags & Flag.NEXT) !== 0 && (flags & Flag.FOLLOWS) === 0;
      if (item) counts.emitted += 1;
      if (type === FrameType.ERROR || (flags & Flag.COMPLETE) !== 0) open.delete(streamId);
    },
  };
}
