import { expect } from 'chai';
import { count, duration, flag, isMeshError, param, Params, size } from 'millrace';

type Parse = (value: unknown) => unknown;

const read: readonly (readonly [string, Parse, readonly (readonly [unknown, unknown])[]])[] = [
  [
    'duration',
    duration,
    [
      ['50 ms', 50],
      ['2 s', 2000],
      ['1.5 min', 90_000],
      ['1 h', 3_600_000],
      ['1 d', 86_400_000],
      ['50ms', 50],
      ['  50 ms ', 50],
      ['0 ms', 0],
      [0, 0],
      [12.5, 12.5],
      [Infinity, Infinity],
    ],
  ],
  [
    'size',
    size,
    [
      ['512 B', 512],
      ['64 KiB', 65_536],
      ['4 MiB', 4_194_304],
      ['1 GiB', 2 ** 30],
      ['1 kB', 1000],
      ['1 MB', 1_000_000],
      ['1.5 KiB', 1536],
      [0.9, 0],
      [100, 100],
    ],
  ],
  [
    'count',
    count,
    [
      [0, 0],
      [7, 7],
      ['12', 12],
      [' 12 ', 12],
    ],
  ],
  [
    'flag',
    flag,
    [
      [true, true],
      ['true', true],
      [false, false],
      ['false', false],
    ],
  ],
];

const refused: readonly (readonly [string, Parse, RegExp, readonly unknown[]])[] = [
  [
    'duration',
    duration,
    /is not a duration such as/,
    [
      '',
      'ms',
      '5',
      '5 parsecs',
      '-5 ms',
      '5 MS',
      '1e3 ms',
      '5 ms 3 s',
      '5 toString',
      -1,
      NaN,
      null,
      undefined,
      true,
      {},
      ['5 ms'],
    ],
  ],
  [
    'size',
    size,
    /is not a size such as/,
    ['', '5', '5 kib', '5 bytes', '-5 B', '5 __proto__', -1, NaN, null, undefined, [1]],
  ],
  [
    'count',
    count,
    /is not a whole number, 0 or more/,
    ['', '1.5', '-1', '1e3', '0x10', -1, 1.5, NaN, Infinity, 2 ** 53, null, undefined],
  ],
  ['flag', flag, /is not true or false/, ['', 'yes', 'TRUE', 1, 0, null, undefined]],
];

describe('params', () => {
  for (const [name, parse, pairs] of read) {
    for (const [written, wanted] of pairs) {
      it(`read ${JSON.stringify(written)} as a ${name}`, () => {
        expect(parse(written)).to.equal(wanted);
      });
    }
  }

  for (const [name, parse, message, values] of refused) {
    for (const written of values) {
      it(`refuse ${typeof written === 'number' ? written : JSON.stringify(written)} as a ${name}, saying what it is and what is wanted`, () => {
        const error = thrownBy(() => parse(written));
        expect(isMeshError(error, 'Invalid')).to.equal(true);
        expect(error).to.have.property('code', 'MILLRACE_PARAM');
        expect(String(error)).to.match(message);
      });
    }
  }

  const patience = param('test.patience', 1000, duration, 'how long to wait');

  it('have an initial value until one is given', () => {
    expect(Params.empty.get(patience)).to.equal(1000);
    expect(Params.empty.with(patience, '2 s').get(patience)).to.equal(2000);
  });

  it('do not change when others are made of them', () => {
    const before = Params.empty.with(patience, 5);
    const later = before.with(patience, 6);
    expect([before.get(patience), later.get(patience), Params.empty.get(patience)]).to.deep.equal([5, 6, 1000]);
  });

  it('are refused where they are written, by their name', () => {
    const error = thrownBy(() => Params.empty.with(patience, 'soon'));
    expect(isMeshError(error, 'Invalid')).to.equal(true);
    expect(error)
      .to.have.property('message')
      .that.matches(/^test\.patience: 'soon' is not a duration/);
    expect(error).to.have.property('cause').that.has.property('tag', 'Invalid');
  });

  it('may be of a type that parsing does not give back', () => {
    const names = param<readonly string[]>('test.names', [], (value) => String(value).split(','), 'names');
    expect(Params.empty.with(names, 'a,b').get(names)).to.deep.equal(['a', 'b']);
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
