import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli, ranOf, remove, temporaryFolder } from './cli.js';

describe('millrace completion', function () {
  this.timeout(20_000);

  describe('for bash', () => {
    let script = '';
    before(async () => ({ out: script } = await cli(['completion', 'bash'])));

    /** What bash would offer for the last of the words. */
    const offered = async (...words: readonly string[]): Promise<string[]> => {
      const program = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _millrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { out, err } = await ranOf(spawn('bash', ['-c', program, 'bash', 'millrace', ...words]));
      expect(err).to.equal('');
      return out.split('\n').filter((word) => word !== '');
    };

    it('offers commands', async () => {
      expect(await offered('c')).to.deep.equal(['call', 'config', 'completion']);
    });

    it('offers the options of a command', async () => {
      expect(await offered('call', 'a.b', '--de')).to.deep.equal(['--deadline']);
      expect(await offered('new', '--d')).to.deep.equal(['--dir', '--dry-run']);
    });

    it('offers what the value of an option may be', async () => {
      expect(await offered('call', '--as', '')).to.deep.equal(['response', 'stream', 'channel', 'notify']);
      expect(await offered('describe', '-o', 'j')).to.deep.equal(['json']);
      expect(await offered('completion', 'z')).to.deep.equal(['zsh']);
    });

    it('offers files where a file is meant', async () => {
      expect(await offered('describe', '--check', 'package.js')).to.deep.equal(['package.json']);
    });
  });

  for (const [shell, words] of [
    ['zsh', ['#compdef millrace', "'call:Calls a method", '(response stream channel notify)']],
    [
      'fish',
      ['complete -c millrace', "-l as -x -a 'response stream channel notify'", '__fish_seen_subcommand_from call'],
    ],
  ] as const) {
    it(`is a script that ${shell} can read`, async () => {
      const { status, out } = await cli(['completion', shell]);
      expect(status).to.equal(0);
      for (const word of words) expect(out).to.include(word);
      const folder = temporaryFolder();
      writeFileSync(join(folder, 'script'), out);
      const checked = spawnSync(shell, ['-n', join(folder, 'script')], { encoding: 'utf8' });
      remove(folder);
      // A shell that isn't installed checks nothing.
      if (checked.error === undefined) expect(checked.stderr).to.equal('');
    });
  }

  it('refuses a shell that it does not know', async () => {
    const { status, err } = await cli(['completion', 'cmd']);
    expect(err).to.match(/Allowed choices are bash, zsh, fish/);
    expect(status).to.equal(2);
  });
});
