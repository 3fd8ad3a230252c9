import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli, root } from './cli.js';

const COMMANDS = ['new', 'dev', 'call', 'describe', 'config', 'completion'];

describe('millrace', function () {
  this.timeout(20_000);

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await cli(['--version'])).to.deep.equal({ status: 0, out: `${version}\n`, err: '' });
  });

  it('says what there is, with examples', async () => {
    const { status, out } = await cli(['--help']);
    expect(status).to.equal(0);
    for (const command of COMMANDS) expect(out).to.match(new RegExp(`^  ${command} `, 'm'));
    expect(out).to.match(/Examples:\n {2}\$ millrace new orders\n/);
  });

  for (const command of COMMANDS) {
    it(`says how ${command} is used, with examples`, async () => {
      const { status, out } = await cli([command, '--help']);
      expect(status).to.equal(0);
      expect(out).to.match(new RegExp(`^Usage: millrace ${command} `));
      expect(out).to.match(/Examples:\n {2}\$ /);
    });
  }

  it('loads nothing of a command for its help', async () => {
    const { err } = await cli(['--help'], { env: { NODE_DEBUG: 'esm,module' } });
    expect(err).to.include('commander');
    expect(err).not.to.match(/dist\/framework|rxjs/);
  });

  for (const [what, words, message] of [
    ['the command', ['cal', 'a.b'], /unknown command 'cal'\n\(Did you mean call\?\)/],
    ['the option', ['--versio'], /unknown option '--versio'\n\(Did you mean --version\?\)/],
    ['the option of a command', ['new', 'a', '--dryrun'], /unknown option '--dryrun'\n\(Did you mean --dry-run\?\)/],
  ] as const) {
    it(`names ${what} that was probably meant`, async () => {
      const { status, err } = await cli(words);
      expect(err).to.match(message);
      expect(status).to.equal(2);
    });
  }

  it('refuses to be called without a command, with too few words and with too many', async () => {
    const none = await cli([]);
    expect(none.err).to.match(/^Usage: millrace /);
    expect(none.status).to.equal(2);
    const few = await cli(['new']);
    expect(few.err).to.match(/missing required argument 'name'/);
    expect(few.status).to.equal(2);
    const many = await cli(['describe', 'tcp://a:1', 'tcp://b:1']);
    expect(many.err).to.match(/too many arguments/);
    expect(many.status).to.equal(2);
  });
});
