import { expect } from 'chai';
import * as fc from 'fast-check';
import { Packr } from 'msgpackr';
import { codecs } from 'millrace';
import { msgpack, type MsgpackOptions } from 'millrace/msgpack';
import { codecError, damaged, decodeHostile, jsonValues, message, sent } from './codec-cases.js';

const codec = msgpack();
const cents = { value: 1 };

describe('the codec MessagePack', () => {
  it('is one of more codecs', () => {
    expect(codecs(codec).of('application/x-msgpack')).to.equal(codec);
  });

  it('gives back any value of JSON', () => {
    fc.assert(
      fc.property(jsonValues, (value) => {
        expect(sent(codec, value)).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('gives back dates, bytes, bigints and all numbers', () => {
    const leaf = fc.oneof(
      fc.date({ noInvalidDate: true }),
      fc.uint8Array(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.double().map((value) => value + 0),
      fc.integer(),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constant(undefined),
    );
    const values = fc.array(fc.dictionary(fc.constantFrom('a', 'constructor', 'ü', 'prototype'), leaf));
    fc.assert(
      fc.property(values, (value) => {
        const defined = value.map((each) => Object.entries(each).filter(([, item]) => item !== undefined));
        expect(plainBytes(sent(codec, value))).to.deep.equal(defined.map((each) => Object.fromEntries(each)));
      }),
    );
  });

  it('takes hostile bytes for data or for Invalid', () => {
    const rich = fc.array(fc.oneof(jsonValues, fc.date({ noInvalidDate: true }), fc.uint8Array(), fc.bigInt(0n, 99n)));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (data) => decodeHostile(codec, data)));
    fc.assert(
      fc.property(damaged(codec, rich), (data) => decodeHostile(codec, data)),
      { numRuns: 300 },
    );
    fc.assert(fc.property(damaged(codec), (data) => decodeHostile(msgpack({ depth: 3, items: 9 }), data)));
  });

  it('has undefined for a message without bytes', () => {
    expect(codec.encode(undefined)).to.have.length(0);
    expect(codec.decode(message(''))).to.equal(undefined);
  });

  it('understands, and is understood by, a stock peer', () => {
    const value = { when: new Date(1), list: [1, -1, 1.5, 'ä', null, true], big: 2n ** 60n, data: Uint8Array.of(1) };
    const stock = new Packr({ useRecords: false });
    expect(plainBytes(codec.decode({ data: stock.pack(value) }))).to.deep.equal(value);
    expect(plainBytes(stock.unpack(codec.encode(value)))).to.deep.equal(value);
    expect(codec.decode({ data: stock.pack({ a: undefined }) })).to.deep.equal({ a: undefined });
  });

  it('refuses the records of a stock peer, which keep state between messages', () => {
    expect(refused(new Packr().pack([{ a: 1 }]))).to.match(/extension of type 114 /);
  });

  it('reads integers of 64 bits as it is told', () => {
    const data = hex('94', 'cf0000000000000005', '05', 'd3ffffffffffffffff', 'cfffffffffffffffff');
    expect(codec.decode({ data })).to.deep.equal([5n, 5, -1n, 2n ** 64n - 1n]);
    expect(msgpack({ int64: 'number' }).decode({ data })).to.deep.equal([5, 5, -1, 2n ** 64n - 1n]);
  });

  describe('sends', () => {
    class Money {
      readonly currency = 'EUR';
      constructor(readonly cents: number) {}
      get euros(): number {
        return this.cents / 100;
      }
    }
    const cases: readonly (readonly [string, unknown, unknown])[] = [
      ['an instance as its own properties', new Money(5), { cents: 5, currency: 'EUR' }],
      ['what toJSON gives', { at: new URL('http://a/'), b: { toJSON: () => [1n] } }, { at: 'http://a/', b: [1n] }],
      ['an object whose toJSON gives itself', selfish(), { a: 1 }],
      [
        'properties named as methods',
        { constructor: 1, toJSON: 2, hasOwnProperty: 3 },
        { constructor: 1, toJSON: 2, hasOwnProperty: 3 },
      ],
      [
        'an object without what is undefined or a function',
        { a: undefined, b: () => 1, c: null, d: NaN },
        { c: null, d: NaN },
      ],
      ['null for such elements of an array', [undefined, () => 1, Symbol('s'), 1], [null, null, null, 1]],
      ['a Map as an object', new Map<unknown, unknown>([['a', [new Map([[-7, 'b']])]]]), { a: [{ '-7': 'b' }] }],
      ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
      ['a Buffer as bytes', { data: Buffer.from('ab') }, { data: Uint8Array.of(97, 98) }],
      ['the same object twice', [cents, { cents }], [{ value: 1 }, { cents: { value: 1 } }]],
    ];
    for (const [what, value, comes] of cases) {
      it(what, () => {
        expect(plainBytes(sent(codec, value))).to.deep.equal(comes);
      });
    }

    it('an object of more keys than map 16 holds', () => {
      const value = Object.fromEntries(Array.from({ length: 70_000 }, (_, at) => [`key ${at}`, at]));
      expect(sent(codec, value)).to.deep.equal(value);
    });

    it('a value without changing it', () => {
      const value = { a: undefined, b: [() => 1] };
      sent(codec, value);
      expect(Object.keys(value)).to.deep.equal(['a', 'b']);
      expect(value.b[0]).to.be.a('function');
    });
  });

  describe('takes for a defect of this side', () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    const defects: readonly (readonly [string, unknown, RegExp])[] = [
      ['a cycle', cycle, /an Array holds itself, 2 levels down/],
      ['a bigint of more than 64 bits', [2n ** 64n], /too large/],
      ['a function', () => 1, /a function has no form/],
      ['a symbol', Symbol('s'), /a symbol has no form/],
      ['an invalid date', [new Date(NaN)], /an invalid Date has no form/],
      ['a Set', { set: new Set() }, /a Set has no form: send an array/],
      ['a Float64Array', [new Float64Array(2)], /a Float64Array has no form/],
      ['a DataView', [new DataView(new ArrayBuffer(1))], /a DataView has no form/],
      ['an ArrayBuffer', [new ArrayBuffer(1)], /an ArrayBuffer has no form/],
      ['an error', [new TypeError('x')], /a TypeError has no form/],
      ['an expression', [/x/], /a RegExp has no form/],
      ['a promise that was not awaited', [Promise.resolve(1)], /a Promise has no form/],
      ['a Map with keys that are no names', new Map([[{}, 1]]), /an Object is no key of a map/],
      ['what nests without end', nestedArray(100_000), /call stack/],
      ['a toJSON that throws', { toJSON: () => JSON.parse('') as unknown }, /Unexpected end/],
    ];
    for (const [what, value, says] of defects) {
      it(what, () => {
        const error = codecError(() => codec.encode(value), 'Defect');
        expect(error.message)
          .to.match(/^no MessagePack of this value: /)
          .and.to.match(says);
      });
    }

    it('and goes on with the next value', () => {
      codecError(() => codec.encode([{ a: 2n ** 64n }]), 'Defect');
      expect(sent(codec, { a: [1] })).to.deep.equal({ a: [1] });
    });
  });
});

describe('the codec MessagePack refuses', () => {
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['a type that is never used', hex('c1'), /type 0xc1/],
    ['trailing bytes', hex('01', '02'), /ends at byte 1 of 2/],
    ['an array of four thousand million', hex('dd', 'ffffffff'), /breaks off/],
    ['a map of two thousand million', hex('df', '80000000', 'a0'), /breaks off/],
    ['a string of four thousand million', hex('db', 'ffffffff', '61'), /breaks off/],
    ['bytes of four thousand million', hex('c6', 'ffffffff', '61'), /breaks off/],
    ['an extension of four thousand million', hex('c9', 'ffffffff', 'ff00'), /type 0xc9/],
    ['a truncated string', hex('a3', '6161'), /breaks off/],
    ['a truncated length', hex('da', '00'), /breaks off/],
    ['a truncated number', hex('cb', '00000000'), /breaks off/],
    ['a truncated time', hex('d7ff', '00000000'), /breaks off/],
    ['an array that lacks an element', hex('92', '01'), /breaks off/],
    ['a map that lacks a value', hex('82', 'a161', '01', 'a162'), /breaks off/],
    ['arrays that each claim the rest', claims(40), /more than 100000/],
    ['an error', hex('d4', '65', '00', '92', 'a5', '4572726f72', 'a0'), /extension of type 101 /],
    ['an expression', hex('d4', '78', '00', '92', 'a4', '28612b29', 'a0'), /extension of type 120 /],
    ['a set', hex('d4', '73', '00', '90'), /extension of type 115 /],
    ['a typed array', hex('c7', '02', '74', '0801'), /extension of type 116 /],
    ['a pointer', hex('d6', '70', '00000001'), /extension of type 112 /],
    ['an id', hex('d6', '69', '00000001', '90'), /extension of type 105 /],
    ['bundled strings', hex('d6', '62', '00000004', '90'), /extension of type 98 /],
    ['a record', hex('d4', '72', '40', '91', 'a161', '01'), /extension of type 114 /],
    ['a long bigint', hex('d8', '42', '00'.repeat(16)), /type 0xd8/],
    ['a time that no Date holds', hex('c7', '0c', 'ff', '00000000', '7fffffffffffffff'), /no Date holds/],
    ['a time of too many nanoseconds', hex('d7', 'ff', 'ffffffff', '00000000'), /no Date holds/],
    ['a key that is null', hex('81', 'c0', '01'), /key at byte 1 /],
    ['a key that is an array', hex('81', '90', '01'), /key at byte 1 /],
    ['a key that is a time', hex('81', 'd6ff00000000', '01'), /key at byte 1 /],
    ['the key __proto__', named('__proto__', hex('81', 'a161', '01')), /key at byte 2 that reaches a prototype/],
    ['the key __proto__ in a long form', hex('81', 'db00000009', text('__proto__'), '01'), /reaches a prototype/],
    ['a constructor with a prototype', named('constructor', named('prototype', hex('80'))), /reaches a prototype/],
  ];
  for (const [what, data, says] of cases) {
    it(what, () => {
      expect(refused(data))
        .to.match(/^MessagePack /)
        .and.to.match(says);
      expect(Object.prototype).not.to.have.property('a');
    });
  }

  it('neither __proto__ as a value, nor a prototype elsewhere', () => {
    const value: unknown = [{ constructor: 1 }, { prototype: { constructor: [{ prototype: 1 }] } }, '__proto__'];
    expect(sent(codec, value)).to.deep.equal(value);
  });

  it('what passes the depth', () => {
    expect(sent(codec, nestedArray(64))).to.deep.equal(nestedArray(64));
    expect(refused(codec.encode(nestedArray(65)))).to.match(/nests deeper than 64 at byte 65/);
    expect(refused(codec.encode([{ a: [] }]), { depth: 2 })).to.match(/nests deeper than 2/);
    expect(
      sent(
        msgpack({ depth: 2 }),
        Array.from({ length: 1000 }, () => ({ a: 1 })),
      ),
    ).to.have.length(1000);
    expect(refused(Buffer.alloc(1_000_000, 0x91))).to.match(/nests deeper/);
  });

  it('what passes the count of keys and elements', () => {
    const value = { a: [1, 2, { b: ']' }], c: {} };
    expect(sent(msgpack({ items: 6 }), value)).to.deep.equal(value);
    expect(refused(codec.encode(value), { items: 5 })).to.match(/holds more than 5 keys and elements/);
    expect(sent(codec, Array(100_000).fill(1))).to.have.length(100_000);
    expect(refused(codec.encode(Array(100_001).fill(1)))).to.match(/more than 100000/);
  });

  it('and goes on with the next message', () => {
    refused(hex('92', '01'));
    expect(codec.decode({ data: hex('92', '01', '02') })).to.deep.equal([1, 2]);
  });
});

function refused(data: Uint8Array, options: MsgpackOptions = {}): string {
  return codecError(() => msgpack(options).decode({ data }), 'Invalid').message;
}

function hex(...parts: readonly string[]): Buffer {
  return Buffer.from(parts.join(''), 'hex');
}

function text(content: string): string {
  return Buffer.from(content).toString('hex');
}

/** A map of one short key. */
function named(key: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x81, 0xa0 + key.length), Buffer.from(key), value]);
}

/** Arrays within each other, each of which says that all that follows is in it. */
function claims(count: number): Buffer {
  return Buffer.concat([...Array.from({ length: count }, () => hex('dc', 'e000')), Buffer.alloc(60_000)]);
}

function nestedArray(depth: number): unknown {
  let value: unknown[] = [];
  for (let level = 1; level < depth; level++) value = [value];
  return value;
}

function selfish(): unknown {
  const value = {
    a: 1,
    toJSON() {
      return value;
    },
  };
  return value;
}

/** Buffers as the Uint8Arrays that they are, so that they compare. */
function plainBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plainBytes);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainBytes(each)]));
}
