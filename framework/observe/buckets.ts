/** The buckets that every histogram has: 32 for each doubling of the value, so that each is at most 1/32 of its values wide. */

/** Values under this, 2^-20, count as zero: of milliseconds it is a nanosecond. */
export const LEAST_VALUE = 2 ** -20;
/** Values above this, 2^44, count as this: of milliseconds it is five hundred years. */
export const MOST_VALUE = 2 ** 44;
/** Buckets of one doubling. */
export const BUCKETS_EACH = 32;
/** Doublings from {@link LEAST_VALUE} to {@link MOST_VALUE}, and the one that begins with it. */
export const DOUBLINGS = 65;
/** Bucket 0 is that of zero; the others follow by value. */
export const BUCKETS = 1 + DOUBLINGS * BUCKETS_EACH;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Which of the two words of a float holds its exponent. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
/** A float's exponent and the first five bits behind it number the buckets; so many are below the least value. */
const BELOW = (1023 - 20) * BUCKETS_EACH - 1;
const SHIFT = 15;

/** The bucket of a value from 0 to {@link MOST_VALUE}. */
export function bucketOf(value: number): number {
  if (value < LEAST_VALUE) return 0;
  float[0] = value;
  return ((words[HIGH] ?? 0) >>> SHIFT) - BELOW;
}

/** The middle of a bucket, which is at most 1/64, 1.6 %, away from any of its values. */
export function middleOf(bucket: number): number {
  if (bucket === 0) return 0;
  const doubling = Math.floor((bucket - 1) / BUCKETS_EACH);
  const part = (bucket - 1) % BUCKETS_EACH;
  return LEAST_VALUE * 2 ** doubling * (1 + (part + 0.5) / BUCKETS_EACH);
}
