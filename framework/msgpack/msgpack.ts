/** MessagePack: JSON's values in fewer bytes, and dates, bytes and large integers as themselves. */
import { type Options, Packr } from 'msgpackr';
import { type CodecLimitOptions, codecLimits, undecodable, unencodable } from '../contract/index.js';
import type { Encoded } from '../core/index.js';
import { checkMsgpack } from './msgpack-bounds.js';
import { packable } from './packable.js';

export interface MsgpackCodec {
  readonly mime: 'application/x-msgpack';
  encode(value: unknown): Uint8Array;
  decode(message: Encoded): unknown;
}

export interface MsgpackOptions extends CodecLimitOptions {
  /**
   * What a 64-bit integer is decoded to. `'bigint'`, the default, gives a Millrace peer's values back as they were:
   * it writes numbers past 32 bits as floats, so only a bigint comes as 64 bits. `'number'` is for peers that write
   * times and sizes so: a number where it is exact, up to 2^53, else a bigint.
   */
  readonly int64?: 'bigint' | 'number';
}

/**
 * The codec `application/x-msgpack`. `undefined` is a message without bytes, both ways.
 *
 * Values are JSON's, and Date (to the millisecond, as the timestamp extension), Uint8Array, bigint of up to 64 bits,
 * NaN, infinities, and Map, which arrives as an object. As in JSON a toJSON is heard (but for a Date's and a
 * Buffer's), undefined and functions are left out of objects and are null in arrays, and -0 is 0. A cycle, and what
 * has no form here, such as a Set or a Float64Array, is a Defect.
 *
 * Before anything is made of them the bytes are walked, so that Invalid comes at once, and without memory, for
 * truncated messages and claimed lengths, for more than `depth` or `items`, for trailing bytes, for keys that are not
 * strings or integers or reach a prototype (as in JSON), and for every extension but timestamps and msgpackr's
 * undefined. Of equal keys the last counts. Bytes within a value are views of the message: copy what is kept for long.
 */
export function msgpack(options: MsgpackOptions = {}): MsgpackCodec {
  const limits = codecLimits(options);
  const packr = new Packr(packrOptions(options.int64 === 'number' ? 'auto' : 'bigint'));
  return {
    mime: 'application/x-msgpack',
    encode(value) {
      if (value === undefined) return EMPTY;
      try {
        return packr.pack(packable(value));
      } catch (cause) {
        throw unencodable(`no MessagePack of this value: ${messageOf(cause)}`, cause);
      }
    },
    decode({ data }) {
      if (data.length === 0) return undefined;
      checkMsgpack(data, limits);
      try {
        return packr.unpack(data) as unknown;
      } catch (cause) {
        throw undecodable(`no MessagePack in ${data.length} bytes: ${messageOf(cause)}`, cause);
      }
    },
  };
}

const EMPTY = new Uint8Array(0);

/** Records would keep state between messages, and toJSON is heard before: see {@link packable}. */
function packrOptions(int64AsType: 'bigint' | 'auto'): Options {
  const plain: Options = { useRecords: false, encodeUndefinedAsNil: true, variableMapSize: true, useToJSON: false };
  return Object.assign(plain, { int64AsType });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
