/** What a tap saw, in numbers. */

import type { FrameTap } from './frame-tap.js';
import { Flag } from './raw-protocol.js';

export function askedFor({ fromClient }: FrameTap): number {
  return fromClient.received.reduce((sum, frame) => {
    if (frame.name === 'REQUEST_STREAM') return sum + frame.initial;
    return frame.name === 'REQUEST_N' ? sum + frame.n : sum;
  }, 0);
}

export function itemsOn({ fromServer }: FrameTap): number {
  return fromServer.received.filter((frame) => frame.name === 'PAYLOAD' && frame.streamId === 1).length;
}

export function fragmentsFrom(tap: FrameTap, side: 'fromClient' | 'fromServer'): number {
  return tap[side].received.filter((frame) => frame.streamId !== 0 && (frame.flags & Flag.FOLLOWS) !== 0).length;
}
