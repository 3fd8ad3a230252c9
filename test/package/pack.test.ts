import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { install, npm, pack, remove, root, run, snippet, succeed, temporaryFolder, whileRunning } from './consumer.js';

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    outDir: 'out',
  },
  include: ['*.ts', '*.cts'],
};

const commonjs = `
import { isMeshError } from 'millrace';
import { connect, listen, payload, tcp, text } from 'millrace/rsocket';
import { firstValueFrom, of } from 'rxjs';

async function main(): Promise<void> {
  const server = await listen(tcp({ port: 0 }), () => of(payload('over the weir')));
  const connection = await connect(tcp({ port: server.address.port }));
  console.log(text((await firstValueFrom(connection.response(payload('?')))).data), isMeshError(new Error('no')));
  connection.close().subscribe({ complete: () => server.close().subscribe() });
}
void main();
`;

const required = `
const { isMeshError } = require('millrace');
const { listen } = require('millrace/rsocket');
require('millrace/testing');
console.log(typeof isMeshError, typeof listen, require('millrace/package.json').name);
`;

describe('the package', function () {
  this.timeout(120_000);
  const folder = temporaryFolder('package');
  const project = temporaryFolder('project');
  const installed = join(project, 'node_modules', 'millrace');
  let tarball = '';
  let files: readonly string[] = [];

  before(async () => {
    ({ tarball, files } = await pack(folder));
    await install(project, tarball, {
      'package.json': JSON.stringify({ name: 'a-user', private: true, type: 'module' }),
      'tsconfig.json': JSON.stringify(tsconfig),
      'river.ts': snippet('README.md', 'river.ts'),
      'server.ts': snippet('README.md', 'server.ts'),
      'client.ts': snippet('README.md', 'client.ts'),
      'commonjs.cts': commonjs,
      'required.cjs': required,
    });
  });

  after(() => [folder, project].forEach(remove));

  it('ships the library, its sources and its documents, and nothing else', () => {
    const kinds = new Set(files.map((file) => /^(?:dist\/)?[^/]+/.exec(file)?.[0]));
    const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
    expect([...kinds].sort()).to.deep.equal(
      [
        ...documents,
        'dist/browser',
        'dist/framework',
        'dist/services',
        'dist/transports',
        'docs',
        'framework',
        'services',
        'transports',
      ].sort(),
    );
    expect(files.filter((file) => /\.test\.|tsbuildinfo/.test(file))).to.deep.equal([]);
  });

  it('brings 34 packages with all that they need, none of which runs anything when it is installed', () => {
    const lock = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean; dev?: boolean }>;
    };
    const brought = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
    expect(brought.length).to.be.at.most(34);
    expect(brought.filter(([, { hasInstallScript }]) => hasInstallScript === true)).to.deep.equal([]);
  });

  it('has source maps that lead to the sources it ships', () => {
    const maps = files.filter((file) => file.endsWith('.map'));
    expect(maps.length).to.be.greaterThan(0);
    const lost = maps.flatMap((map) => {
      const { sources } = JSON.parse(readFileSync(join(installed, map), 'utf8')) as { sources: string[] };
      return sources
        .map((source) => normalize(join(dirname(map), source)))
        .filter((source) => !existsSync(join(installed, source)));
    });
    expect(lost).to.deep.equal([]);
    const unmapped = files.filter((file) => /\.(?:d\.ts|js)$/.test(file) && !files.includes(`${file}.map`));
    expect(unmapped).to.deep.equal(['dist/browser/millrace.js']);
  });

  it('satisfies publint', async () => {
    await succeed(
      process.execPath,
      [join(root, 'node_modules/publint/src/cli.js'), 'run', tarball, '--strict'],
      folder,
    );
  });

  it('has types that resolve in every mode that can load ES modules', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const options = ['--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii', '--no-emoji', '--no-color'];
    await succeed(process.execPath, [attw, tarball, ...options], folder);
  });

  it('compiles in a strict project without the DOM', async () => {
    await succeed(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], project);
  });

  const worksOn = (node: () => string) => {
    it("runs the README's server and client", async () => {
      const code = await whileRunning(
        node(),
        join(project, 'out/server.js'),
        { PORT: '0' },
        /listening on .*?(\d+)$/,
        async ([, port = '']) => {
          const printed = await succeed(node(), ['out/client.js'], project, { PORT: port });
          expect(printed).to.equal('hello, river\n1\n2\n3\n4\n5\n');
        },
      );
      expect(code).to.equal(0);
    });

    it('runs from CommonJS', async () => {
      expect(await succeed(node(), ['--no-warnings', 'required.cjs'], project)).to.equal(
        'function function millrace\n',
      );
      expect(await succeed(node(), ['--no-warnings', 'out/commonjs.cjs'], project)).to.equal('over the weir false\n');
    });

    it('says which package a part needs that is not there', async () => {
      const code =
        "import { connect } from 'millrace/rsocket'; import { stock } from 'millrace/rsocket/stock'; " +
        'connect(stock({ client: { connect() {} } })).catch(({ tag, message }) => console.log(`${tag}: ${message}`))';
      expect(await succeed(node(), ['--input-type=module', '-e', code], project)).to.equal(
        'Invalid: stock() needs a package that is not there; npm install rsocket-core\n',
      );
    });

    it('maps a stack trace to its own sources', async () => {
      const code = "import { connect, tcp } from 'millrace/rsocket'; connect(tcp({ port: 'x' }))";
      const { output } = await run(node(), ['--enable-source-maps', '--input-type=module', '-e', code], project);
      expect(output).to.match(/millrace\/(?:transports|framework)\/.*\.ts:\d+/);
    });
  };

  describe(`on Node ${process.versions.node}`, () => worksOn(() => process.execPath));

  describe('on other versions of Node', () => {
    const nodes = temporaryFolder('nodes');
    const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
    const majors = ['22', '24'];

    before(async function () {
      const aliases = majors.map((major) => `node${major}@npm:node-${platform}@${major}`);
      try {
        await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', nodes, ...aliases], nodes);
      } catch (error) {
        if (process.env['CI'] === 'true') throw error;
        this.skip();
      }
    });

    after(() => remove(nodes));

    for (const major of majors) {
      describe(`Node ${major}`, () => worksOn(() => join(nodes, `node_modules/node${major}/bin/node`)));
    }
  });
});
