import { expect } from 'chai';
import * as fc from 'fast-check';
import { json } from 'millrace';
import { codecError, damaged, decodeHostile, jsonValues, message, sent } from './codec-cases.js';

describe('the codec JSON', () => {
  const codec = json();
  const refused = (text: string, limits = {}): string =>
    codecError(() => json(limits).decode(message(text)), 'Invalid').message;

  it('gives back any value of JSON', () => {
    fc.assert(
      fc.property(jsonValues, (value) => {
        expect(sent(codec, value)).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('takes hostile bytes for data or for Invalid', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (data) => decodeHostile(codec, data)));
    fc.assert(fc.property(damaged(codec), (data) => decodeHostile(json({ depth: 3, items: 9 }), data)));
  });

  it('has undefined for a message without bytes', () => {
    expect(codec.encode(undefined)).to.equal('');
    expect(codec.decode(message(''))).to.equal(undefined);
  });

  it('reads the text where the message knows it', () => {
    expect(codec.decode({ data: Buffer.from('[1]'), text: () => '[2]' })).to.deep.equal([2]);
  });

  it('says what is wrong with a text', () => {
    expect(refused('{"a":}')).to.match(/^no JSON of 6 characters: .*}/);
    expect(refused('[1')).to.match(/^no JSON of 2 characters/);
  });

  describe('keeps prototypes', () => {
    for (const text of [
      '{"__proto__":{"admin":true}}',
      '{"a":[{"__proto__":1}]}',
      '{"\\u005f\\u005fproto__":{}}',
      '{"__proto__" : null}',
      '{"constructor":{"prototype":{"admin":true}}}',
      '{"\\u0063onstructor":{"prototype":1}}',
    ]) {
      it(`from ${text}`, () => {
        expect(refused(text)).to.match(/^JSON with a key that reaches a prototype/);
        expect(Object.prototype).not.to.have.property('admin');
      });
    }

    it('and says where', () => {
      expect(refused('{"a":1,"__proto__":1}')).to.match(/at character 7$/);
    });

    it('and lets such words be, where they reach nothing', () => {
      for (const value of ['__proto__', { constructor: 'Ferrari' }, { constructor: { name: 'x' } }, { prototype: 1 }])
        expect(sent(codec, value)).to.deep.equal(value);
    });
  });

  describe('bounds depth', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

    it('at the limit, and not before', () => {
      expect(codec.decode(message(nested(64)))).to.be.an('array');
      expect(refused(nested(65))).to.equal('JSON nests deeper than 64 at byte 64; codec.depth sets how deep it may');
      expect(json({ depth: 2 }).decode(message('[{"a":1}]'))).to.deep.equal([{ a: 1 }]);
      expect(refused('[{"a":[]}]', { depth: 2 })).to.match(/deeper than 2 at byte 6;/);
      expect(refused('[]', { depth: 0 })).to.match(/deeper than 0 at byte 0;/);
    });

    it('of a text that JSON.parse would take long to refuse', () => {
      expect(refused('['.repeat(1_000_000))).to.match(/deeper than 64/);
      expect(refused('{"a":'.repeat(200_000))).to.match(/deeper than 64/);
    });

    it('and counts no brackets in strings', () => {
      const words = ['[[[[', '{"', '\\', '\\\\', '"]', '\\"[', 'ü[🙂{'];
      const value = { words, more: words.map((word) => ({ [word]: [word] })) };
      expect(sent(json({ depth: 4 }), value)).to.deep.equal(value);
      expect(refused(JSON.stringify(value), { depth: 3 })).to.match(/deeper than 3/);
    });

    it('and not how many arrays follow one another', () => {
      expect(
        sent(
          json({ depth: 2 }),
          Array.from({ length: 1000 }, () => []),
        ),
      ).to.have.length(1000);
    });
  });

  describe('bounds keys and elements', () => {
    const within = (text: string, items: number): void => {
      expect(json({ items }).decode(message(text)), text).to.deep.equal(JSON.parse(text));
      if (items > 0)
        expect(refused(text, { items: items - 1 })).to.match(/^JSON holds more than \d+ keys and elements/);
    };

    it('at the limit, and not before', () => {
      within('[]', 0);
      within('"a,b,c"', 0);
      within('[1]', 1);
      within('[ [ ], {\n} ,"," ]', 3);
      within('{"a":[1,2,{"b":"]"}],"c":{}}', 6);
      within('[[],[],[]]', 3);
    });

    it('of a large message', () => {
      const text = JSON.stringify(Array(100_000).fill(1));
      expect(codec.decode(message(text))).to.have.length(100_000);
      expect(refused(text.replace('[', '[1,'))).to.equal(
        'JSON holds more than 100000 keys and elements at byte 200000; codec.items sets how many it may',
      );
    });

    it('and not the bytes of a large message that holds little', () => {
      const value = { picture: 'iVBORw0K,'.repeat(100_000) };
      expect(sent(codec, value)).to.deep.equal(value);
    });
  });

  describe('takes for a defect of this side', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = { cycle };
    const defects: readonly (readonly [string, unknown, RegExp])[] = [
      ['a cycle', cycle, /^an Object has no JSON: .*circular.*'self'/i],
      ['a BigInt', { sum: { cents: 5n } }, /^the BigInt at 'cents' has no JSON: send it as a string$/],
      [
        'a toJSON that throws',
        {
          toJSON() {
            throw new Error('not now');
          },
        },
        /^an Object has no JSON: not now$/,
      ],
      ['a function', () => 1, /^a function has no JSON$/],
      ['a symbol', Symbol('s'), /^a symbol has no JSON$/],
      ['NaN', NaN, /^NaN has no JSON$/],
      ['an infinity', -Infinity, /^-Infinity has no JSON$/],
      ['an invalid date', new Date(NaN), /^a Date has no JSON$/],
      ['a toJSON that gives nothing', { toJSON: () => undefined }, /^an Object has no JSON$/],
    ];
    for (const [what, value, says] of defects) {
      it(what, () => {
        const error = codecError(() => codec.encode(value), 'Defect');
        expect(error.message).to.match(says);
        expect(error.stack).to.contain('codec-json.test');
      });
    }
  });
});
