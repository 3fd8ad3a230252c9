import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const program = new URL('../../services/registry/main.js', import.meta.url).pathname;

describe('npm run registry', function () {
  this.timeout(20_000);

  it('says where it serves, answers there, and ends with 0 on SIGTERM', async () => {
    const child = spawn(process.execPath, [program, '--http', '0', '--rsocket', '0'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const lines: string[] = [];
    const reader = createInterface(child.stdout).on('line', (line) => lines.push(line));
    await once(reader, 'line');
    const [, http] = /^registry ready http=(127\.0\.0\.1:\d+) rsocket=127\.0\.0\.1:\d+$/.exec(lines[0] ?? '') ?? [];
    const apps = await fetch(`http://${http}/eureka/apps`, { headers: { accept: 'application/json' } });
    expect(await apps.json()).to.have.nested.property('applications.apps__hashcode', '');
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect([code, lines.length]).to.deep.equal([0, 1]);
  });

  it('says what is wrong with its words, and ends with 2', async () => {
    const child = spawn(process.execPath, [program, '--http', 'abc'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (part: Buffer) => (said += String(part)));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, said.trim()]).to.deep.equal([
      2,
      "error: option '--http <port>' argument 'abc' is invalid. 'abc' is not a port from 0 to 65535",
    ]);
  });
});
