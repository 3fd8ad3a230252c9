import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Child } from '../child.js';
import { cli, remove, temporaryFolder } from './cli.js';
import { newProject, processesIn, startIn } from './project.js';

describe('millrace dev', function () {
  this.timeout(60_000);
  const parent = temporaryFolder();
  let folder = '';
  let child: Child;

  before(async () => (folder = await newProject(parent, 'orders')));
  after(() => remove(parent));
  afterEach(async () => {
    child.kill('SIGTERM');
    await child.ended;
  });

  /** In one step, so that nobody sees half of it. */
  const write = (file: string, text: string): void => {
    writeFileSync(join(parent, 'half'), text);
    renameSync(join(parent, 'half'), join(folder, file));
  };
  const edit = (file: string, from: string, to: string): void => {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(text).to.include(from);
    write(file, text.replace(from, to));
  };
  const serves = async (): Promise<string> => (await child.line(/^millrace orders serves (tcp:\S+)$/))[1] ?? '';
  const greeting = async (at: string): Promise<string> =>
    (await cli(['call', 'orders.greet', '{"name":"Ada"}', '--at', at, '-o', 'json'])).out;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    expect(await child.ended).to.equal(0);
    expect(processesIn(folder)).to.deep.equal([]);
  };

  describe('with a program', () => {
    beforeEach(async () => {
      child = startIn(folder, ['dev']);
      await child.line(/^millrace compiled, starting dist\/src\/main\.js$/);
    });

    it('restarts it when a source has changed, and ends both on Ctrl-C', async () => {
      expect(await greeting(await serves())).to.equal('{"text":"hello, Ada"}\n');
      edit('src/service.ts', '${this.greeting}, ', '${this.greeting} to ');
      await child.line(/^millrace compiled, restarting dist\/src\/main\.js$/);
      await child.line(/"msg":"stopped"/);
      expect(await greeting(await serves())).to.equal('{"text":"hello to Ada"}\n');
      edit('src/service.ts', '${this.greeting} to ', '${this.greeting}, ');
      await child.line(/^millrace compiled, restarting/);
      await serves();
      await end('SIGINT');
      expect(child.lines.slice(-2).join()).to.match(/"msg":"stopped"/);
    });

    it('restarts it when its configuration has changed', async () => {
      await serves();
      edit('millrace.yaml', 'greeting: hello', 'greeting: salve');
      await child.line(/^millrace millrace\.yaml changed, restarting/);
      expect(await greeting(await serves())).to.equal('{"text":"salve, Ada"}\n');
      edit('millrace.yaml', 'greeting: salve', 'greeting: hello');
      await child.line(/^millrace millrace\.yaml changed, restarting/);
      await serves();
      await end('SIGTERM');
    });

    it('lets the old program go on while there are errors', async () => {
      const at = await serves();
      write('src/wrong.ts', "export const wrong: number = 'text';\n");
      await child.line(/^src\/wrong\.ts\(1,14\): error TS2322/);
      await child.line(/^millrace 1 error; the program from before goes on$/);
      expect(await greeting(at)).to.equal('{"text":"hello, Ada"}\n');
      rmSync(join(folder, 'src/wrong.ts'));
      await child.line(/^millrace no errors any more; the program from before goes on$/);
      expect(await greeting(at)).to.equal('{"text":"hello, Ada"}\n');
      await end('SIGTERM');
    });
  });

  it('starts the program when the first error is gone', async () => {
    write('src/wrong.ts', "export const wrong: number = 'text';\n");
    child = startIn(folder, ['dev']);
    await child.line(/^millrace 1 error$/);
    rmSync(join(folder, 'src/wrong.ts'));
    await child.line(/^millrace compiled, starting/);
    await serves();
    await end('SIGINT');
  });

  it('says that the program has ended, and gives it its words', async () => {
    child = startIn(folder, ['dev', '--', '--orders.greetin=x']);
    await child.line(/^millrace the program ended with code 1; a change starts it again$/);
    expect(child.errors()).to.include('did you mean --orders.greeting?');
    await end('SIGTERM');
  });

  it('ends a program that does not want to, at the second signal at once', async () => {
    writeFileSync(
      join(folder, 'dist/stubborn.js'),
      "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log(`at ${process.pid}`);",
    );
    child = startIn(folder, ['dev', 'dist/stubborn.js']);
    await child.line(/^at \d+$/);
    child.kill('SIGINT');
    await child.line(/^no$/);
    child.kill('SIGINT');
    expect(await child.ended).to.equal(130);
    rmSync(join(folder, 'dist/stubborn.js'));
  });

  it('needs a compiler, a configuration of it, and a program', async () => {
    const empty = temporaryFolder();
    writeFileSync(join(empty, 'package.json'), '{}');
    const without = await cli(['dev'], { folder: empty });
    expect(without).to.deep.include({ status: 1, err: 'error: there is no ./tsconfig.json; -p names another\n' });
    writeFileSync(join(empty, 'tsconfig.json'), '{}');
    const compilerless = await cli(['dev'], { folder: empty });
    expect(compilerless.err).to.match(/has no compiler: npm install --save-dev typescript\n$/);
    expect(compilerless.status).to.equal(1);
    remove(empty);
  });
});
