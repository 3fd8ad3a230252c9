import { inspect } from 'node:util';
import { expect } from 'chai';
import { configOf, PASSWORD, PIN, refusedLines, withFile } from './configuration-cases.js';

describe('a configuration with secrets', () => {
  const secret = 'hunter2';
  const hides = (said: string): void => {
    expect(said).not.to.include(secret);
    expect(said).not.to.include('initial-secret');
  };

  it('gives them to who asks, and to no text', () => {
    const config = configOf({ env: { MILLRACE_DB_PASSWORD: secret } });
    expect(config.get(PASSWORD)).to.equal(secret);
    for (const said of [
      config.report(),
      JSON.stringify(config),
      JSON.stringify(config.rows()),
      inspect(config, { depth: 9 }),
    ]) {
      hides(said);
    }
  });

  it('hides the default too', () => {
    hides(JSON.stringify(configOf({}).rows()));
  });

  it('hides a wrong one, wherever it stands', () => {
    const lines = refusedLines(() =>
      configOf({
        ...withFile(`db:\n  pin: ${secret}\n`),
        code: { 'db.pin': secret, 'db.password': [secret] },
        env: { MILLRACE_DB_PIN: secret },
        argv: [`--db.pin=${secret}`],
      }),
    );
    expect(lines).to.deep.equal([
      'code: db.pin: ••• is not a whole number, 0 or more',
      'code: db.password: ••• is not a text (put what looks like a number in quotes)',
      'file millrace.yaml:2: db.pin: ••• is not a whole number, 0 or more',
      'environment MILLRACE_DB_PIN: db.pin: ••• is not a whole number, 0 or more',
      'flag --db.pin: db.pin: ••• is not a whole number, 0 or more',
    ]);
    hides(refusedLines(() => configOf({}).set(PIN.name, secret)).join());
  });

  const misspelt = { db: secret, 'db.pasword': secret };
  it('hides what stands under a misspelt name', () => {
    hides(
      refusedLines(() =>
        configOf({
          ...withFile(`db:\n  pasword: ${secret}\n`),
          code: misspelt,
          env: { MILLRACE_DB_PASWORD: secret },
          argv: ['--db.pasword', secret, `--db.pasword=${secret}`, `-db.password=${secret}`],
        }),
      ).join('\n'),
    );
  });

  for (const [what, name, file] of [
    ['a quote that is not closed', 'millrace.yaml', `db:\n  password: "${secret}\n`],
    ['a value with a colon', 'millrace.yaml', `db:\n  password: ${secret}: 3\n`],
    ['a reserved character', 'millrace.yaml', `db:\n  password: @${secret}\n`],
    ['an unknown escape', 'millrace.yaml', `db:\n  password: "\\${secret}"\n`],
    ['an alias', 'millrace.yaml', `db:\n  password: *${secret}\n`],
    ['a tag', 'millrace.yaml', `db:\n  password: !${secret} x\n`],
    ['words without quotes', 'millrace.json', `{"db": {"password": ${secret}}}`],
    ['a missing comma', 'millrace.json', `{"db": {"password": "${secret}" "pin": 1}}`],
  ] as const) {
    it(`hides what stands in ${name} at ${what}`, () => {
      hides(refusedLines(() => configOf(withFile(file, name))).join('\n'));
    });
  }
});
