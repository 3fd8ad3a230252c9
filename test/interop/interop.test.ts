import { expect } from 'chai';
import { consume } from 'millrace';
import { connect, type Connection, tcp, websocket } from 'millrace/rsocket';
import { lastValueFrom } from 'rxjs';
import { type Child, startChild } from '../child.js';
import { type RawTransport, rawTransports } from '../rsocket/raw-peer.js';
import { watchTests } from '../rsocket/watch.js';
import { clientEcho, ourCases, statsUntil, to } from './our-cases.js';
import { connectTo, fragmentCase, rawCases } from './raw-cases.js';
import { stockCases } from './stock-cases.js';

const program = 'test/interop/main.js';

interface Responder {
  readonly child: Child;
  readonly ports: Readonly<Record<RawTransport, number>>;
}

async function startResponder(...args: string[]): Promise<Responder> {
  const child = startChild(program, ['--tcp', '0', '--ws', '0', ...args]);
  const [, byTcp, byWebSocket] = await child.line(/^interop ready tcp=(\d+) ws=(\d+)$/);
  return { child, ports: { tcp: Number(byTcp), websocket: Number(byWebSocket) } };
}

async function stop({ child }: Responder): Promise<void> {
  child.kill('SIGTERM');
  expect(await child.ended, child.errors()).to.equal(0);
}

function dial(transport: RawTransport, port: number, fragment?: number): Promise<Connection> {
  const place = transport === 'tcp' ? tcp({ port }) : websocket({ port });
  return connect(place, { fragment, responder: clientEcho, limits: { reassembly: '64 MiB' } });
}

describe('the interop responder', function () {
  this.timeout(30_000);
  const watch = watchTests();
  let responder: Responder;

  before(async () => (responder = await startResponder()));
  after(() => stop(responder));

  for (const transport of rawTransports) {
    describe(`with our client over ${transport}`, () => {
      let connection: Connection;

      before(async () => (connection = await dial(transport, responder.ports[transport])));
      after(() => lastValueFrom(connection.close(), { defaultValue: undefined }));

      for (const { name, run } of ourCases) it(name, () => run(connection));
    });

    describe(`with a raw peer over ${transport}`, () => {
      for (const { name, setup, run } of rawCases) {
        it(name, async () => run(watch.peer(await connectTo(transport, responder.ports[transport], setup))));
      }
    });

    describe(`with rsocket-js over ${transport}`, () => {
      for (const { name, run } of stockCases) it(name, () => run(transport, responder.ports[transport], watch.after));
    });
  }

  it('calls back to a client that asks for it', async () => {
    const connection = await connect(tcp({ port: responder.ports.tcp }), {
      responder: clientEcho,
      setup: { data: Buffer.from('callback') },
    });
    await statsUntil(connection, ({ lastPush }) => lastPush === 'cb=client says from-server');
    await lastValueFrom(connection.close(), { defaultValue: undefined });
  });
});

describe('the interop responder with --fragment', function () {
  this.timeout(30_000);
  const watch = watchTests();
  let responder: Responder;

  before(async () => (responder = await startResponder('--fragment', '1024')));
  after(() => stop(responder));

  for (const transport of rawTransports) {
    it(`${fragmentCase.name} over ${transport}`, async () => {
      await fragmentCase.run(watch.peer(await connectTo(transport, responder.ports[transport])));
    });

    for (const fragment of [1_024, 65_536]) {
      it(`answers a client that sends fragments of ${fragment} bytes over ${transport}`, async () => {
        const connection = await dial(transport, responder.ports[transport], fragment);
        for (const { run } of ourCases) await run(connection);
        await lastValueFrom(connection.close(), { defaultValue: undefined });
      });
    }
  }
});

describe("the interop responder's command line", () => {
  const refused: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [[], /--tcp is missing/],
    [['--tcp', 'seven'], /--tcp seven: a whole number from 0 to 65535/],
    [['--tcp', '0', '--fragment', '10'], /--fragment 10: a whole number from 64/],
    [['--tcp', '0', '--lease', 'five'], /--lease five: a whole number from 0/],
    [['--tcp', '0', '--hops'], /--hops/],
  ];
  for (const [args, says] of refused) {
    it(`refuses '${args.join(' ')}' with code 2`, async () => {
      const child = startChild(program, args);
      expect(await child.ended).to.equal(2);
      expect(child.errors()).to.match(says);
      expect(child.lines).to.deep.equal([]);
    });
  }

  it('says that a port is taken', async () => {
    const first = await startResponder();
    const second = startChild(program, ['--tcp', `${first.ports.tcp}`]);
    expect(await second.ended).to.equal(1);
    expect(second.errors()).to.include(`cannot listen at tcp://127.0.0.1:${first.ports.tcp}`);
    await stop(first);
  });

  it('ends at SIGTERM with calls open', async () => {
    const responder = await startResponder();
    const connection = await dial('tcp', responder.ports.tcp);
    const ended = lastValueFrom(connection.closed, { defaultValue: 'in order' }).catch(() => 'broken');
    let begun = (): void => undefined;
    const isBegun = new Promise<void>((done) => (begun = done));
    const read = consume(connection.stream(to('slow.1000000')), () => begun()).catch((error: unknown) => error);
    await isBegun;
    await stop(responder);
    expect(await read).to.include({ tag: 'Broken', code: 'MILLRACE_STOPPED' });
    expect(await ended).to.equal('in order');
  });
});
