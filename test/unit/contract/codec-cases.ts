/** What all codecs have to withstand. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { type Codec, type ErrorTag, isMeshError, type MeshError } from 'millrace';

/** A message with these bytes; text as its UTF-8. */
export function message(content: string | Uint8Array): { readonly data: Uint8Array } {
  return { data: typeof content === 'string' ? Buffer.from(content) : content };
}

/** What a peer gets of a value. */
export function sent(codec: Codec, value: unknown): unknown {
  return codec.decode(message(codec.encode(value)));
}

/** The error that `work` throws, which has to be one of a codec. */
export function codecError(work: () => unknown, tag: ErrorTag): MeshError {
  try {
    work();
  } catch (error) {
    if (!isMeshError(error, tag)) throw error;
    expect(error.code).to.equal('MILLRACE_CODEC');
    return error;
  }
  return expect.fail('nothing was thrown');
}

/** Whatever JSON can hold, but for keys that reach a prototype. */
export const jsonValues = fc.jsonValue({ stringUnit: 'binary' }).filter((value) => {
  const text = JSON.stringify(value);
  return !text.includes('"__proto__":') && !(text.includes('"constructor":') && text.includes('"prototype":'));
});

/** Messages of a codec with some bytes cut, put in and replaced, which come further into it than random bytes do. */
export function damaged(codec: Codec, values: fc.Arbitrary<unknown> = jsonValues): fc.Arbitrary<Uint8Array> {
  const cuts = fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.uint8Array({ maxLength: 6 })), { minLength: 1, maxLength: 4 });
  return fc.tuple(values, cuts).map(([value, edits]) => {
    let bytes = [...message(codec.encode(value)).data];
    for (const [at, cut, put] of edits) {
      const start = at % (bytes.length + 1);
      bytes = [...bytes.slice(0, start), ...put, ...bytes.slice(start + cut)];
    }
    return Uint8Array.from(bytes);
  });
}

/** Decodes bytes of a peer, which may give plain data or be Invalid, and nothing else. */
export function decodeHostile(codec: Codec, data: Uint8Array): void {
  let value: unknown;
  try {
    value = codec.decode({ data });
  } catch (error) {
    expect(isMeshError(error, 'Invalid'), String(error)).to.equal(true);
    return;
  }
  expectPlain(value);
}

function expectPlain(value: unknown): void {
  if (typeof value === 'function' || typeof value === 'symbol') expect.fail(`a ${typeof value} was decoded`);
  if (typeof value !== 'object' || value === null) return;
  const type: unknown = Object.getPrototypeOf(value);
  expect([Object, Array, Date, Uint8Array, Buffer].some(({ prototype }) => prototype === type)).to.equal(true);
  if (value instanceof Date) expect(Number.isFinite(value.getTime())).to.equal(true);
  else if (!(value instanceof Uint8Array)) for (const each of Object.values(value)) expectPlain(each);
}
