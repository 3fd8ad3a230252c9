import { expect } from 'chai';
import {
  count,
  duration,
  flag,
  HIDDEN,
  isMeshError,
  list,
  oneOf,
  optional,
  param,
  Params,
  port,
  ratio,
  refusal,
  shown,
  size,
  text,
} from 'millrace';

type Parse = (value: unknown) => unknown;

const level = oneOf('debug', 'info', 'warn');

const reads: readonly (readonly [string, Parse, readonly (readonly [unknown, unknown])[]])[] = [
  [
    'ratio',
    ratio,
    [
      [0, 0],
      [1, 1],
      [0.25, 0.25],
      ['0.25', 0.25],
      [' 1 ', 1],
    ],
  ],
  [
    'port',
    port,
    [
      [0, 0],
      [65_535, 65_535],
      ['7001', 7001],
    ],
  ],
  [
    'text',
    text,
    [
      ['', ''],
      [' a, b ', ' a, b '],
      ['7001', '7001'],
    ],
  ],
  [
    'list',
    list,
    [
      ['', []],
      ['  ', []],
      ['a', ['a']],
      [' a , b c,d ', ['a', 'b c', 'd']],
      [
        ['a,b', ' c'],
        ['a,b', ' c'],
      ],
      [[], []],
    ],
  ],
  [
    'choice',
    level,
    [
      ['debug', 'debug'],
      ['warn', 'warn'],
    ],
  ],
  [
    'optional count',
    optional(count),
    [
      [undefined, undefined],
      [null, undefined],
      ['', undefined],
      ['3', 3],
      [0, 0],
    ],
  ],
  ['optional flag', optional(flag), [[false, false]]],
];

const refuses: readonly (readonly [string, Parse, string, readonly unknown[]])[] = [
  ['ratio', ratio, 'a number from 0 to 1', [-0.1, 1.1, '2', '25%', '', 'half', NaN, null, undefined, true, [1]]],
  ['port', port, 'a port from 0 to 65535', [-1, 65_536, 1.5, '65536', '', 'http', '0x10', null, undefined]],
  ['text', text, 'a text (put what looks like a number in quotes)', [7, null, undefined, true, {}, ['a']]],
  ['list', list, "a list of texts, such as 'a, b'", ['a,,b', 'a,', [''], ['a', 1], 7, null, undefined, { a: 1 }]],
  ['choice', level, "'debug', 'info' or 'warn'", ['Debug', '', ' info', 'toString', null, undefined, 0, ['info']]],
  ['choice of one', oneOf('only'), "'only'", ['other']],
  ['optional count', optional(count), 'a whole number, 0 or more', ['x', -1, {}]],
];

describe('a parser', () => {
  for (const [name, parse, pairs] of reads) {
    for (const [written, wanted] of pairs) {
      it(`reads ${String(JSON.stringify(written))} as a ${name}`, () => {
        expect(parse(written)).to.deep.equal(wanted);
      });
    }
  }

  for (const [name, parse, expected, values] of refuses) {
    for (const written of values) {
      it(`refuses ${typeof written === 'number' ? written : String(JSON.stringify(written))} as a ${name}, and says what was expected`, () => {
        const error = thrownBy(() => parse(written));
        expect(isMeshError(error, 'Invalid')).to.equal(true);
        expect(error).to.have.property('message', `${shown(written)} is not ${expected}`);
        expect(error).to.have.property('code', 'MILLRACE_PARAM');
        expect(error).to.have.deep.property('detail', { expected });
      });
    }
  }

  for (const [name, parse] of Object.entries({ duration, size, count, flag })) {
    it(`of a ${name} says what was expected apart from the value`, () => {
      const error = thrownBy(() => parse('nonsense'));
      expect(error).to.have.nested.property('detail.expected').that.does.not.include('nonsense');
    });
  }
});

describe('the error of a value', () => {
  it('stands on one line and is cut', () => {
    expect(shown(`a\n\u001b[31m\u202e${'x'.repeat(500)}`)).to.match(/^'a\\u000a\\u001b\[31m\\u202ex+…'$/);
    expect(shown(`a${'x'.repeat(500)}`)).to.have.length(82);
  });

  it('shows what a value is, even one that cannot be text', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const bare: unknown = Object.create(null);
    expect([
      shown({ a: 1 }),
      shown([1]),
      shown(circle),
      shown(bare),
      shown(Symbol('s')),
      shown(undefined),
    ]).to.deep.equal(['{"a":1}', '[1]', 'an object', '{}', 'Symbol(s)', 'undefined']);
  });
});

describe('a param', () => {
  it('is no secret unless it says so', () => {
    expect(param('test.open', 1, count, 'open')).to.include({ secret: false, expected: undefined });
    expect(param('test.shut', '', text, 'shut', { secret: true })).to.include({ secret: true });
  });

  it('says in its own words what was expected', () => {
    const home = param('test.home', '', text, 'where to go', { expected: "a URL such as 'https://example.org'" });
    const error = thrownBy(() => Params.empty.with(home, 7));
    expect(error).to.have.property('message', "test.home: 7 is not a URL such as 'https://example.org'");
  });

  it('that is a secret keeps its value out of the error and its causes', () => {
    const pin = param('test.pin', 0, count, 'opens the door', { secret: true });
    const error = thrownBy(() => Params.empty.with(pin, 'hunter2'));
    expect(error).to.have.property('message', `test.pin: ${HIDDEN} is not a whole number, 0 or more`);
    expect(error).not.to.have.property('cause');
  });

  it('that is a secret keeps it even from the message of a parser that does not say what it expected', () => {
    const own = (value: unknown): string => {
      throw new Error(`bad ${String(value)}`);
    };
    const pin = param('test.pin', '', own, 'opens the door', { secret: true });
    const door = param('test.door', '', own, 'the door');
    expect(
      refusal(
        pin,
        'hunter2',
        thrownBy(() => own('hunter2')),
      ),
    ).to.equal(`${HIDDEN} is not what it has to be (opens the door)`);
    expect(
      refusal(
        door,
        'oak',
        thrownBy(() => own('oak')),
      ),
    ).to.equal('bad oak');
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
