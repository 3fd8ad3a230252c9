/** Makes of an input one that is a little, or very, different. */
import { allFrames } from './conversations.js';
import type { Dice } from './dice.js';
import { type Input, sizeOf } from './input.js';

const MOST_FRAMES = 40;
const MOST_BYTES = 32 * 1024;

/** Numbers at which something often changes. */
const NUMBERS = [
  0, 1, 2, 3, 7, 8, 0x1f, 0x20, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0xffffff, 0x7fffffff, 0xffffffff,
];
const IDS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 0x7ffffffe, 0x7fffffff, 0x80000001];
/** Where frames have lengths and numbers: behind the header, and behind the fields of some types. */
const FIELDS = [4, 5, 6, 8, 9, 10, 14, 18, 19, 20, 21];

type Change = (dice: Dice, frames: Uint8Array[], other: readonly Uint8Array[]) => void;

/** A change of one frame's bytes. */
const within =
  (change: (dice: Dice, frame: Uint8Array, other: readonly Uint8Array[]) => Uint8Array): Change =>
  (dice, frames, other) => {
    const at = dice.below(frames.length);
    frames[at] = change(dice, Uint8Array.from(frames[at] ?? []), other);
  };

const put = (frame: Uint8Array, at: number, size: number, value: number): Uint8Array => {
  for (let index = 0; index < size && at + index < frame.length; index++)
    frame[at + index] = Math.floor(value / 256 ** (size - 1 - index));
  return frame;
};

const somewhere = (dice: Dice, frame: Uint8Array): number =>
  dice.below(Math.min(frame.length, dice.once(4) ? Infinity : 32));

const changes: readonly Change[] = [
  within((dice, frame) => {
    const at = somewhere(dice, frame);
    if (at < frame.length) frame[at] = (frame[at] ?? 0) ^ (1 << dice.below(8));
    return frame;
  }),
  within((dice, frame) => put(frame, somewhere(dice, frame), 1, dice.below(256))),
  within((dice, frame) => put(frame, somewhere(dice, frame), dice.pick([1, 2, 3, 4]), dice.pick(NUMBERS))),
  within((dice, frame) => put(frame, dice.pick(FIELDS), dice.pick([1, 2, 3, 4]), dice.pick(NUMBERS))),
  // A length that says exactly what is left, or one more or less.
  within((dice, frame) => {
    const at = dice.pick(FIELDS);
    const size = dice.pick([1, 2, 3]);
    return put(frame, at, size, Math.max(0, frame.length - at - size + dice.below(3) - 1));
  }),
  within((dice, frame) => put(frame, 0, 4, dice.pick(IDS))),
  within((dice, frame) => put(frame, 4, 2, (dice.below(64) << 10) | dice.below(1024))),
  within((dice, frame) => {
    if (frame.length > 5) frame[5] = (frame[5] ?? 0) ^ dice.pick([0x20, 0x40, 0x80, 0xe0]);
    return frame;
  }),
  within((dice, frame) => {
    if (frame.length > 4) frame[4] = (frame[4] ?? 0) ^ dice.pick([1, 2]);
    return frame;
  }),
  within((dice, frame) => frame.subarray(0, dice.below(frame.length + 1))),
  within((dice, frame) => Uint8Array.from([...frame, ...dice.bytes(dice.below(dice.once(8) ? 2000 : 24))])),
  within((dice, frame, other) => {
    const from = dice.pick(other.length === 0 ? allFrames : other);
    return Uint8Array.from([
      ...frame.subarray(0, dice.below(frame.length + 1)),
      ...from.subarray(dice.below(from.length + 1)),
    ]);
  }),
  within((dice) => dice.bytes(dice.below(40))),
  (dice, frames) => void frames.splice(dice.below(frames.length + 1), 0, dice.pick(allFrames)),
  (dice, frames) =>
    void frames.splice(dice.below(frames.length + 1), 0, frames[dice.below(frames.length)] ?? dice.bytes(6)),
  (dice, frames) => void frames.splice(dice.below(frames.length), 1),
  (dice, frames) => {
    const [one, two] = [dice.below(frames.length), dice.below(frames.length)];
    [frames[one], frames[two]] = [frames[two] ?? dice.bytes(6), frames[one] ?? dice.bytes(6)];
  },
  (dice, frames) => {
    const at = dice.below(frames.length);
    const again = Array.from({ length: dice.below(24) }, () => frames[at] ?? dice.bytes(6));
    frames.splice(at, 0, ...again);
  },
  (dice, frames, other) =>
    void frames.splice(dice.below(frames.length + 1), frames.length, ...other.slice(dice.below(other.length))),
];

/** `other` is what parts are taken from. */
export function mutated(dice: Dice, input: Input, other: Input): Input {
  let frames = [...input.frames];
  for (let left = 1 + dice.below(dice.pick([1, 2, 4, 8])); left > 0; left--) {
    if (frames.length === 0) frames.push(dice.pick(allFrames));
    dice.pick(changes)(dice, frames, other.frames);
  }
  frames = frames.slice(0, MOST_FRAMES);
  const made = { frames, shape: dice.once(3) ? dice.below(2 ** 31) : input.shape };
  return sizeOf(made) <= MOST_BYTES ? made : input;
}

/** Frames of nothing but chance. */
export function random(dice: Dice): Input {
  const frames = Array.from({ length: 1 + dice.below(8) }, () => dice.bytes(dice.below(64)));
  return { frames, shape: dice.below(2 ** 31) };
}
