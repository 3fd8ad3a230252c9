/** An input as a byte stream in pieces: what sockets carry. */
import { prefixed } from '../rsocket/raw-frame.js';
import type { Dice } from './dice.js';
import type { Input } from './input.js';

/** Frames behind their lengths, of which one in a hundred is wrong, cut where the dice say. */
export function chunksOf({ frames }: Input, dice: Dice): Uint8Array[] {
  const runs = frames.map((frame) => {
    const run = prefixed(frame);
    if (dice.once(100)) run[dice.below(3)] = dice.below(256);
    return run;
  });
  const style = dice.below(8);
  if (style < 3) return runs;
  const whole = Buffer.concat(runs);
  if (style < 5) return [whole];
  const most = style < 7 ? 1 + dice.below(whole.length + 1) : 3;
  return cut(whole, () => 1 + dice.below(most));
}

export function cut(bytes: Uint8Array, size: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + size());
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
