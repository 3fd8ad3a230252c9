/** What our client finds at the routes of the interop responder. */
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { consume, fromIterable, isMeshError, iterate, type MeshError } from 'millrace';
import {
  compositeMetadata,
  type Connection,
  type Payload,
  payload,
  routing,
  text,
  type WireService,
} from 'millrace/rsocket';
import { EMPTY, firstValueFrom, lastValueFrom, map, type Observable, of, take, throwError, timer } from 'rxjs';
import { pattern } from './routes.js';

export interface Case {
  readonly name: string;
  readonly run: (connection: Connection) => Promise<void>;
}

const MIB = 2 ** 20;

const responses: readonly Case[] = [
  {
    name: 'echo gives data and metadata back',
    async run(connection) {
      const answer = await firstValueFrom(connection.response(to('echo', 'over the weir')));
      expect(text(answer.data)).to.equal('over the weir');
      expect(Buffer.from(answer.metadata ?? [])).to.deep.equal(Buffer.from(routing('echo')));
    },
  },
  {
    name: 'echo.meta reads each entry of the metadata',
    async run(connection) {
      const metadata = compositeMetadata([
        ['message/x.rsocket.routing.v0', Buffer.from('\techo.meta')],
        ['text/plain', Buffer.from('hi')],
        ['a/b.c', Buffer.from('there')],
      ]);
      const { data } = await firstValueFrom(connection.response(payload('', metadata)));
      expect(text(data)).to.equal('{message/x.rsocket.routing.v0=\techo.meta, text/plain=hi, a/b.c=there}');
    },
  },
  {
    name: 'size counts 20 MiB that were sent',
    async run(connection) {
      const data = pattern(20 * MIB);
      expect(await said(connection.response(to('size', data)))).to.equal(`${data.length}:${crc32(data).toString(16)}`);
    },
  },
  {
    name: 'big answers 20 MiB',
    async run(connection) {
      const { data } = await firstValueFrom(connection.response(to(`big.${20 * MIB}`)));
      expect(Buffer.compare(data, pattern(20 * MIB))).to.equal(0);
    },
  },
  {
    name: 'empty completes without an item',
    async run(connection) {
      expect(await all(connection.response(to('empty')))).to.deep.equal([]);
      expect(await all(connection.stream(to('empty')))).to.deep.equal([]);
    },
  },
  {
    name: 'delay answers',
    async run(connection) {
      expect(await said(connection.response(to('delay.5')))).to.equal('delayed');
    },
  },
  {
    name: 'never is cancelled when its caller leaves',
    async run(connection) {
      await reset(connection);
      connection.response(to('never')).subscribe().unsubscribe();
      expect(await stats(connection)).to.include({ cancels: 1, completes: 0 });
    },
  },
  {
    name: 'a thousand calls at once are answered',
    async run(connection) {
      const calls = Array.from({ length: 1_000 }, (_, n) => said(connection.response(to('echo', `${n}`))));
      expect((await Promise.all(calls)).map(Number)).to.deep.equal(calls.map((_, n) => n));
    },
  },
  ...(
    [
      ['error', 0x201, 'boom'],
      ['error.rejected', 0x202, 'rejected'],
      ['error.canceled', 0x203, 'canceled'],
      ['error.invalid', 0x204, 'invalid'],
      ['error.custom', 0x301, 'custom'],
    ] as const
  ).map(([route, code, message]) => ({
    name: `${route} is 0x${code.toString(16)} ${message}`,
    async run(connection: Connection) {
      expect(await failure(connection.response(to(route)))).to.include({ rsocketCode: code, message });
    },
  })),
  {
    name: 'other routes are errors in every model',
    async run(connection) {
      await failure(connection.response(to('nowhere')));
      await failure(connection.stream(to('nowhere.5')));
      await failure(connection.channel([to('nowhere')]));
    },
  },
];

