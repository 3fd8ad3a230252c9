import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import type { App } from 'millrace';
import { listen, payload, tcp, text } from 'millrace/rsocket';
import { isObservable, lastValueFrom, of } from 'rxjs';
import { type Seen, startCatalog } from './catalog.js';
import { cli, main, ranOf, type RunOptions, startCli } from './cli.js';

describe('millrace call', function () {
  this.timeout(30_000);
  let app: App;
  let seen: Seen;
  let at = '';
  let env: NodeJS.ProcessEnv = {};

  beforeEach(async () => {
    ({ app, seen } = await startCatalog());
    at = app.addresses[0] ?? '';
    env = { MILLRACE_AT: at };
  });

  afterEach(() => app.stop());

  const call = (words: readonly string[], options: RunOptions = {}) => cli(['call', ...words], { env, ...options });

  describe('of a response', () => {
    for (const [wire, index] of [
      ['TCP', 0],
      ['WebSocket', 1],
    ] as const) {
      it(`prints the answer that came over ${wire}`, async () => {
        const ran = await call(['catalog.title', '{"id":"tt1"}', '--at', app.addresses[index] ?? '']);
        expect(ran).to.deep.equal({ status: 0, out: '{ "id": "tt1", "name": "Alien" }\n', err: '' });
      });
    }

    it('takes the message from standard input', async () => {
      const { out } = await call(['catalog.title', '-', '-o', 'json'], { input: '\n{\n"id": "tt1" }\n' });
      expect(out).to.equal('{"id":"tt1","name":"Alien"}\n');
    });

    it('says what the caller says of it, and what the answer says of itself', async () => {
      const words = ['--metadata', 'tenant=a=b', '--metadata', 'x=', '--baggage', 'run=7', '--priority', 'bulk', '-v'];
      const { out, err } = await call(['catalog.told', '[1]', '-o', 'json', ...words]);
      expect(JSON.parse(out)).to.deep.equal({
        request: [1],
        metadata: { tenant: 'a=b', x: '', 'contract-version': '2.1' },
        baggage: { run: '7' },
        priority: 'bulk',
        endless: false,
      });
      expect(err).to.equal(`catalog.told (response) at ${at}\n"shelf": "seven"\n`);
    });

    for (const time of ['50ms', '50 ms', '0.05s']) {
      it(`is given up after --deadline '${time}'`, async () => {
        const { status, err } = await call(['catalog.never', '--deadline', time]);
        expect(err).to.match(/^Late \(MILLRACE_LATE\): catalog\.never /);
        expect(err).to.match(/\n {2}to do: give it longer with --deadline/);
        expect(status).to.equal(1);
      });
    }
  });

  describe('of a stream', () => {
    it('prints a line for each item, and leaves after --take', async () => {
      const ran = await call(['catalog.numbers', '{"from":7}', '--take', '3', '-o', 'json']);
      expect(ran).to.deep.equal({ status: 0, out: '7\n8\n9\n', err: '' });
      await seen.left;
      expect(seen.numbers).to.be.lessThan(10);
    });

    it('asks for no more than it reads at --rate', async () => {
      const { out } = await call(['catalog.numbers', '{"from":1}', '--take', '3', '--rate', '10', '-o', 'json']);
      expect(out).to.equal('1\n2\n3\n');
      await seen.left;
      expect(seen.numbers).to.be.lessThan(10);
    });

    it('is cancelled by Ctrl-C, and ends with 130', async () => {
      const child = startCli(['call', 'catalog.numbers', '{"from":1}', '--rate', '1'], { env });
      child.stdout.once('data', () => child.kill('SIGINT'));
      const ran = await ranOf(child);
      expect(ran).to.deep.equal({ status: 130, out: '1\n', err: '' });
      await seen.left;
    });

    it('is cancelled by SIGTERM, and ends with 143', async () => {
      const child = startCli(['call', 'catalog.never'], { env });
      child.stderr.resume();
      child.kill('SIGTERM');
      const early = await ranOf(child);
      expect(['SIGTERM', 143]).to.include(early.status);
      const later = startCli(['call', 'catalog.numbers', '{"from":1}'], { env });
      later.stdout.once('data', () => later.kill('SIGTERM'));
      expect((await ranOf(later)).status).to.equal(143);
      await seen.left;
    });

    it('ends with 0 when nobody reads its output any more', async () => {
      const script = `"$0" "$@" | head -n 2; echo "status \${PIPESTATUS[0]}"`;
      const words = [main, 'call', 'catalog.numbers', '{"from":1}'];
      const ran = await ranOf(
        spawn('bash', ['-c', script, process.execPath, ...words], { env: { ...process.env, ...env } }),
      );
      expect(ran).to.deep.equal({ status: 0, out: '1\n2\nstatus 0\n', err: '' });
      await seen.left;
    });
  });

  describe('of a channel', () => {
    it('sends an array, and prints each answer', async () => {
      const ran = await call(['catalog.sum', '[{"n":1},{"n":2},{"n":3}]', '-o', 'json']);
      expect(ran).to.deep.equal({ status: 0, out: '1\n3\n6\n', err: '' });
    });

    it('sends a message for each line of standard input', async () => {
      const ran = await call(['catalog.sum', '-', '-o', 'json'], { input: '{"n":1}\r\n\n{"n":2}\n{"n":"é"}' });
      expect(ran.out).to.equal('1\n3\n');
      expect(ran.err).to.match(/^Invalid \(MILLRACE_SCHEMA\): .*n: .*expected number/);
      expect(ran.status).to.equal(1);
    });

    it('answers each line before the next is there', async () => {
      const child = startCli(['call', 'catalog.sum', '-', '-o', 'json'], { env });
      const answers: string[] = [];
      child.stdout.on('data', (chunk: Buffer) => {
        answers.push(chunk.toString());
        if (answers.length < 3) child.stdin.write('{"n":5}\n');
        else child.stdin.end();
      });
      child.stdin.write('{"n":5}\n');
      expect((await ranOf(child)).status).to.equal(0);
      expect(answers).to.deep.equal(['5\n', '10\n', '15\n']);
    });

    it('reads no more of standard input than the service wants', async () => {
      const child = startCli(['call', 'catalog.first', '-', '-o', 'json'], { env });
      const line = `"${'x'.repeat(9_999)}"\n`;
      let written = 0;
      child.stdin.on('error', () => undefined);
      const write = (): void => {
        while (written < 10_000 && child.stdin.writable) {
          written += 1;
          if (!child.stdin.write(line)) return void child.stdin.once('drain', write);
        }
      };
      write();
      const ran = await ranOf(child);
      expect(ran).to.deep.equal({ status: 0, out: '"enough"\n', err: '' });
      expect(written).to.be.lessThan(1000);
    });

    it('names the line that is not JSON', async () => {
      const { status, err } = await call(['catalog.sum', '-'], { input: '{"n":1}\n{"n":\n' });
      expect(err).to.match(/line 2 of standard input is not JSON/);
      expect(status).to.equal(1);
    });
  });

  it('of fire-and-forget sends it and prints nothing', async () => {
    const ran = await call(['catalog.viewed', '{"id":"tt1"}']);
    expect(ran).to.deep.equal({ status: 0, out: '', err: '' });
    expect(await seen.viewed).to.equal('tt1');
  });

  describe('that fails', () => {
    it('says what the service declares, with its detail', async () => {
      const { status, out, err } = await call(['catalog.title', '{"id":"tt2"}']);
      expect(err).to.match(/^Failed \(catalog\.NotFound\): no title tt2\n {2}detail: \{ "id": "tt2" \}\n/);
      expect({ status, out }).to.deep.equal({ status: 1, out: '' });
    });

    it('says its causes and what to do', async () => {
      const { err } = await call(['catalog.denied']);
      expect(err.split('\n')).to.include.members([
        'Denied (MILLRACE_DENIED): staff only',
        '  caused by Unauthenticated (MILLRACE_UNAUTHENTICATED): the token has expired',
        '  to do: who calls has to be allowed to: the service decides that',
      ]);
    });

    it('says what the method takes, of a wrong message', async () => {
      const { err } = await call(['catalog.title', '{"id":""}']);
      expect(err).to.match(/^Invalid \(MILLRACE_SCHEMA\): /);
      expect(err).to.include('  it takes { id: string }\n');
    });

    it('names the nearest method, and those that there are', async () => {
      const { status, err } = await call(['catalog.titel', '{}']);
      expect(err).to.include('Unknown (MILLRACE_UNKNOWN): there is no catalog.titel; did you mean catalog.title?');
      expect(err).to.include('"catalog.viewed"');
      expect(status).to.equal(1);
    });

    it('says that nobody listens', async () => {
      const { status, err } = await call(['catalog.title', '{}', '--at', 'tcp://127.0.0.1:1']);
      expect(err).to.match(/^Unavailable \(MILLRACE_UNAVAILABLE\): tcp 127\.0\.0\.1:1: connect ECONNREFUSED/);
      expect(status).to.equal(1);
    });
  });

  it('is given up by Ctrl-C while a peer says nothing at all', async () => {
    const mute = createServer(() => child.kill('SIGINT')).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const child = startCli(['call', 'a.b', '--at', `tcp://127.0.0.1:${port}`]);
    expect(await ranOf(child)).to.deep.equal({ status: 130, out: '', err: '' });
    mute.close();
  });

  it('goes to the first address that serves the method', async () => {
    const { out } = await call(['catalog.title', '{"id":"tt1"}', '--at', 'ws://127.0.0.1:1', '--at', at]);
    expect(out).to.include('Alien');
  });

  it('reaches what each application says of itself', async () => {
    const { out } = await call(['millrace.status', '--take', '1', '-o', 'json']);
    expect(JSON.parse(out)).to.include({ ready: true });
  });

  describe('of a peer that is not Millrace', () => {
    it('is told how to call it by --as, and takes what is no JSON for a text', async () => {
      const server = await listen(tcp({ port: 0 }), ({ request }) =>
        isObservable(request) ? request : of(payload(`heard ${text(request.data)}`)),
      );
      const there = ['--at', `tcp://127.0.0.1:${server.address.port}`];
      const unsaid = await call(['echo.it', '"you"', ...there]);
      expect(unsaid.err).to.match(
        /does not say what it serves, as a Millrace application would\n(?:.*\n)* {2}to do: .* --as response, stream/,
      );
      expect(unsaid.status).to.equal(1);
      const answered = await call(['echo', '"you"', ...there, '--as', 'response']);
      expect(answered).to.deep.equal({ status: 0, out: '"heard \\"you\\""\n', err: '' });
      const channel = await call(['echo', '[1,"two"]', ...there, '--as', 'channel']);
      expect(channel).to.deep.equal({ status: 0, out: '1\n"two"\n', err: '' });
      await lastValueFrom(server.close(), { defaultValue: undefined });
    });
  });

  describe('prints', () => {
    it('what is too long for a line over several', async () => {
      const { out } = await call(['catalog.odd']);
      const [first, ...rest] = out.split('\n');
      expect(first).to.equal('"a\\u001b[2Jb"');
      expect(rest[0]).to.equal('{');
      expect(JSON.parse(rest.join('\n'))).to.deep.equal({ deep: { list: [1, null, true], text: 'x'.repeat(60) } });
    });

    it('colours only where they are wanted', async () => {
      const coloured = await call(['catalog.title', '{"id":"tt1"}'], { env: { ...env, FORCE_COLOR: '1' } });
      expect(coloured.out).to.include('\u001b[32m"Alien"\u001b[39m');
      const lines = await call(['catalog.title', '{"id":"tt1"}', '-o', 'json'], { env: { ...env, FORCE_COLOR: '1' } });
      expect(lines.out).to.equal('{"id":"tt1","name":"Alien"}\n');
    });
  });

  describe('refuses, with status 2 and before it calls anybody,', () => {
    const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
      ['a message that is not JSON', ['catalog.title', 'tt1'], /'tt1' is not JSON/],
      ['a route without a method', ['catalog'], /'catalog' is not a method's name such as catalog\.title/],
      ['an unknown option', ['a.b', '--deadlin', '1s'], /unknown option '--deadlin'\n\(Did you mean --deadline\?\)/],
      ['a deadline without a unit', ['a.b', '--deadline', '5'], /--deadline: '5' is not a time such as/],
      ['a count that is none', ['a.b', '--take', 'two'], /--take: 'two' is not a whole number/],
      ['a rate of nothing', ['a.b', '--rate', '0'], /--rate: '0' is not a number of items/],
      ['metadata without a value', ['a.b', '--metadata', 'x'], /--metadata: 'x' is not name=value/],
      ['an unknown priority', ['a.b', '--priority', 'high'], /Allowed choices are critical, default, degraded, bulk/],
      ['an address that is none', ['a.b', '--at', 'localhost'], /'localhost' is not an address such as tcp:/],
      ['--as at several addresses', ['a', '--as', 'stream', '--at', 'tcp://a:1', '--at', 'tcp://b:1'], /one --at/],
    ];
    for (const [what, words, message] of refused) {
      it(what, async () => {
        const { status, out, err } = await call(words);
        expect(err).to.match(message);
        expect(err).to.include('millrace call --help');
        expect({ status, out }).to.deep.equal({ status: 2, out: '' });
      });
    }

    it('a channel without messages', async () => {
      const { status, err } = await call(['catalog.sum', '{"n":1}']);
      expect(err).to.include('catalog.sum is a channel: give an array of at least one message');
      expect(status).to.equal(2);
    });
  });
});
