import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { type Child, startChild } from '../child.js';
import { portOf } from '../rsocket/raw-peer.js';

const program = new URL('../../services/registry/main.js', import.meta.url).pathname;

describe('npm run registry', function () {
  this.timeout(40_000);

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

  it('replicates to others, of which one is killed and comes back with what it missed', async () => {
    const ports = await freePorts(4);
    const [a = 0, b = 0, httpA = 0, httpB = 0] = ports;
    const peers = `tcp://127.0.0.1:${a},tcp://127.0.0.1:${b}`;
    const started: Child[] = [];
    const begin = (rsocket: number, http: number): Child => {
      const words = ['--http', String(http), '--rsocket', String(rsocket), '--peers', peers, '--name', `r${rsocket}`];
      const child = startChild('services/registry/main.js', words);
      started.push(child);
      return child;
    };
    const ready = /^registry ready http=\S+ rsocket=\S+$/;
    const put = async (http: number, id: string): Promise<void> => {
      const instance = { instanceId: id, hostName: 'h', app: 'SHOP', ipAddr: '127.0.0.1', status: 'UP' };
      const dataCenterInfo = { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' };
      const answer = await fetch(`http://127.0.0.1:${http}/eureka/apps/SHOP`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ instance: { ...instance, dataCenterInfo } }),
      });
      expect(answer.status).to.equal(204);
    };
    const known = async (http: number, ids: string): Promise<void> => {
      for (;;) {
        const answer = await fetch(`http://127.0.0.1:${http}/eureka/apps/SHOP`, {
          headers: { accept: 'application/json' },
        });
        if (answer.status === 200) {
          const { application } = (await answer.json()) as {
            readonly application: { readonly instance: readonly { readonly instanceId: string }[] };
          };
          const all = application.instance.map(({ instanceId }) => instanceId).toSorted();
          if (all.join(' ') === ids) return;
        } else await answer.arrayBuffer();
        await new Promise((done) => setTimeout(done, 20));
      }
    };
    try {
      const [one, two] = [begin(a, httpA), begin(b, httpB)];
      await Promise.all([one.line(ready), two.line(ready)]);
      await put(httpA, 'x');
      await known(httpB, 'x');
      one.kill('SIGKILL');
      await one.ended;
      await put(httpB, 'y');
      await known(httpB, 'x y');
      const back = begin(a, httpA);
      await back.line(ready);
      const answer = await fetch(`http://127.0.0.1:${httpA}/eureka/apps/SHOP`);
      expect(answer.status).to.equal(200);
      await answer.arrayBuffer();
      await known(httpA, 'x y');
      for (const child of [back, two]) {
        child.kill('SIGTERM');
        expect(await child.ended, child.errors()).to.equal(0);
      }
    } finally {
      for (const child of started) child.kill('SIGKILL');
    }
  });

  it('wants addresses of peers that are some', async () => {
    const child = startChild('services/registry/main.js', ['--peers', 'tcp://a:1,nowhere']);
    expect([
      await child.ended,
      child.errors().includes("'nowhere' is not an address such as tcp://127.0.0.1:7071"),
    ]).to.deep.equal([2, true]);
  });
});

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => portOf(server.address()));
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
