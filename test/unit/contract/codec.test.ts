import { expect } from 'chai';
import { bytes, CODEC_LIMITS, codecs, json, type Codec } from 'millrace';
import { codecError } from './codec-cases.js';

describe('codecs', () => {
  it('have JSON and bytes, and give JSON to a message that names none', () => {
    const { default: usual, of, names } = codecs();
    expect(names).to.deep.equal(['application/json', 'application/octet-stream']);
    expect(usual.mime).to.equal('application/json');
    expect(of(undefined)).to.equal(usual);
    expect(of('application/octet-stream')?.mime).to.equal('application/octet-stream');
    expect(of('application/cbor')).to.equal(undefined);
  });

  it('take a type with parameters, or in other case, for what it is', () => {
    const known = codecs();
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', ' application/json ;q=1']) {
      expect(known.of(type), type).to.equal(known.default);
    }
    for (const type of ['application/jsonx', '', ';', 'application']) expect(known.of(type), type).to.equal(undefined);
  });

  it('take more', () => {
    const shout: Codec = { mime: 'text/x-shout', encode: (value) => `${String(value)}!`, decode: () => '' };
    const { of, names } = codecs(shout);
    expect(of('text/x-shout')).to.equal(shout);
    expect(names).to.deep.equal(['application/json', 'application/octet-stream', 'text/x-shout']);
  });

  it('let another of the same type replace one', () => {
    const strict = json({ depth: 1 });
    const { default: usual, of, names } = codecs(strict);
    expect(usual).to.equal(strict);
    expect(of('application/json')).to.equal(strict);
    expect(names).to.have.length(2);
  });

  it('have limits with documentation', () => {
    expect(Object.values(CODEC_LIMITS).map(({ name, initial }) => [name, initial])).to.deep.equal([
      ['codec.depth', 64],
      ['codec.items', 100_000],
    ]);
  });

  it('refuse a limit that is no whole number', () => {
    expect(() => json({ depth: -1 }))
      .to.throw('codec.depth: -1 is not a whole number')
      .with.property('code', 'MILLRACE_PARAM');
  });
});

describe('the codec of bytes', () => {
  const codec = bytes();

  it('gives bytes as they are, both ways', () => {
    const data = Uint8Array.of(0, 255, 0xc1);
    expect(codec.encode(data)).to.equal(data);
    expect(codec.decode({ data })).to.equal(data);
  });

  it('takes a string as its UTF-8', () => {
    expect(codec.encode('größer')).to.equal('größer');
  });

  for (const [what, value] of [
    ['undefined', undefined],
    ['null', null],
    ['NaN', NaN],
    ['an Object', {}],
    ['a Float64Array', new Float64Array(1)],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a function', () => 1],
  ] as const) {
    it(`refuses ${what} as a defect of this side`, () => {
      const error = codecError(() => codec.encode(value), 'Defect');
      expect(error.message).to.equal(`application/octet-stream takes a Uint8Array or a string, not ${what}`);
    });
  }
});
