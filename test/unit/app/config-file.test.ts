import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { configuration, type ConfigurationSources, param, readConfigFile } from 'millrace';
import { configOf, FRAME, PORT, refusedLines, RETRIES, SETUP_TIME, withFile, ZONES } from './configuration-cases.js';

describe('the file of a configuration', () => {
  let cwd = '';
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'millrace-config-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(cwd, name), content);
  const here = (sources: ConfigurationSources = {}) => configOf({ cwd, readFile: readConfigFile, ...sources });
  const refused = (sources: ConfigurationSources = {}): readonly string[] => refusedLines(() => here(sources));

  describe('is found', () => {
    for (const [name, content] of [
      ['millrace.yaml', 'http:\n  port: 1'],
      ['millrace.yml', 'http.port: 1'],
      ['millrace.json', '{ "http": { "port": 1 } }'],
    ] as const) {
      it(`as ${name} in the working folder`, () => {
        write(name, content);
        expect(here().get(PORT)).to.equal(1);
      });
    }

    it('nowhere, and then there is none', () => {
      expect(here().get(PORT)).to.equal(8080);
    });

    it('where code names it, the environment before that, and --config before both', () => {
      for (const [at, name] of ['code.yaml', 'environment.yaml', 'flag.yaml', 'millrace.yaml'].entries()) {
        write(name, `http.port: ${at + 1}`);
      }
      const env = { MILLRACE_CONFIG: 'environment.yaml' };
      const argv = ['--config', 'flag.yaml'];
      const made = [
        here(),
        here({ file: 'code.yaml' }),
        here({ file: 'code.yaml', env }),
        here({ file: 'code.yaml', env, argv }),
        here({ argv: ['--config=flag.yaml'] }),
      ];
      expect(made.map((config) => config.get(PORT))).to.deep.equal([4, 1, 2, 3, 3]);
    });

    it('at an absolute path and in a folder, and is called as it was named', () => {
      mkdirSync(join(cwd, 'conf'));
      write('conf/own', 'http:\n  port: 1\n');
      const from = (argv: readonly string[]): string | undefined =>
        here({ argv })
          .rows()
          .find(({ name }) => name === 'http.port')?.from;
      expect(from(['--config', 'conf/own'])).to.equal('file conf/own:2');
      expect(from(['--config', join(cwd, 'conf/own')])).to.equal(`file ${join(cwd, 'conf/own')}:2`);
    });

    it('only if it is named, where code says so', () => {
      write('millrace.yaml', 'http.port: 1');
      expect(here({ file: false }).get(PORT)).to.equal(8080);
      expect(here({ file: false, argv: ['--config=millrace.yaml'] }).get(PORT)).to.equal(1);
    });
  });

  describe('is refused', () => {
    it('where it is named and is not there', () => {
      expect(refused({ argv: ['--config', 'none.yaml'] })).to.deep.equal(['flag --config: there is no file none.yaml']);
      expect(refused({ env: { MILLRACE_CONFIG: 'none.yaml' } })).to.deep.equal([
        'environment MILLRACE_CONFIG: there is no file none.yaml',
      ]);
      expect(refused({ file: 'none.yaml' })).to.deep.equal(['code: there is no file none.yaml']);
    });

    it('where its name is empty', () => {
      expect(refused({ env: { MILLRACE_CONFIG: '' } })).to.deep.equal(['environment MILLRACE_CONFIG: names no file']);
      expect(refused({ argv: ['--config'] })).to.deep.equal(['flag --config: names no file']);
      expect(refused({ argv: ['--config='] })).to.deep.equal(['flag --config: names no file']);
    });

    it('where there are two', () => {
      write('millrace.yaml', '');
      write('millrace.json', '{}');
      expect(refused()).to.deep.equal([
        'file millrace.json: stands beside millrace.yaml: keep one, or name one by --config or MILLRACE_CONFIG',
      ]);
    });

    it('where it cannot be read', () => {
      mkdirSync(join(cwd, 'millrace.yaml'));
      expect(refused()).to.deep.equal(['file millrace.yaml: cannot be read (EISDIR)']);
      const readFile = (): never => {
        throw new Error('on fire');
      };
      expect(refused({ readFile, file: 'a.yaml' })).to.deep.equal(['file a.yaml: cannot be read (no reason is given)']);
    });

    it('where it is not UTF-8', () => {
      write('millrace.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xff));
      expect(refused()).to.deep.equal(['file millrace.yaml: is not UTF-8']);
    });

    it('past 1 MiB', () => {
      const filled = (bytes: number): string => `http.port: 1\n#${' '.repeat(bytes - 14)}`;
      write('millrace.yaml', filled(2 ** 20));
      expect(here().get(PORT)).to.equal(1);
      write('millrace.yaml', filled(2 ** 20 + 1));
      expect(refused()).to.deep.equal(['file millrace.yaml: has more than 1048576 bytes']);
      expect(refusedLines(() => configOf(withFile(filled(2 ** 20 + 1))))).to.deep.equal([
        'file millrace.yaml: has more than 1048576 bytes',
      ]);
    });

    it('together with the faults of other sources', () => {
      write('millrace.yaml', 'http: [');
      const lines = refused({ code: { 'http.port': 'x' }, argv: ['--unknown'] });
      expect(lines.map((line) => line.split(':')[0])).to.deep.equal(['code', 'file millrace.yaml', 'flag --unknown']);
    });
  });

  describe('says', () => {
    const says = (text: string, name?: string) => configOf(withFile(text, name));
    const wrong = (text: string, name?: string) => refusedLines(() => configOf(withFile(text, name)));

    for (const text of [
      '',
      '\n',
      '# nothing\n',
      '---\n',
      '---\n...\n',
      '{}',
      'null',
      'rsocket:\n',
      'rsocket: {}\n',
      '\ufeffrsocket:\n',
    ]) {
      it(`nothing in ${JSON.stringify(text)}`, () => {
        expect(
          says(text)
            .rows()
            .every(({ from }) => from === 'default'),
        ).to.equal(true);
      });
    }

    it('the same in a group, in names with dots, and in both', () => {
      const texts = [
        'rsocket:\n  frame: 1 KiB\n  setup-time: 1 s\n',
        'rsocket.frame: 1 KiB\nrsocket.setup-time: 1 s\n',
        'rsocket: { frame: 1 KiB }\nrsocket.setup-time: 1 s\n',
        '\ufeff"rsocket":\r\n  "frame": 1024\r\n  "setup-time": 1000\r\n',
        '{"rsocket":\n\t{"frame": 1024,\n\t"setup-time": "1 s"}}',
      ];
      for (const text of texts) {
        const config = says(text);
        expect([config.get(FRAME), config.get(SETUP_TIME)]).to.deep.equal([1024, 1000]);
      }
    });

    it('a list, in lines or with commas', () => {
      for (const text of ['zones:\n  - a\n  - b\n', 'zones: [a, b]', 'zones: a, b']) {
        expect(says(text).get(ZONES)).to.deep.equal(['a', 'b']);
      }
    });

    it('nothing by null, to a param that may be without a value', () => {
      expect(says('retries:\n').get(RETRIES)).to.equal(undefined);
      expect(wrong('http.port:\n')).to.deep.equal([
        'file millrace.yaml:1: http.port: null is not a port from 0 to 65535',
      ]);
    });

    it('what an alias repeats, in a value and in a group', () => {
      const text = 'zones: &all [a, b]\nrsocket: &limits { frame: 1 KiB }\n';
      const more = param<unknown>('more', undefined, (value) => value, 'as it stands');
      const other = param('other.frame', 0, FRAME.parse, 'another frame');
      const sources = withFile(`${text}more: { zones: *all }\nother: *limits\n`);
      const config = configuration([ZONES, FRAME, more, other], sources);
      expect(config.get(more)).to.deep.equal({ zones: ['a', 'b'] });
      expect(config.get(other)).to.equal(1024);
    });

    it('where each thing stands, by its line', () => {
      const text =
        '# who listens\nhttp:\n\n  # where\n  port: x\nzones: [a,\n  3]\n\nlog:\n  pretty: &no >-\n    it\n    is\nretries: *no\n';
      expect(wrong(text).map((line) => line.split(': ').slice(0, 2).join(' '))).to.deep.equal([
        'file millrace.yaml:5 http.port',
        'file millrace.yaml:6 zones',
        'file millrace.yaml:10 log.pretty',
        'file millrace.yaml:13 retries',
      ]);
      expect(wrong('{\n  "http": {\n    "port": "x"\n  }\n}', 'millrace.json')).to.deep.equal([
        "file millrace.json:3: http.port: 'x' is not a port from 0 to 65535",
      ]);
    });

    const faulty: readonly (readonly [string, string, string])[] = [
      ['a list', '- a\n- b\n', 'millrace.yaml:1: holds one value, where params stand by their names'],
      ['a text', 'hello', 'millrace.yaml:1: holds one value, where params stand by their names'],
      [
        'a param twice in a group',
        'http:\n  port: 1\n  port: 2\n',
        'millrace.yaml:3: the key port stands twice in its group',
      ],
      [
        'a param twice in the file',
        'http:\n  port: 1\nhttp.port: 2\n',
        'millrace.yaml:3: http.port stands here a second time; the first is at file millrace.yaml:2',
      ],
      [
        'a value for a group',
        'zones: a\nrsocket: 5\n',
        'millrace.yaml:2: rsocket is a group of params, and has a single value',
      ],
      [
        'a second document',
        'http.port: 1\n---\nhttp.port: 2\n',
        'millrace.yaml:2: begins a second document, where a file has one',
      ],
      ['a list as a key', '? [a]\n: 1\n', 'millrace.yaml:1: a key has to be a text'],
      ['an alias as a key', 'zones: &z a\n*z : 1\n', 'millrace.yaml:2: a key has to be a text'],
      [
        'a tag of no kind',
        'zones: !own a\n',
        'millrace.yaml:1: is not YAML: a tag that is not known, or does not fit its value',
      ],
      [
        'an alias of nothing',
        'zones:\n  - *a\n',
        'millrace.yaml:2: an alias that nothing before it is called (put it in quotes if it is a text)',
      ],
      ['a tab as indentation', 'http:\n\tport: 1\n', 'millrace.yaml:2: is not YAML: a tab as indentation'],
      [
        'an open quote',
        'zones: "a\nhttp.port: 1\n',
        'millrace.yaml:3: is not YAML: a quote, bracket, comma or colon is missing',
      ],
      ['an open bracket', 'zones: [a\n', 'millrace.yaml:2: is not YAML: wrong indentation, or a bracket is missing'],
    ];
    for (const [what, text, line] of faulty) {
      it(`${what} as a fault`, () => {
        expect(wrong(text)[0]).to.equal(`file ${line}`);
      });
    }

    for (const [what, text, line] of [
      ['words', '{"zones": a}', 'millrace.json: is not JSON'],
      ['a comment', '{} # no', 'millrace.json:1: is not JSON'],
      ['a comma too many', '{\n"zones": "a",\n}', 'millrace.json:3: is not JSON'],
      ['nothing', '', 'millrace.json: is not JSON'],
      ['a param twice', '{"zones": "a",\n"zones": "b"}', 'millrace.json:2: the key zones stands twice in its group'],
    ] as const) {
      it(`${what} in JSON as a fault`, () => {
        expect(wrong(text, 'millrace.json')).to.deep.equal([`file ${line}`]);
      });
    }

    for (const key of ['__proto__', 'constructor', 'prototype']) {
      it(`the key ${key} as a fault, wherever it stands`, () => {
        const any = param<unknown>('any', undefined, (value) => value, 'as it stands');
        const inside = `{ "any": [{ "${key}": { "polluted": 1 } }] }`;
        for (const text of [`${key}: { polluted: 1 }`, `rsocket:\n  ${key}: 1\n`, `"${key}": 1`, inside]) {
          expect(refusedLines(() => configuration([any, FRAME], withFile(text)))[0]).to.include(
            `the key ${key} would change`,
          );
        }
        expect(refusedLines(() => configuration([any], withFile(inside, 'millrace.json')))).to.have.length(1);
        expect({}).not.to.have.property('polluted');
      });
    }
  });

  describe('made to harm', () => {
    const wrong = (text: string, name?: string) => refusedLines(() => configOf(withFile(text, name)));
    const steps = (word: string, count: number): string =>
      Array.from({ length: count }, (_, at) => `${' '.repeat(at)}${word}`).join('\n');

    for (const [what, text] of [
      ['brackets', '['.repeat(500_000)],
      ['closed brackets', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
      ['braces', '{a: '.repeat(200_000)],
      ['dashes', '- '.repeat(500_000)],
      ['question marks', '? '.repeat(500_000)],
      ['indentation', steps('a:', 1000)],
      ['lists in lists', steps('-', 1000)],
    ] as const) {
      it(`is refused for ${what} without end`, () => {
        const [line, ...others] = wrong(text);
        expect(line).to.match(/^file millrace\.yaml:\d+: is nested deeper than 32$/);
        expect(others).to.deep.equal([]);
      });
    }

    it('may nest 32 deep, and no deeper', () => {
      const any = param<unknown>('any', undefined, (value) => value, 'as it stands');
      const nested = (depth: number): ConfigurationSources => withFile(`any: ${'['.repeat(depth)}${']'.repeat(depth)}`);
      expect(JSON.stringify(configuration([any], nested(31)).get(any))).to.equal('['.repeat(31) + ']'.repeat(31));
      expect(refusedLines(() => configuration([any], nested(32)))).to.deep.equal([
        'file millrace.yaml:1: is nested deeper than 32',
      ]);
    });

    it('is refused for JSON that nests without end', () => {
      expect(wrong(`{"zones":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'millrace.json')).to.deep.equal([
        'file millrace.json:1: is nested deeper than 32',
      ]);
    });

    it('is refused for aliases that repeat each other', () => {
      const any = param<unknown>('any', undefined, (value) => value, 'as it stands');
      const level = (at: number): string =>
        `  - &a${at} [${Array.from({ length: 9 }, () => `*a${at - 1}`).join(', ')}]`;
      const laughs = `any:\n  - &a0 [lol]\n${[1, 2, 3, 4, 5, 6, 7, 8, 9].map(level).join('\n')}\n`;
      expect(refusedLines(() => configuration([any], withFile(laughs)))).to.deep.equal([
        'file millrace.yaml:1: its aliases repeat too much',
      ]);
    });

    it('is refused for more than 100 aliases', () => {
      const aliases = (count: number): string =>
        `retries: &r 3\nzones: [${Array.from({ length: count }, () => '*r').join(', ')}]`;
      expect(wrong(aliases(101))).to.deep.equal(['file millrace.yaml:2: has alias 101, where a file may have 100']);
      expect(wrong(aliases(100))[0]).to.include('is not a list of texts');
    });

    it('is refused for an alias within what it repeats, and told on one line', () => {
      const [line] = wrong('zones: &z [a, *z]\n');
      expect(line).to.match(/^file millrace\.yaml:1: /);
    });

    it('with many keys is told in 50 lines', () => {
      const keys = Array.from({ length: 20_000 }, (_, at) => `key-${at}: 1`).join('\n');
      expect(wrong(keys)).to.have.length(51);
    });
  });
});
