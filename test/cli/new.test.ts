import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { npm, pack, whileRunning } from '../package/consumer.js';
import { cli, remove, temporaryFolder } from './cli.js';
import { binOf, newProject, runIn } from './project.js';

const FILES = [
  '.gitignore',
  'README.md',
  'millrace.yaml',
  'package.json',
  'src/contract.ts',
  'src/main.ts',
  'src/service.ts',
  'test/service.test.ts',
  'tsconfig.json',
];

describe('millrace new', function () {
  this.timeout(60_000);
  let folder = '';
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => remove(folder));

  const filesIn = (path: string): string[] =>
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.includes('.'))
      .toSorted();

  it('writes a project and says the next three commands', async () => {
    const { status, out } = await cli(['new', 'shop-orders'], { folder });
    expect(status).to.equal(0);
    expect(out.split('\n').filter((line) => line.startsWith('  '))).to.deep.equal([
      '  cd shop-orders && npm install',
      '  npm run dev',
      `  npx millrace call shop-orders.greet '{"name":"Ada"}'`,
    ]);
    expect(filesIn(join(folder, 'shop-orders'))).to.deep.equal(FILES);
    const own = JSON.parse(readFileSync(join(folder, 'shop-orders/package.json'), 'utf8')) as Record<string, unknown>;
    expect(own).to.deep.include({ name: 'shop-orders', type: 'module', main: 'dist/src/main.js' });
    expect(JSON.stringify(own)).not.to.match(/undefined|\^0"/);
  });

  it('makes the folder that --dir names', async () => {
    const { out } = await cli(['new', 'orders', '--dir', 'services/my orders'], { folder });
    expect(out).to.include("cd 'services/my orders' && npm install");
    expect(filesIn(join(folder, 'services/my orders'))).to.deep.equal(FILES);
  });

  it('fills an empty folder', async () => {
    mkdirSync(join(folder, 'orders'));
    expect((await cli(['new', 'orders'], { folder })).status).to.equal(0);
  });

  it('writes nothing with --dry-run, and lists what it would', async () => {
    const { status, out } = await cli(['new', 'orders', '--dry-run'], { folder });
    expect(status).to.equal(0);
    for (const file of FILES) expect(out).to.include(`orders/${file}`);
    expect(existsSync(join(folder, 'orders'))).to.equal(false);
  });

  for (const [name, message] of [
    ['MyOrders', /'MyOrders' is not a name of lower case letters, digits and dashes: take my-orders\n/],
    ['9lives', /take lives\n/],
    ['../up', /take up\n/],
    ['a--b', /take a-b\n/],
    ['x'.repeat(65), /of at most 64 characters/],
    ['zod', /can't be called zod, as a package is that it needs/],
  ] as const) {
    it(`refuses the name ${name.slice(0, 10)}`, async () => {
      const { status, err } = await cli(['new', name], { folder });
      expect(err).to.match(message);
      expect(status).to.equal(2);
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  }

  it('refuses a folder that is not empty, and a file', async () => {
    for (const file of ['a', 'b', 'c', 'd']) writeFileSync(join(folder, file), '');
    const full = await cli(['new', 'orders', '--dir', '.'], { folder });
    expect(full.err).to.match(/ is not empty \(a, b, c, and 1 more\): name another folder with --dir\n/);
    expect(full.status).to.equal(1);
    const file = await cli(['new', 'orders', '--dir', 'a'], { folder });
    expect(file.err).to.match(/ is a file: name another folder with --dir\n/);
    expect(readdirSync(folder)).to.have.length(4);
  });

  for (const name of ['object', 'app', 'order-service', 'greet', 'log']) {
    it(`makes a project that compiles and passes its tests when it is called ${name}`, async () => {
      const project = await newProject(folder, name);
      const compiled = await runIn(project, binOf(project, 'typescript', 'tsc'), ['-p', '.']);
      expect(compiled).to.deep.equal({ status: 0, out: '', err: '' });
      const mocha = binOf(project, 'mocha', 'mocha');
      const tested = await runIn(project, mocha, ['--enable-source-maps', 'dist/test/**/*.test.js']);
      expect(tested.out).to.match(/3 passing/);
      expect(tested).to.deep.include({ status: 0, err: '' });
    });
  }

  it('makes a project that installs, builds, tests itself, answers a call and ends on SIGTERM', async () => {
    const { tarball } = await pack(folder);
    await cli(['new', 'orders'], { folder });
    const project = join(folder, 'orders');
    await npm(['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball], project);
    expect(await npm(['test'], project)).to.match(/3 passing/);
    const installed = binOf(project, 'millrace', 'millrace');
    const main = join(project, 'dist/src/main.js');
    const ready = /"addresses":\["(tcp:[^"]+)"\]/;
    const code = await whileRunning(process.execPath, main, { PORT: '0' }, ready, async ([, at = '']) => {
      const answer = await runIn(project, installed, ['call', 'orders.greet', '{"name":"Ada"}', '--at', at]);
      expect(answer).to.deep.equal({ status: 0, out: '{ "text": "hello, Ada" }\n', err: '' });
    });
    expect(code).to.equal(0);
  }).timeout(240_000);
});
