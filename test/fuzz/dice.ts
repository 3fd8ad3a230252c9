/** Choices that repeat for the same seed. */
import { seeded } from '../../framework/testing/seeded.js';

export interface Dice {
  /** A whole number from 0 up to, not including, `most`. */
  below(most: number): number;
  /** True once in so many times. */
  once(inSo: number): boolean;
  pick<T>(from: readonly T[]): T;
  bytes(length: number): Uint8Array;
}

export function dice(seed: number): Dice {
  const random = seeded(seed);
  const below = (most: number): number => Math.floor(random() * most);
  return {
    below,
    once: (inSo) => random() * inSo < 1,
    pick: (from) => {
      if (from.length === 0) throw new RangeError('there is nothing to pick from');
      return from[below(from.length)] as (typeof from)[number];
    },
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
