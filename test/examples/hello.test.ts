import { expect } from 'chai';
import { type Child, startChild } from '../child.js';

describe('the greeting', function () {
  this.timeout(30_000);
  const children: Child[] = [];
  const start = (program: string, ...args: string[]): Child => {
    const child = startChild(`examples/hello/${program}.js`, args);
    children.push(child);
    return child;
  };
  const serve = async (): Promise<{ server: Child; address: string }> => {
    const server = start('server', '0');
    const [, address = ''] = await server.line(/"addresses":\["(tcp:[^"]+)"\].*"msg":"ready"/);
    return { server, address };
  };

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.splice(0).map((child) => child.ended));
  });

  it('answers who asks, by name', async () => {
    const { address } = await serve();
    const client = start('client', 'ada', address);
    await client.line(/^hello, ada$/);
    expect(await client.ended, client.errors()).to.equal(0);
    expect(client.errors()).to.equal('');
  });

  it('refuses who has no name, and says why', async () => {
    const { address } = await serve();
    const client = start('client', '', address);
    expect(await client.ended).to.equal(1);
    expect(client.errors()).to.match(/greeter\.hello does not match the contract: name: /);
  });

  it('says to whom nobody answers that nobody does', async () => {
    const { server, address } = await serve();
    server.kill('SIGKILL');
    await server.ended;
    const client = start('client', 'ada', address);
    expect(await client.ended).to.equal(1);
    expect(client.errors()).to.include(`nobody serves greeter: ${address} is down`);
  });

  it('ends in good order at SIGTERM', async () => {
    const { server } = await serve();
    server.kill('SIGTERM');
    await server.line(/"msg":"stopped"/);
    expect(await server.ended, server.errors()).to.equal(0);
  });
});
