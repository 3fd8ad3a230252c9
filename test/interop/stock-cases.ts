/** What rsocket-js finds at the routes of the interop responder: what its client can do right. */
import { expect } from 'chai';
import { routing } from 'millrace/rsocket';
import type { RawTransport } from '../rsocket/raw-peer.js';
import { type Caller, type Message, type WireFailure } from '../rsocket/side.js';
import { stockSide } from '../rsocket/stock-side.js';
import { createTally } from '../rsocket/tally.js';
import { pattern } from './routes.js';

export interface StockCase {
  readonly name: string;
  readonly run: (transport: RawTransport, port: number, after: (done: () => void) => void) => Promise<void>;
}

const cases: readonly { readonly name: string; readonly run: (caller: Caller) => Promise<void> }[] = [
  {
    name: 'echoes data and metadata',
    async run(caller) {
      const answer = await caller.response(to('echo', 'stock'));
      expect(answer?.data.toString()).to.equal('stock');
      expect(answer?.metadata).to.deep.equal(to('echo').metadata);
    },
  },
  {
    name: 'carries a megabyte both ways',
    async run(caller) {
      const data = pattern(2 ** 20);
      expect((await caller.response({ ...to('echo'), data }))?.data.compare(data)).to.equal(0);
    },
  },
  {
    name: 'counts fire-and-forget',
    async run(caller) {
      await caller.response(to('stats.reset'));
      await caller.notify(to('any', 'from rsocket-js'));
      expect(await stats(caller)).to.include({ fnf: 1, lastFnf: 'from rsocket-js' });
    },
  },
  {
    name: 'tells errors with code and text',
    async run(caller) {
      for (const [route, code, message] of [
        ['error', 0x201, 'boom'],
        ['error.rejected', 0x202, 'rejected'],
        ['error.canceled', 0x203, 'canceled'],
        ['error.invalid', 0x204, 'invalid'],
        ['error.custom', 0x301, 'custom'],
      ] as const) {
        const error = await caller.response(to(route)).catch((thrown: WireFailure) => thrown);
        expect(error).to.include({ code, message });
      }
    },
  },
  {
    name: 'gives as many items as were asked for',
    async run(caller) {
      await caller.response(to('stats.reset'));
      const flow = caller.stream(to('range.10'));
      expect(await texts(flow.take(4))).to.deep.equal(['0', '1', '2', '3']);
      expect(await texts(flow.take(1))).to.deep.equal(['4']);
      const counts = await stats(caller);
      expect(counts).to.include({ emitted: 5, cancels: 0 });
      expect(counts.requestN).to.deep.equal([4, 1]);
      await flow.cancel();
      expect(await stats(caller)).to.include({ emitted: 5, cancels: 1 });
    },
  },
  {
    name: 'echoes a channel',
    async run(caller) {
      const messages = ['a', 'b', 'c'].map((text) => to('channel.echo', text));
      expect(await texts(caller.channel(messages).take(4))).to.deep.equal(['a', 'b', 'c']);
    },
  },
];

/** Each case on a connection of its own. */
export const stockCases: readonly StockCase[] = cases.map(({ name, run }) => ({
  name,
  async run(transport, port, after) {
    const metadataMimeType = 'message/x.rsocket.composite-metadata.v0';
    const caller = await stockSide.connect(transport, port, { tally: createTally(), metadataMimeType });
    after(() => caller.close());
    await run(caller);
  },
}));

function to(route: string, data = ''): Message {
  return { data: Buffer.from(data), metadata: Buffer.from(routing(route)) };
}

async function stats(caller: Caller): Promise<Record<string, unknown>> {
  const answer = await caller.response(to('stats'));
  return JSON.parse(answer?.data.toString() ?? '{}') as Record<string, unknown>;
}

async function texts(messages: Promise<readonly Message[]>): Promise<string[]> {
  return (await messages).map(({ data }) => data.toString());
}
