import { expect } from 'chai';
import { configuration, count, param, type Param, size } from 'millrace';
import {
  configOf,
  FRAME,
  PARAMS,
  PORT,
  PRETTY,
  refusedLines,
  RETRIES,
  SETUP_TIME,
  withFile,
  ZONES,
} from './configuration-cases.js';

describe('a configuration', () => {
  it('has the defaults where nothing is said', () => {
    const config = configOf({});
    expect(PARAMS.map((each: Param<unknown>) => config.get(each))).to.deep.equal([
      16_777_215,
      5000,
      8080,
      false,
      [],
      undefined,
      'initial-secret',
      0,
    ]);
  });

  it('reads nothing of the process by itself', () => {
    process.env['MILLRACE_RSOCKET_FRAME'] = '1 KiB';
    try {
      expect(configOf({}).get(FRAME)).to.equal(16_777_215);
    } finally {
      delete process.env['MILLRACE_RSOCKET_FRAME'];
    }
  });

  const levels = ['code', 'file', 'environment', 'flag'] as const;
  for (const [most, level] of levels.entries()) {
    it(`lets what the ${level} says hold before what stands below it`, () => {
      const says = (source: (typeof levels)[number]): boolean => levels.indexOf(source) <= most;
      const config = configOf({
        ...(says('file') ? withFile('rsocket: { frame: 2 KiB }') : {}),
        code: says('code') ? { rsocket: { frame: '1 KiB' } } : {},
        env: says('environment') ? { MILLRACE_RSOCKET_FRAME: '3 KiB' } : {},
        argv: says('flag') ? ['--rsocket.frame=4 KiB'] : [],
      });
      expect(config.get(FRAME)).to.equal(1024 * (most + 1));
    });
  }

  it('takes each param from the highest source that names it', () => {
    const config = configOf({
      ...withFile('http.port: 2\nlog.pretty: true\n'),
      code: { 'http.port': 1, zones: ['a'] },
      env: { MILLRACE_HTTP_PORT: '3' },
      argv: ['--retries', '4'],
    });
    expect([PORT, PRETTY, ZONES, RETRIES].map((each: Param<unknown>) => config.get(each))).to.deep.equal([
      3,
      true,
      ['a'],
      4,
    ]);
  });

  it('parses a value once, and gives the same to everybody', () => {
    let parsed = 0;
    const names = param<readonly string[]>('names', [], (value) => [String(value), String(++parsed)], 'names');
    const config = configuration([names], { code: { names: 'a' } });
    expect(config.get(names)).to.equal(config.get(names));
    expect(parsed).to.equal(1);
  });

  describe('from code', () => {
    it('takes groups within each other, names with dots, and both mixed', () => {
      const config = configOf({
        code: { rsocket: { frame: 100, 'setup-time': '1 s' }, 'http.port': 1, log: { pretty: true } },
      });
      expect([FRAME, SETUP_TIME, PORT, PRETTY].map((each: Param<unknown>) => config.get(each))).to.deep.equal([
        100,
        1000,
        1,
        true,
      ]);
    });

    it('takes undefined for nothing said', () => {
      expect(configOf({ code: { http: undefined, 'rsocket.frame': undefined } }).get(FRAME)).to.equal(16_777_215);
    });

    it('refuses a param that is said twice', () => {
      expect(refusedLines(() => configOf({ code: { 'http.port': 1, http: { port: 2 } } }))).to.deep.equal([
        'code: http.port stands here a second time; the first is at code',
      ]);
    });

    it('refuses a single value where a group belongs', () => {
      expect(refusedLines(() => configOf({ code: { rsocket: 5, http: [1] } }))).to.deep.equal([
        'code: rsocket is a group of params, and has a single value',
        'code: http is a group of params, and has a single value',
      ]);
    });

    it('refuses a circle, and names that every object has', () => {
      const circle: Record<string, unknown> = {};
      circle['rsocket'] = circle;
      expect(refusedLines(() => configOf({ code: circle }))).to.deep.equal([
        'code: rsocket.rsocket is not the name of a param',
      ]);
      const hostile = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as Record<
        string,
        unknown
      >;
      expect(refusedLines(() => configOf({ code: hostile }))).to.have.length(2);
      expect({}).not.to.have.property('polluted');
    });
  });

  describe('that is wrong', () => {
    it('names the param, the value, where it stands and what was expected', () => {
      expect(
        refusedLines(() =>
          configOf({
            ...withFile('log:\n  pretty: maybe\n'),
            code: { 'rsocket.frame': 'big' },
            env: { MILLRACE_HTTP_PORT: '70000' },
            argv: ['--rsocket.setup-time', 'soon'],
          }),
        ),
      ).to.deep.equal([
        "code: rsocket.frame: 'big' is not a size such as '512 B', '64 KiB' or '4 MiB'",
        "file millrace.yaml:2: log.pretty: 'maybe' is not true or false",
        "environment MILLRACE_HTTP_PORT: http.port: '70000' is not a port from 0 to 65535",
        "flag --rsocket.setup-time: rsocket.setup-time: 'soon' is not a duration such as '50 ms', '2 s' or '1 min'",
      ]);
    });

    it('is refused even where a higher source says it right', () => {
      expect(refusedLines(() => configOf({ code: { 'http.port': -1 }, argv: ['--http.port', '1'] }))).to.have.length(1);
    });

    it('names what is unknown, and the nearest name that there is', () => {
      expect(
        refusedLines(() =>
          configOf({
            ...withFile('rsocket:\n  fram: 1 KiB\nhtttp:\n  port: 1\n  path: /\n'),
            code: { 'rsocket.frmae': 1, quite: 'different' },
            env: { MILLRACE_RSOCKET_FRAM: '1' },
            argv: ['--rsoket.frame=1', '-rsocket.frame', '1'],
          }),
        ),
      ).to.deep.equal([
        'code: rsocket.frmae is not the name of a param; did you mean rsocket.frame?',
        'code: quite is not the name of a param',
        'file millrace.yaml:2: rsocket.fram is not the name of a param; did you mean rsocket.frame?',
        'file millrace.yaml:3: htttp is not the name of a param; did you mean http?',
        'environment MILLRACE_RSOCKET_FRAM: MILLRACE_RSOCKET_FRAM is not the name of a param; did you mean MILLRACE_RSOCKET_FRAME?',
        'flag --rsoket.frame: --rsoket.frame is not the name of a param; did you mean --rsocket.frame?',
        'flag -rsocket.frame: -rsocket.frame is not the name of a param; did you mean --rsocket.frame?',
      ]);
    });

    it('tells at most 50 faults, and how many more there are', () => {
      const code = Object.fromEntries(Array.from({ length: 30_000 }, (_, at) => [`unknown-name-number-${at}`, 1]));
      const lines = refusedLines(() => configOf({ code }));
      expect(lines).to.have.length(51);
      expect(lines[50]).to.equal('and 29950 more');
    });

    it('keeps each fault on its line', () => {
      const lines = refusedLines(() => configOf({ code: { 'a\nb\u001b[2J': 1, 'http.port': 'x\ny' } }));
      expect(lines).to.deep.equal([
        'code: a\\u000ab\\u001b[2J is not the name of a param',
        "code: http.port: 'x\\u000ay' is not a port from 0 to 65535",
      ]);
    });

    it('says what a parser of somebody else said', () => {
      const even = param(
        'even',
        0,
        (value) => {
          if (Number(value) % 2 === 0) return Number(value);
          throw new RangeError(`${String(value)} is odd`);
        },
        'even',
      );
      expect(refusedLines(() => configuration([even], { code: { even: 3 } }))).to.deep.equal(['code: even: 3 is odd']);
    });
  });

  describe('at its definition', () => {
    const refused = (...params: Parameters<typeof configuration>[0]): readonly string[] =>
      refusedLines(() => configuration(params));

    it('takes a declaration that is there more than once', () => {
      const again = param('http.port', 8080, PORT.parse, PORT.about);
      const config = configuration([PORT, PORT, again], { code: { 'http.port': 1 } });
      expect([config.get(PORT), config.get(again)]).to.deep.equal([1, 1]);
      expect(config.rows()).to.have.length(1);
    });

    const a = param('a', 1, count, 'first');
    for (const [what, other] of Object.entries({
      default: param('a', 2, count, 'first'),
      parser: param('a', 1, size, 'first'),
      text: param('a', 1, count, 'second'),
      secrecy: param('a', 1, count, 'first', { secret: true }),
      expectation: param('a', 1, count, 'first', { expected: 'one' }),
    })) {
      it(`refuses another declaration of a name with a different ${what}`, () => {
        expect(refused(a, other)).to.deep.equal([
          `definition: a is declared twice, and differently: "first" and "${other.about}"`,
        ]);
      });
    }

    it('refuses all that sources could not tell apart', () => {
      const named = (name: string) => param(name, 1, count, name);
      expect(
        refused(...['a.b', 'a-b', 'c', 'c.d', 'config', 'Upper', 'x..y', '__proto__', ''].map(named)),
      ).to.deep.equal([
        'definition: a.b and a-b are both set by MILLRACE_A_B',
        'definition: c is a param and a group of params: a file could not tell them apart',
        'definition: no param can be called config: --config and MILLRACE_CONFIG name the file',
        'definition: Upper is not lower case words with dots and dashes between',
        'definition: x..y is not lower case words with dots and dashes between',
        'definition: __proto__ is not lower case words with dots and dashes between',
        'definition:  is not lower case words with dots and dashes between',
      ]);
    });

    it('refuses to give a param that it was not made with, or another of the same name', () => {
      const config = configOf({});
      const port = param('http.prot', 1, count, 'misspelt');
      const frame = param('rsocket.frame', 1, count, 'another');
      for (const work of [() => config.get(port), () => config.watch(port)]) {
        expect(refusedLines(work)).to.deep.equal([
          'code: http.prot is not the name of a param; did you mean http.port?',
        ]);
      }
      expect(refusedLines(() => config.get(frame))[0]).to.match(/^code: rsocket\.frame is another declaration/);
    });
  });

  describe('live', () => {
    it('gives the value that holds, then each change', () => {
      const config = configOf({ code: { 'http.port': 1 } });
      const seen: number[] = [];
      const watching = config.watch(PORT).subscribe((value) => seen.push(value));
      config.set('http.port', '2');
      config.set('http.port', 2);
      config.set('rsocket.frame', '1 KiB');
      config.set('http.port', 3);
      watching.unsubscribe();
      config.set('http.port', 4);
      expect(seen).to.deep.equal([1, 2, 3]);
      expect([config.get(PORT), config.get(FRAME)]).to.deep.equal([4, 1024]);
    });

    it('gives nothing again where a list is set to the same', () => {
      const config = configOf({ code: { zones: 'a, b' } });
      const seen: (readonly string[])[] = [];
      const watching = config.watch(ZONES).subscribe((value) => seen.push(value));
      config.set('zones', ['a', 'b']);
      config.set('zones', 'b');
      watching.unsubscribe();
      expect(seen).to.deep.equal([['a', 'b'], ['b']]);
    });

    it('begins with the value of the moment for each who watches', () => {
      const config = configOf({});
      const ports = config.watch(PORT);
      const seen: number[] = [];
      config.set('http.port', 5);
      ports.subscribe((value) => seen.push(value)).unsubscribe();
      config.set('http.port', 6);
      ports.subscribe((value) => seen.push(value)).unsubscribe();
      expect(seen).to.deep.equal([5, 6]);
    });

    it('ends at the last of changes that watchers make meanwhile', () => {
      const config = configOf({ code: { 'http.port': 1 } });
      const watching = config.watch(PORT).subscribe((value) => value < 5 && config.set('http.port', value + 1));
      watching.unsubscribe();
      expect(config.get(PORT)).to.equal(5);
    });

    it('refuses a wrong value and an unknown name, and changes nothing', () => {
      const config = configOf({});
      expect(refusedLines(() => config.set('http.port', 'x'))).to.deep.equal([
        "set live: http.port: 'x' is not a port from 0 to 65535",
      ]);
      expect(refusedLines(() => config.set('http.prot', 1))).to.deep.equal([
        'set live: http.prot is not the name of a param; did you mean http.port?',
      ]);
      expect(config.get(PORT)).to.equal(8080);
      expect(config.rows().find(({ name }) => name === 'http.port')).to.include({ from: 'default' });
    });
  });
});
