import { expect } from 'chai';
import { configuration, count, flag, optional, param } from 'millrace';
import {
  configOf,
  FRAME,
  PARAMS,
  PASSWORD,
  PORT,
  PRETTY,
  refusedLines,
  RETRIES,
  SETUP_TIME,
  ZONES,
} from './configuration-cases.js';

describe('the environment of a configuration', () => {
  it('has a variable for each param, in upper case with underscores', () => {
    const config = configOf({
      env: {
        MILLRACE_RSOCKET_FRAME: '1 KiB',
        MILLRACE_RSOCKET_SETUP_TIME: '1 s',
        MILLRACE_HTTP_PORT: '1',
        MILLRACE_LOG_PRETTY: 'true',
        MILLRACE_ZONES: 'a, b',
        MILLRACE_RETRIES: '',
        MILLRACE_DB_PASSWORD: '',
      },
    });
    expect(config.get(FRAME)).to.equal(1024);
    expect(config.get(SETUP_TIME)).to.equal(1000);
    expect(config.get(PORT)).to.equal(1);
    expect(config.get(PRETTY)).to.equal(true);
    expect(config.get(ZONES)).to.deep.equal(['a', 'b']);
    expect(config.get(RETRIES)).to.equal(undefined);
    expect(config.get(PASSWORD)).to.equal('');
  });

  it('has variables of others, which are not looked at', () => {
    const env = {
      PATH: '/bin',
      millrace_http_port: '1',
      MILLRACEHTTP_PORT: '2',
      HTTP_PORT: '3',
      MILLRACE_ZONES: undefined,
    };
    expect(
      configOf({ env })
        .rows()
        .every(({ from }) => from === 'default'),
    ).to.equal(true);
  });

  it('tells faults in order of the variables', () => {
    const env = { MILLRACE_ZZ: '1', MILLRACE_HTTP_PORT: '', MILLRACE_: '', MILLRACE___PROTO__: '1' };
    expect(refusedLines(() => configOf({ env })).map((line) => line.split(':')[0])).to.deep.equal([
      'environment MILLRACE_',
      'environment MILLRACE_HTTP_PORT',
      'environment MILLRACE_ZZ',
      'environment MILLRACE___PROTO__',
    ]);
  });

  it('may have what Kubernetes says of services called millrace', () => {
    const env = {
      MILLRACE_SERVICE_HOST: '10.0.0.1',
      MILLRACE_SERVICE_PORT: '7001',
      MILLRACE_CATALOG_SERVICE_PORT_RSOCKET: '7001',
      MILLRACE_PORT: 'tcp://10.0.0.1:7001',
      MILLRACE_PORT_7001_TCP: 'tcp://10.0.0.1:7001',
      MILLRACE_PORT_7001_TCP_PROTO: 'tcp',
      MILLRACE_PORT_7001_TCP_ADDR: '10.0.0.1',
    };
    expect(
      configOf({ env })
        .rows()
        .every(({ from }) => from === 'default'),
    ).to.equal(true);
    expect(refusedLines(() => configOf({ env: { MILLRACE_HTPP_PORT: '7001' } }))).to.deep.equal([
      'environment MILLRACE_HTPP_PORT: MILLRACE_HTPP_PORT is not the name of a param; did you mean MILLRACE_HTTP_PORT?',
    ]);
  });
});

describe('the flags of a configuration', () => {
  const values = (...argv: readonly string[]): Record<string, unknown> => {
    const config = configOf({ argv });
    const changed = config.rows().filter(({ from }) => from !== 'default');
    const named = changed.map(({ name }) => [name, PARAMS.find((each) => each.name === name)] as const);
    return Object.fromEntries(
      named.map(([name, each]) => [name, each === undefined ? undefined : config.get<unknown>(each)]),
    );
  };
  const wrong = (...argv: readonly string[]): readonly string[] => refusedLines(() => configOf({ argv }));

  it('have their value in the next word, or after an equals sign', () => {
    expect(values('--rsocket.frame', '1MiB', '--http.port=1', '--zones=a=b', '--db.password=')).to.deep.equal({
      'rsocket.frame': 2 ** 20,
      'http.port': 1,
      zones: ['a=b'],
      'db.password': '',
    });
  });

  it('may have a value that begins with a dash, after an equals sign if with two', () => {
    expect(values('--db.password', '-x', '--zones=--y')).to.deep.equal({ 'db.password': '-x', zones: ['--y'] });
    expect(wrong('--http.port', '-5')).to.deep.equal([
      "flag --http.port: http.port: '-5' is not a port from 0 to 65535",
    ]);
  });

  it('may have a value of more lines', () => {
    expect(values('--db.password=a\nb')).to.deep.equal({ 'db.password': 'a\nb' });
  });

  it('stand alone for true, where a param is true or false', () => {
    expect(values('--log.pretty')).to.deep.equal({ 'log.pretty': true });
    expect(values('--log.pretty', 'serve', '--http.port', '1')).to.deep.equal({ 'log.pretty': true, 'http.port': 1 });
    expect(values('--log.pretty', 'false')).to.deep.equal({ 'log.pretty': false });
    expect(values('--log.pretty=false')).to.deep.equal({ 'log.pretty': false });
    const loud = param('loud', undefined, optional(flag), 'loud');
    const quiet = param('quiet', true as boolean, (value) => !flag(value), 'quiet');
    const config = configuration([loud, quiet], { argv: ['--loud', 'true', '--quiet'] });
    expect([config.get(loud), config.get(quiet)]).to.deep.equal([true, false]);
  });

  it('refuse another word for yes or no rather than pass over it', () => {
    expect(wrong('--log.pretty', 'no')).to.deep.equal(["flag --log.pretty: log.pretty: 'no' is not true or false"]);
  });

  it('are refused without a value', () => {
    const says = 'has no value (one that begins with -- goes after =)';
    expect(wrong('--http.port')).to.deep.equal([`flag --http.port: ${says}`]);
    expect(wrong('--http.port', '--zones', 'a', '--rsocket.frame', '--')).to.deep.equal([
      `flag --http.port: ${says}`,
      `flag --rsocket.frame: ${says}`,
    ]);
  });

  it('hold as said last', () => {
    expect(values('--http.port', '1', '--http.port=2')).to.deep.equal({ 'http.port': 2 });
  });

  it('leave to the program words without dashes, and all behind two dashes', () => {
    expect(values('serve', '-', '-5', '', 'http.port=1', '--', '--unknown', '--http.port', '1')).to.deep.equal({});
  });

  it('are refused by each name that is unknown, with the nearest', () => {
    expect(wrong('--http.prot', '1', '-v', '--confg=a.yaml', '--__proto__=1', '--constructor')).to.deep.equal([
      'flag --http.prot: --http.prot is not the name of a param; did you mean --http.port?',
      'flag -v: -v is not the name of a param',
      'flag --confg: --confg is not the name of a param; did you mean --config?',
      'flag --__proto__: --__proto__ is not the name of a param',
      'flag --constructor: --constructor is not the name of a param',
    ]);
  });

  it('are refused for a param that is counted, with the value', () => {
    const retries = param('retries', 0, count, 'retries');
    expect(refusedLines(() => configuration([retries], { argv: ['--retries', 'some'] }))).to.deep.equal([
      "flag --retries: retries: 'some' is not a whole number, 0 or more",
    ]);
  });
});
