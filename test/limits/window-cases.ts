/** How much a reader lets be under way to it. */
import { type Connection, connect, type Link, listen, memory, payload } from 'millrace/rsocket';
import { map } from 'rxjs';
import { numbers, read, type Reader } from '../conformance/reader.js';
import { over, settled } from '../conformance/scene.js';
import { serving } from '../conformance/serving.js';
import { frameCutter, payloadFrame, prefixed, type RawFrame, readFrame } from '../rsocket/raw-frame.js';
import { type LimitCase, turns } from './limit-case.js';

export const windowCases = {
  firstWindow: {
    limit: 8,
    attempt: (amount, { limits }) => sendUnread(amount, limits),
    outcomes: ['taken', 'taken', 'refused as not asked for'],
  },
  window: {
    limit: 16,
    others: { firstWindow: 1000 },
    attempt: (amount, { limits }) => sendUnread(amount, limits),
    outcomes: ['taken', 'taken', 'refused as not asked for'],
  },
  fastWindow: {
    limit: 64,
    others: { firstWindow: 4 },
    async attempt(amount, { limits }) {
      const { client, reader, responder } = await readFromRaw(limits);
      reader.ask(100_000);
      await turns();
      let most = 0;
      for (let round = 0; round < 200; round++) {
        most = Math.max(most, responder.credit());
        responder.give(responder.credit());
        await turns();
      }
      reader.leave();
      await over(client.close());
      return most >= amount ? 'asked for' : 'not asked for';
    },
    outcomes: ['asked for', 'asked for', 'not asked for'],
  },
  windowBytes: {
    limit: 64 * 1024,
    async attempt(amount, { limits }) {
      const most = Math.max(
        await mostUnderWay(amount, limits),
        await mostUnderWay(Math.floor(amount / 2), limits),
        await mostUnderWay(Math.floor(amount / 5), limits),
      );
      return most <= 64 * 1024 + amount ? 'within the limit and an item' : `${most} bytes under way`;
    },
    outcomes: ['within the limit and an item', 'within the limit and an item', 'within the limit and an item'],
  },
} satisfies Record<string, LimitCase>;

/** Sends so many items to a reader who takes one of them. */
async function sendUnread(amount: number, limits: LimitCase['others']): Promise<string> {
  const { client, reader, responder } = await readFromRaw(limits);
  reader.ask(1);
  await turns();
  responder.give(amount);
  await turns();
  const refused = responder.seen((frame) => frame.name === 'CANCEL');
  reader.ask(amount);
  if (refused) {
    const error = await reader.ended;
    await over(client.close());
    return error?.tag === 'Invalid' ? 'refused as not asked for' : String(error);
  }
  await reader.got(amount);
  reader.leave();
  await over(client.close());
  return 'taken';
}

interface Responder {
  /** Items asked for and not given. */
  credit(): number;
  give(count: number): void;
  seen(guard: (frame: RawFrame) => boolean): boolean;
}

/** A Millrace client that reads a stream from a server of frames. */
async function readFromRaw(limits: LimitCase['others'] = {}): Promise<{
  readonly client: Connection;
  readonly reader: Reader;
  readonly responder: Responder;
}> {
  const transport = memory();
  const frames: RawFrame[] = [];
  let there: Link | undefined;
  const bound = await transport.bind(
    (link) => {
      there = link;
      const cut = frameCutter((frame) => frames.push(readFrame(frame)));
      link.start({
        bytes: (chunk) => cut(Buffer.from(chunk)),
        frame: () => undefined,
        drain: () => undefined,
        closed: () => undefined,
      });
    },
    { frame: 0xffffff, connections: 10 },
  );
  const client = await connect(transport, { limits });
  await bound.close();
  let given = 0;
  const asked = (frame: RawFrame): number =>
    frame.name === 'REQUEST_STREAM' ? frame.initial : frame.name === 'REQUEST_N' ? frame.n : 0;
  return {
    client,
    reader: read(client.stream(payload('items'))),
    responder: {
      credit: () => frames.reduce((sum, frame) => sum + asked(frame), 0) - given,
      give(count) {
        given += count;
        const items = Array.from({ length: count }, () => prefixed(payloadFrame(1, 'item')));
        if (count > 0) there?.write(Buffer.concat(items));
      },
      seen: (guard) => frames.some(guard),
    },
  };
}

/** The most bytes that were made and not read, of items of a size that are read one by one. */
async function mostUnderWay(size: number, limits: LimitCase['others'] = {}): Promise<number> {
  const { items, tally } = numbers();
  const transport = memory();
  const large = items.pipe(map(() => payload(new Uint8Array(size))));
  const server = await listen(transport, serving({ stream: () => large }));
  const client = await connect(transport, { limits });
  const reader = read(client.stream(payload('x')), 4);
  let most = 0;
  for (let taken = 4; taken <= 100; taken += 4) {
    await reader.got(taken);
    await settled(client);
    most = Math.max(most, (tally.count('made') - taken) * size);
    reader.ask(4);
  }
  reader.leave();
  await tally.reached('closed');
  await over(client.close());
  await over(server.close());
  return most;
}
