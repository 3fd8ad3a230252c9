import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Held, Ready } from './amplification-server.js';
import { connectSetUp, expectEcho, named } from './expectations.js';
import {
  cancelFrame,
  channelFrame,
  Flag,
  keepAliveFrame,
  metadataPushFrame,
  payloadFrame,
  prefixed,
  responseFrame,
  setupFrame,
  streamFrame,
} from './raw-frame.js';
import { connectRaw, rawTransports, type RawPeer, type RawTransport } from './raw-peer.js';
import { watchTests } from './watch.js';

const MIB = 2 ** 20;
/** Held memory stays below so many bytes for each byte sent, as rsocket-js's does not with 61. */
const LIMIT = 60;
/** The same where handlers hold something of their own for each call, or where segments do. */
const PROMISE = 100;

interface Pattern {
  readonly name: string;
  readonly transports?: readonly RawTransport[];
  readonly limit?: number;
  /** Sends until it has sent enough or is stopped by the server; `open` makes connections that count. */
  send(open: (service: string) => Promise<RawPeer>): Promise<unknown>;
}

const justTcp: readonly RawTransport[] = ['tcp'];

const patterns: readonly Pattern[] = [
  ...[0, 1, 64, 1_000_000].map((size): Pattern => ({
    name: `FOLLOWS of ${size.toLocaleString('en')} B without end`,
    transports: rawTransports,
    async send(open) {
      const data = Buffer.alloc(size, 'x');
      const more = payloadFrame(1, data, { flags: Flag.NEXT | Flag.FOLLOWS });
      const count = size > 1000 ? 100 : 200_000;
      const peer = await open('hang');
      await peer.send(responseFrame(1, data, { flags: Flag.FOLLOWS }));
      await peer.sendAll(repeat(count, () => more));
    },
  })),
  {
    name: 'requests of 1 B, each on its own in unfinished fragments',
    send: (open) =>
      overConnections(8, open, 'hang', (peer) =>
        peer.sendAll(repeat(10_000, (index) => responseFrame(index * 2 + 1, 'x', { flags: Flag.FOLLOWS }))),
      ),
  },
  {
    name: 'streams opened and never finished',
    transports: rawTransports,
    send: (open) =>
      overConnections(8, open, 'hang', (peer) =>
        peer.sendAll(repeat(10_000, (index) => streamFrame(index * 2 + 1, 1, 'x'))),
      ),
  },
  {
    name: 'streams opened and never finished, each in a segment of its own',
    limit: PROMISE,
    send: (open) =>
      overConnections(8, open, 'hang', async (peer) => {
        for (const frame of repeat(10_000, (index) => streamFrame(index * 2 + 1, 1, 'x'))) await peer.send(frame);
      }),
  },
  {
    name: 'streams of a pulled source opened and left',
    limit: PROMISE,
    send: (open) =>
      overConnections(8, open, 'endless', (peer) =>
        peer.sendAll(repeat(10_000, (index) => streamFrame(index * 2 + 1, 1, 'x'))),
      ),
  },
  {
    name: 'channels opened and left',
    limit: PROMISE,
    send: (open) =>
      overConnections(8, open, 'stuck', (peer) =>
        peer.sendAll(repeat(10_000, (index) => channelFrame(index * 2 + 1, 1, 'x'))),
      ),
  },
  {
    name: 'streams opened past the limit of one connection',
    send: (open) =>
      overConnections(1, open, 'hang', (peer) =>
        peer.sendAll(repeat(100_000, (index) => streamFrame(index * 2 + 1, 1, 'x'))),
      ),
  },
  {
    name: 'request-and-cancel',
    send: (open) =>
      overConnections(20, open, 'hang', (peer) =>
        peer.sendAll(twice(20_000, (id) => [responseFrame(id, 'x'), cancelFrame(id)])),
      ),
  },
  {
    name: 'one byte a segment, or a fragment of a message',
    transports: rawTransports,
    async send(open) {
      const peer = await open('hang');
      await peer.sendInPieces(responseFrame(1, Buffer.alloc(peer.transport === 'tcp' ? 60_000 : 200_000)), [1]);
    },
  },
  {
    name: 'channels opened with messages never consumed',
    transports: rawTransports,
    send: (open) =>
      overConnections(4, open, 'stuck', async (peer) => {
        await peer.sendAll(repeat(1000, (index) => channelFrame(index * 2 + 1, 1, 'x')));
        const asked = await peer.expectFrames(1000, named('REQUEST_N'), 'REQUEST_N');
        await peer.sendAll(
          asked.flatMap(({ streamId, n }) =>
            Array.from({ length: Math.min(n, 255) }, () => payloadFrame(streamId, 'y')),
          ),
        );
      }),
  },
  {
    name: 'metadata pushes',
    send: (open) =>
      overConnections(10, open, 'hang', (peer) => peer.sendAll(repeat(20_000, () => metadataPushFrame('m')))),
  },
  {
    name: 'answers that are not read: echoes of 1 KiB',
    transports: rawTransports,
    async send(open) {
      const peer = await open('echo');
      peer.pauseReading();
      const data = Buffer.alloc(1024);
      await peer.sendAll(repeat(100_000, (index) => responseFrame(index * 2 + 1, data)));
    },
  },
  {
    name: 'answers that are not read: 64 KiB for each request of 1 B',
    transports: rawTransports,
    async send(open) {
      const peer = await open('large');
      peer.pauseReading();
      await peer.sendAll(repeat(200_000, (index) => responseFrame(index * 2 + 1, 'x')));
    },
  },
  {
    name: 'answers that are not read: 64 KiB for each request of 1 B, on ten connections',
    transports: rawTransports,
    send: (open) =>
      overConnections(10, open, 'large', async (peer) => {
        peer.pauseReading();
        await peer.sendAll(repeat(1000, (index) => responseFrame(index * 2 + 1, 'x')));
      }),
  },
  {
    name: 'answers that are not read: streams with all the credit there is',
    transports: rawTransports,
    async send(open) {
      const peer = await open('endless');
      peer.pauseReading();
      await peer.sendAll(repeat(10_000, (index) => streamFrame(index * 2 + 1, 2 ** 31 - 1, 'x')));
    },
  },
  {
    name: 'answers that are not read: refusals',
    async send(open) {
      const peer = await open('hang');
      peer.pauseReading();
      await peer.sendAll(repeat(200_000, (index) => streamFrame(index * 2 + 1, 0, 'x')));
    },
  },
  {
    name: 'answers that are not read: KEEPALIVE',
    send: (open) =>
      overConnections(10, open, 'hang', async (peer) => {
        peer.pauseReading();
        await peer.sendAll(repeat(20_000, () => keepAliveFrame(true, 'ping')));
      }),
  },
  {
    name: 'connections that say nothing beyond half a SETUP',
    async send(open) {
      const half = prefixed(setupFrame({ data: Buffer.alloc(4096) })).subarray(0, 2048);
      for (let index = 0; index < 500; index++) await (await open('')).sendBytes(half);
    },
  },
];