const streams: readonly Case[] = [
  {
    name: 'notify and metadata push are counted',
    async run(connection) {
      await reset(connection);
      await lastValueFrom(connection.notify(to('any', 'first')), nothing);
      await lastValueFrom(connection.notify(to('other', 'second')), nothing);
      await lastValueFrom(connection.push(Buffer.from('pushed')), nothing);
      expect(await stats(connection)).to.include({ fnf: 2, lastFnf: 'second', push: 1, lastPush: 'pushed' });
    },
  },
  {
    name: 'range gives its numbers and completes',
    async run(connection) {
      await reset(connection);
      expect(await all(connection.stream(to('range.300')))).to.deep.equal(numbers(300));
      expect(await stats(connection)).to.include({ completes: 1, emitted: 300, cancels: 0 });
      expect(await all(connection.stream(to('range.0')))).to.deep.equal([]);
      expect(await all(connection.stream(to('slow.3')))).to.deep.equal(numbers(3));
    },
  },
  {
    name: 'range of a million stops with its reader',
    async run(connection) {
      await reset(connection);
      const items: string[] = [];
      for await (const { data } of connection.stream(to('range.1000000'))) if (items.push(text(data)) === 100) break;
      expect(items).to.deep.equal(numbers(100));
      const { emitted, cancels } = await stats(connection);
      expect(cancels).to.equal(1);
      expect(emitted).to.be.at.most(100 + 256);
    },
  },
  {
    name: 'a large stream arrives whole',
    async run(connection) {
      let next = 0;
      await consume(connection.stream(to('range.100000')), ({ data }) => expect(text(data)).to.equal(`${next++}`));
      expect(next).to.equal(100_000);
    },
  },
  {
    name: 'interval drops what was not asked for',
    async run(connection) {
      const items = iterate(connection.stream(to('interval.2'), { window: 1 }))[Symbol.asyncIterator]();
      expect(text((await items.next()).value?.data)).to.equal('0');
      await said(connection.response(to('delay.50')));
      expect(Number(text((await items.next()).value?.data))).to.be.above(2);
      await items.return?.();
    },
  },
  {
    name: 'stream.error fails after its items',
    async run(connection) {
      const items: string[] = [];
      const stream = connection.stream(to('stream.error.5')).pipe(map(({ data }) => items.push(text(data))));
      expect(await failure(stream)).to.include({ rsocketCode: 0x201, message: 'stream-boom' });
      expect(items).to.deep.equal(numbers(5));
    },
  },
  {
    name: 'stream.big gives items of 100,000 bytes and more',
    async run(connection) {
      let next = 0;
      await consume(connection.stream(to('stream.big.40')), ({ data }) =>
        expect(Buffer.compare(data, pattern(100_000 + next++))).to.equal(0),
      );
      expect(next).to.equal(40);
    },
  },
];

const channels: readonly Case[] = [
  {
    name: 'channel.echo gives each item back',
    async run(connection) {
      await reset(connection);
      expect(await all(connection.channel(items('channel.echo', numbers(1_000))))).to.deep.equal(numbers(1_000));
      expect(await stats(connection)).to.include({ completes: 1, emitted: 1_000 });
    },
  },
  {
    name: 'channel.take ends the channel, and its requester',
    async run(connection) {
      let given = 0;
      let left = false;
      const endless = fromIterable(function* () {
        try {
          for (;;) yield to('channel.take.5', `${given++}`);
        } finally {
          left = true;
        }
      });
      expect(await all(connection.channel(endless))).to.deep.equal(numbers(5));
      await said(connection.response(to('echo')));
      expect(left).to.equal(true);
      expect(given).to.be.at.most(5 + 256);
    },
  },
  {
    name: 'channel.error fails after its items',
    async run(connection) {
      const channel = connection.channel(items('channel.error.3', numbers(10)));
      expect(await failure(channel)).to.include({ rsocketCode: 0x201, message: 'channel-boom' });
    },
  },
  {
    name: 'channel.sum answers once, when the requester completes',
    async run(connection) {
      expect(await all(connection.channel(items('channel.sum', numbers(1_001))))).to.deep.equal(['500500']);
    },
  },
];

export const ourCases: readonly Case[] = [...responses, ...streams, ...channels];

/** Answers the responder's call to its client. */
export const clientEcho: WireService = ({ interaction, request }) =>
  interaction === 'response' && 'data' in request
    ? of(payload(`client says ${text(request.data)}`))
    : throwError(() => new Error('only responses'));

const nothing = { defaultValue: undefined };

/** A message to a route. */
export function to(route: string, data: string | Uint8Array = ''): Payload {
  return payload(data, routing(route));
}

export async function stats(connection: Connection): Promise<Record<string, unknown>> {
  return JSON.parse(await said(connection.response(to('stats')))) as Record<string, unknown>;
}

/** Asks for the counts, each time a few milliseconds later, until one of them is as wanted. */
export function statsUntil(connection: Connection, wanted: (counts: Record<string, unknown>) => boolean) {
  const ask = async (): Promise<Record<string, unknown>> => {
    const counts = await stats(connection);
    if (wanted(counts)) return counts;
    await lastValueFrom(timer(5).pipe(take(1)));
    return ask();
  };
  return ask();
}

async function reset(connection: Connection): Promise<void> {
  expect(await said(connection.response(to('stats.reset')))).to.equal('ok');
}

async function said(answer: Observable<Payload>): Promise<string> {
  return text((await firstValueFrom(answer)).data);
}

async function all(answer: Observable<Payload>): Promise<string[]> {
  const found: string[] = [];
  await consume(answer, ({ data }) => found.push(text(data)));
  return found;
}

async function failure(answer: Observable<unknown>): Promise<MeshError> {
  const error: unknown = await consume(answer, () => undefined).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (isMeshError(error)) return error;
  throw new Error('the call has not failed with a MeshError', { cause: error });
}

function items(route: string, texts: readonly string[]): Observable<Payload> {
  return texts.length === 0
    ? EMPTY
    : fromIterable(texts).pipe(map((each, n) => (n === 0 ? to(route, each) : payload(each))));
}

function numbers(length: number): string[] {
  return Array.from({ length }, (_, n) => `${n}`);
}
