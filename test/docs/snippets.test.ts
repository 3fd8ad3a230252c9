import { expect } from 'chai';
import { type Child, startChild } from '../child.js';
import { compile, snippetsOf } from './snippets.js';

const page = 'docs/tutorial.md';

describe('the tutorial', function () {
  this.timeout(60_000);
  const [server, ...others] = snippetsOf(page);
  let running: Child;
  let ports: Readonly<Record<string, string>> = {};

  before(async () => {
    await compile('tutorial', snippetsOf(page));
    running = startChild('tutorial/out/server.js', [], { PORT: '0' });
    const [, port = '', browserPort] = await running.line(/^listening on (\d+), for browsers on (\d+)$/);
    ports = { PORT: port, URL: `ws://127.0.0.1:${browserPort}` };
  });

  after(async () => {
    running.kill('SIGTERM');
    expect(await running.ended, running.errors()).to.equal(0);
  });

  it('begins with its server', () => {
    expect(server?.name).to.equal('server');
    expect(server?.prints).to.deep.equal(['listening on 7000, for browsers on 7001']);
  });

  for (const { name, prints } of others) {
    it(`prints what it says by ${name}.ts`, async () => {
      // Node's own WebSocket stands in for the browser's; before Node 22 it has to be asked for.
      const child = startChild(`tutorial/out/${name}.js`, [], { ...ports, NODE_OPTIONS: '--experimental-websocket' });
      expect(await child.ended, child.errors()).to.equal(0);
      expect(child.lines).to.deep.equal(prints);
    });
  }
});
