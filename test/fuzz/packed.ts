/** Messages of the codecs, which mutations begin from. */
import { msgpack } from 'millrace/msgpack';

const value = {
  n: [1, -1, 200, 70_000, 1.5, 12345678901234n],
  at: new Date(1_700_000_000_123),
  text: 'ä'.repeat(40),
  bytes: Uint8Array.of(1, 2, 3),
  nested: [{ constructor: { a: null } }, true, false],
};

/** A MessagePack message with most of its types. */
export const packed = msgpack().encode(value);

/** JSON texts: plain, deep, hostile. */
export const texts: readonly string[] = [
  '{"a":[1,2.5e3,{"b":null,"c":"\\u00e4\\""}],"d":true}',
  '[[[[[[[[[[]]]]]]]]]]',
  '{"__proto__":{"x":1},"constructor":{"prototype":1}}',
  '[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]',
];
