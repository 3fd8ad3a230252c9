import { expect } from 'chai';
import { configuration, count, duration, flag, oneOf, optional, param, size, text } from 'millrace';
import { configOf, withFile } from './configuration-cases.js';

describe('a configuration as a table', () => {
  it('has a row for each param by name, with where its value comes from', () => {
    const config = configOf({
      ...withFile('# a comment\nrsocket:\n  frame: 1 MiB\n'),
      code: { zones: ['a', 'b'] },
      env: { MILLRACE_HTTP_PORT: '1' },
      argv: ['--log.pretty'],
    });
    config.set('rsocket.setup-time', '90 s');
    expect(config.rows().map(({ name, value, from }) => [name, value, from])).to.deep.equal([
      ['db.password', '•••', 'default'],
      ['db.pin', '•••', 'default'],
      ['http.port', '1', 'environment MILLRACE_HTTP_PORT'],
      ['log.pretty', 'true', 'flag --log.pretty'],
      ['retries', 'none', 'default'],
      ['rsocket.frame', '1 MiB', 'file millrace.yaml:3'],
      ['rsocket.setup-time', '90 s', 'set live'],
      ['zones', 'a, b', 'code'],
    ]);
    expect(config.rows()[2]).to.have.property('about', 'Where it listens.');
  });

  const shownAs: readonly (readonly [number, string, string])[] = [
    [0, '0 ms', '0 B'],
    [1, '1 ms', '1 B'],
    [1001, '1001 ms', '1001 B'],
    [1024, '1024 ms', '1 KiB'],
    [90_000, '90 s', '90000 B'],
    [7_200_000, '2 h', '7200000 B'],
    [86_400_000, '1 d', '84375 KiB'],
    [2 ** 30, '1073741824 ms', '1 GiB'],
    [12.5, '12.5 ms', '12.5'],
    [Infinity, 'Infinity', 'Infinity'],
  ];
  for (const [value, time, bytes] of shownAs) {
    it(`shows ${value} as ${time}, ${bytes} or ${value}, as the param's parser reads it`, () => {
      const params = [
        param('bounded', value, (from) => duration(from), 'time'),
        param('bytes', value, size, 'bytes'),
        param('number', value, count, 'number'),
        param('prefix', value, (from) => Number.parseFloat(String(from)), 'number'),
        param('time', value, optional(duration), 'time'),
      ];
      const plain = String(value);
      const rows = configuration(params).rows();
      const zero = value === 0 ? '0 ms' : plain;
      expect(rows.map((row) => row.value)).to.deep.equal([time, bytes, plain, zero, time]);
    });
  }

  it('shows values that are no text of their own', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const as = (name: string, initial: unknown) => param<unknown>(name, initial, (value) => value, name);
    const rows = configuration([
      as('a', { b: 1 }),
      as('c', circle),
      as('d', null),
      as('e', 'x\ny'),
      as('f', [{ g: 1 }]),
    ]).rows();
    expect(rows.map(({ value }) => value)).to.deep.equal(['{"b":1}', 'an object', 'none', 'x\\u000ay', '{"g":1}']);
  });

  it('is aligned for a terminal', () => {
    const name = param('log.name', 'x'.repeat(100), text, 'Who says it.');
    const level = param('log.level', 'info', oneOf('debug', 'info'), 'How much is said.');
    const pretty = param('log.pretty', false, flag, 'Whether it is for people.');
    const config = configuration([name, level, pretty], { argv: ['--log.pretty'] });
    expect(config.report().split('\n')).to.deep.equal([
      `name        value${' '.repeat(57)}from               about`,
      `log.level   info${' '.repeat(58)}default            How much is said.`,
      `log.name    ${'x'.repeat(59)}…  default            Who says it.`,
      `log.pretty  true${' '.repeat(58)}flag --log.pretty  Whether it is for people.`,
    ]);
  });
});
