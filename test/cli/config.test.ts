import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli, remove, type RunOptions, temporaryFolder } from './cli.js';
import { binOf, newProject, runIn } from './project.js';

describe('millrace config', function () {
  this.timeout(60_000);
  const parent = temporaryFolder();
  let folder = '';

  before(async () => {
    folder = await newProject(parent, 'orders');
    expect((await runIn(folder, binOf(folder, 'typescript', 'tsc'), ['-p', '.'])).status).to.equal(0);
  });
  after(() => remove(parent));

  const config = (words: readonly string[] = [], options: RunOptions = {}) =>
    cli(['config', ...words], { folder, ...options });
  const rowOf = (out: string, name: string): string | undefined =>
    out.split('\n').find((line) => line.startsWith(`${name} `));

  it('says each value and where it is from', async () => {
    const { status, out } = await config([], { env: { MILLRACE_LOG_LEVEL: 'warn' } });
    expect(status).to.equal(0);
    expect(rowOf(out, 'orders.greeting')).to.match(/ hello +file millrace\.yaml:5 /);
    expect(rowOf(out, 'log.level')).to.match(/ warn +environment MILLRACE_LOG_LEVEL /);
    expect(rowOf(out, 'call.deadline')).to.match(/ 30 s +default /);
  });

  it('gives the program the words behind two dashes', async () => {
    const { out } = await config(['dist/src/main.js', '--', '--log.level=debug']);
    expect(rowOf(out, 'log.level')).to.match(/ debug +flag --log\.level /);
  });

  it('takes no notice of an address that is meant for calls', async () => {
    expect((await config([], { env: { MILLRACE_AT: 'tcp://127.0.0.1:7001' } })).status).to.equal(0);
  });

  it('fails as the program would, with all that is wrong', async () => {
    const { status, err } = await config(['--', '--log.levle=x']);
    expect(err).to.match(/--log\.levle is not the name of a param; did you mean --log\.level\?/);
    expect(status).to.equal(1);
  });

  it('takes the program that package.json names for it', async () => {
    const file = join(folder, 'package.json');
    const before = readFileSync(file, 'utf8');
    writeFileSync(join(folder, 'dist/other.js'), 'process.stdout.write(`${process.env.MILLRACE_COMMAND}\\n`)');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(before), millrace: { main: 'dist/other.js' } }));
    expect(await config()).to.deep.equal({ status: 0, out: 'config\n', err: '' });
    writeFileSync(file, before);
  });

  it('says that there is no program, and that a source is none', async () => {
    const missing = await config(['dist/none.js']);
    expect(missing.err).to.match(/^error: there is no dist\/none\.js: compile first/);
    expect(missing.status).to.equal(1);
    const source = await config(['src/main.ts']);
    expect(source.err).to.match(/^error: src\/main\.ts is a source: name what the compiler makes of it/);
    expect(source.status).to.equal(2);
    rmSync(join(folder, 'dist/other.js'));
  });
});