describe('memory that hostile peers make a server hold', () => {
  const watch = watchTests();

  const start = async (): Promise<{ readonly child: ChildProcess; readonly ports: Ready }> => {
    const script = fileURLToPath(new URL('amplification-server.js', import.meta.url));
    const child = spawn(process.execPath, ['--expose-gc', script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    watch.after(async () => {
      const gone = once(child, 'exit');
      if (child.connected) child.disconnect();
      if (child.exitCode === null && child.signalCode === null) await gone;
    });
    const [ports] = (await once(child, 'message')) as [Ready];
    return { child, ports };
  };

  for (const { name, transports = justTcp, limit = LIMIT, send } of patterns) {
    for (const transport of transports) {
      it(`is bounded: ${name}, over ${transport}`, async () => {
        const { child, ports } = await start();
        const port = ports[transport];
        await warmUp(transport, port);
        const before = await measure(child);
        const peers: RawPeer[] = [];
        const open = async (service: string): Promise<RawPeer> => {
          const connect =
            service === '' ? connectRaw(transport, port) : connectSetUp(transport, port, { data: service });
          const peer = watch.peer(await connect);
          peers.push(peer);
          return peer;
        };
        const sent = (): number => peers.reduce((sum, peer) => sum + peer.sentBytes, 0);
        const worst = await worstWhile(send(open), child, before, sent);
        await expectEcho(watch.peer(await connectSetUp(transport, port, { data: 'echo' })), 1);
        console.log(`        ${worst.text}`);
        expect(worst.ratio, 'bytes held for each byte sent').to.be.below(limit);
      }).timeout(60_000);
    }
  }
});

interface Worst {
  readonly ratio: number;
  readonly text: string;
}

/** Measures until the attack is over, or until nothing more of it gets through; what is below 1 MiB counts as 1 MiB sent. */
async function worstWhile(
  attack: Promise<unknown>,
  child: ChildProcess,
  before: Held,
  sent: () => number,
): Promise<Worst> {
  let over = false;
  const finished = attack.finally(() => (over = true));
  let worst: Worst = { ratio: 0, text: 'nothing measured' };
  for (let still = 0, seen = -1; still < 10;) {
    const ended = over;
    const bytes = sent();
    const now = await measure(child);
    const held = now.held - before.held;
    const ratio = held / Math.max(bytes, MIB);
    if (ratio >= worst.ratio || worst.ratio < 1)
      worst = { ratio, text: describeMeasure(held, bytes, ratio, now.peak - before.peak) };
    still = bytes === seen ? still + 1 : 0;
    seen = bytes;
    if (ended && still >= 2) break;
  }
  if (over) await finished;
  else finished.catch(() => undefined);
  return worst;
}

function describeMeasure(held: number, sent: number, ratio: number, peak: number): string {
  const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
  return `held ${mib(held)} for ${mib(sent)} sent: ${ratio.toFixed(1)} × (resident set at most +${mib(peak)})`;
}

async function measure(child: ChildProcess): Promise<Held> {
  const answer = once(child, 'message');
  child.send('measure');
  const [held] = (await answer) as [Held];
  return held;
}

/** Calls enough for the code to be compiled and the pools to be filled, so that only the attack counts. */
async function warmUp(transport: RawTransport, port: number): Promise<void> {
  const peer = await connectSetUp(transport, port, { data: 'echo' });
  await peer.sendAll(repeat(2000, (index) => responseFrame(index * 2 + 1, 'x')));
  await peer.expectFrames(2000, named('PAYLOAD'));
  peer.close();
  await peer.expectClosed();
}

async function overConnections(
  count: number,
  open: (service: string) => Promise<RawPeer>,
  service: string,
  attack: (peer: RawPeer) => Promise<unknown>,
): Promise<void> {
  for (let index = 0; index < count; index++) await attack(await open(service));
}

function* repeat(count: number, frame: (index: number) => Uint8Array): Generator<Uint8Array> {
  for (let index = 0; index < count; index++) yield frame(index);
}

function* twice(count: number, frames: (id: number) => readonly Uint8Array[]): Generator<Uint8Array> {
  for (let index = 0; index < count; index++) yield* frames(index * 2 + 1);
}
