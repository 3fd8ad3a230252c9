/** What rsocket-js 1.0.0-alpha.3 and Millrace do together: one table, from which come the tests and a page of the docs. */

import { expect } from 'chai';
import { named } from './expectations.js';
import type { FrameTap } from './frame-tap.js';
import { ErrorCode, Flag } from './raw-frame.js';
import { rawTransports, type RawTransport } from './raw-peer.js';
import { message, pattern, WireFailure, type Caller, type Listening, type Message } from './side.js';
import type { Tally } from './tally.js';
import { askedFor, fragmentsFrom, itemsOn } from './tap-counts.js';

/** Which side Millrace is. */
export type Role = 'client' | 'server';

export interface StockCase {
  readonly name: string;
  readonly role: Role;
  readonly transport: RawTransport;
  /** What rsocket-js does not do here, where that changes what can be asserted. */
  readonly note?: string;
  readonly options: CaseOptions;
  run(parties: Parties): Promise<void>;
}

export interface CaseOptions {
  readonly refuse?: string;
  readonly clientFragment?: number;
  readonly serverFragment?: number;
  readonly setup?: Message;
  readonly dataMimeType?: string;
  readonly metadataMimeType?: string;
  readonly keepAlive?: number;
}

export interface Parties {
  /** The client's calls to the server. */
  readonly caller: Caller;
  /** What the server's handlers see. */
  readonly served: Tally;
  /** What the client's handlers see. */
  readonly calledBack: Tally;
  readonly server: Listening;
  readonly tap: FrameTap;
}

interface Row {
  readonly name: string;
  readonly roles?: readonly Role[];
  readonly note?: Partial<Record<Role, string>>;
  readonly options?: CaseOptions;
  run(parties: Parties, role: Role): Promise<void>;
}

const rows: readonly Row[] = [
  {
    name: 'response: data and metadata come back',
    async run({ caller }) {
      const answer = await caller.response(message('hello', 'echo'));
      expect(answer?.data.toString()).to.equal('hello');
      expect(answer?.metadata?.toString()).to.equal('echo');
    },
  },
  {
    name: 'response: data that is not text comes back',
    async run({ caller }) {
      const data = pattern(1000);
      expect((await caller.response(message(data, 'echo')))?.data.equals(data)).to.equal(true);
    },
  },
  {
    name: 'response: no data',
    async run({ caller }) {
      expect((await caller.response(message('', 'echo')))?.data).to.have.length(0);
    },
  },
  {
    name: 'response: completes without an item',
    async run({ caller }) {
      expect(await caller.response(message('', 'empty'))).to.equal(undefined);
    },
  },
  {
    name: 'response: an application error',
    run: async ({ caller }) => expectFailure(caller.response(message('', 'error.201')), 0x201, 'boom'),
  },
  ...([0x202, 0x203, 0x204, 0x301] as const).map((code): Row => ({
    name: `response: error 0x${code.toString(16)}`,
    note: { client: 'rsocket-js sends every error as 0x201' },
    run: async ({ caller }, role) => {
      const request = message('', `error.${code.toString(16)}`);
      await expectFailure(caller.response(request), role === 'client' ? 0x201 : code, 'boom');
    },
  })),
  {
    name: 'response: cancel reaches the handler',
    async run({ caller, served }) {
      await caller.abandon(message('', 'never'), served.reached('response never'));
      await served.reached('canceled');
      await expectEchoes(caller, 1);
    },
  },
  {
    name: 'response: 256 at once',
    run: ({ caller }) => expectEchoes(caller, 256),
  },
  {
    name: 'response: 10,000, 64 at once',
    async run({ caller }) {
      for (let done = 0; done < 10_000; done += 64) await expectEchoes(caller, 64);
    },
  },
  {
    name: 'notify: arrives',
    async run({ caller, served }) {
      await caller.notify(message('news'));
      await served.reached('notified news');
    },
  },
  {
    name: 'stream: 100 items in order, then the end',
    async run({ caller }) {
      expect(texts(await caller.stream(message('', 'range.100')).take(101))).to.deep.equal(numbers(0, 100));
    },
  },
  {
    name: 'stream: 10,000 items in steps of 10',
    async run({ caller, served }) {
      const flow = caller.stream(message('', 'range.10000'));
      for (let from = 0; from < 10_000; from += 10) {
        expect(texts(await flow.take(10))).to.deep.equal(numbers(from, from + 10));
      }
      expect(await flow.take(1)).to.have.length(0);
      expect(served.count('emitted')).to.equal(10_000);
    },
  },
  {
    name: 'stream: no item',
    async run({ caller }) {
      expect(await caller.stream(message('', 'range.0')).take(1)).to.have.length(0);
    },
  },
  {
    name: 'stream: an error after three items',
    async run({ caller }) {
      const flow = caller.stream(message('', 'fail.3'));
      expect(await flow.take(3)).to.have.length(3);
      await expectFailure(flow.take(1), 0x201, 'stream-boom');
    },
  },
  {
    name: 'stream: no more is sent than was asked for',
    async run({ caller, tap, served }, role) {
      const flow = caller.stream(message('', 'range.100000'));
      expect(await flow.take(5)).to.have.length(5);
      await expectEchoes(caller, 1);
      const asked = askedFor(tap);
      if (role === 'server') expect(asked).to.equal(5);
      else expect(asked).to.be.within(5, 261);
      expect(itemsOn(tap)).to.be.at.most(asked);
      if (role === 'server') expect(served.count('emitted'), 'items that the handler made').to.be.at.most(6);
      expect(texts(await flow.take(3))).to.deep.equal(numbers(5, 8));
      if (role === 'server') expect(itemsOn(tap)).to.equal(8);
      await flow.cancel();
      await served.reached('canceled');
    },
  },
  {
    name: 'stream: cancel stops the producer',
    async run({ caller, served, tap }) {
      const flow = caller.stream(message('', 'range.100000'));
      await flow.take(3);
      await flow.cancel();
      await served.reached('canceled');
      expect(await tap.fromClient.expectFrame(named('CANCEL'))).to.include({ streamId: 1 });
      await expectEchoes(caller, 1);
    },
  },
  {
    name: 'channel: 100 messages come back in order',
    async run({ caller, served }) {
      const flow = caller.channel(numbers(0, 100).map((text) => message(text)));
      expect(texts(await flow.take(101))).to.deep.equal(numbers(0, 100));
      expect(served.count('received')).to.equal(100);
    },
  },
  {
    name: 'channel: 10,000 messages in steps of 8',
    async run({ caller }) {
      const flow = caller.channel(numbers(0, 10_000).map((text) => message(text)));
      for (let from = 0; from < 10_000; from += 8) {
        expect(texts(await flow.take(8))).to.deep.equal(numbers(from, from + 8));
      }
      expect(await flow.take(1)).to.have.length(0);
    },
  },
  {
    name: 'channel: the responder ends it',
    async run({ caller, served, tap }) {
      const flow = caller.channel(endless((index) => message(String(index), index === 3 ? 'last' : undefined)));
      expect(texts(await flow.take(5))).to.deep.equal(numbers(0, 4));
      await tap.fromServer.expectFrame(named('CANCEL'), "the CANCEL of the requester's direction");
      expect(served.count('received')).to.equal(4);
      await expectEchoes(caller, 1);
    },
  },
  {
    name: 'channel: the responder fails',
    async run({ caller }) {
      const flow = caller.channel(endless((index) => message(String(index), index === 2 ? 'fail' : undefined)));
      const read = flow.take(2).then(() => flow.take(1));
      await expectFailure(read, 0x201, 'channel-boom');
      await expectEchoes(caller, 1);
    },
  },
  {
    name: 'channel: the requester cancels',
    async run({ caller, served }, role) {
      const flow = caller.channel(endless((index) => message(String(index))));
      await flow.take(4);
      await flow.cancel();
      await served.reached(role === 'server' ? 'left' : 'canceled');
      await expectEchoes(caller, 1);
    },
  },
  {
    name: 'large: 1 MiB there and back in one frame',
    async run({ caller }) {
      const data = pattern(2 ** 20);
      expect((await caller.response(message(data, 'echo')))?.data.equals(data)).to.equal(true);
    },
  },
  {
    name: 'fragments: the client sends 10,000 bytes in frames of 64',
    options: { clientFragment: 64 },
    async run({ caller, tap }) {
      const data = pattern(10_000);
      const answer = await caller.response(message(data, 'echo'));
      expect(answer?.data.equals(data)).to.equal(true);
      expect(answer?.metadata?.toString()).to.equal('echo');
      expect(fragmentsFrom(tap, 'fromClient')).to.be.above(100);
    },
  },
  {
    name: 'fragments: the client sends channel messages in frames of 64',
    options: { clientFragment: 64 },
    async run({ caller }) {
      const messages = numbers(0, 20).map((text) => message(text.repeat(500), 'm'.repeat(100)));
      const back = await caller.channel(messages).take(21);
      expect(texts(back)).to.deep.equal(numbers(0, 20).map((text) => text.repeat(500)));
    },
  },
  {
    name: 'fragments: the server sends 100,000 bytes in frames of 64',
    options: { serverFragment: 64 },
    note: { client: 'rsocket-js ignores the option in its server, and sends one frame' },
    async run({ caller, tap }, role) {
      const answer = await caller.response(message('', 'large.100000'));
      expect(answer?.data.equals(pattern(100_000))).to.equal(true);
      if (role === 'server') expect(fragmentsFrom(tap, 'fromServer')).to.be.above(1000);
    },
  },
  {
    name: 'keep-alive: frames that ask for an answer get one',
    options: { keepAlive: 20 },
    async run({ caller, tap }) {
      const asks = (frame: { readonly flags: number }): boolean => (frame.flags & Flag.RESPOND) !== 0;
      await tap.fromClient.expectFrames(3, named('KEEPALIVE'));
      const answers = await tap.fromServer.expectFrames(3, named('KEEPALIVE'));
      expect(answers.some(asks), 'an answer that asks for one').to.equal(false);
      await expectEchoes(caller, 1);
    },
  },
  {
    name: 'setup: data, metadata and MIME types reach the server',
    options: {
      setup: message('who', 'token'),
      dataMimeType: 'application/json',
      metadataMimeType: 'text/plain',
    },
    async run({ served, tap }) {
      await served.reached('setup who token');
      await served.reached('mime application/json text/plain');
      expect(await tap.fromClient.expectFrame(named('SETUP'))).to.include({ major: 1, minor: 0 });
    },
  },
  {
    name: 'setup: a refusal reaches the client',
    options: { refuse: 'not today' },
    async run({ caller, tap }) {
      const failure = await caller.closed;
      expect(failure).to.be.instanceOf(WireFailure);
      expect(failure?.message).to.include('not today');
      expect(failure?.code).to.equal(ErrorCode.REJECTED_SETUP);
      expect(await tap.fromServer.expectFrame(named('ERROR'))).to.include({ code: ErrorCode.REJECTED_SETUP });
    },
  },
  {
    name: 'call back: a response from the client',
    async run({ caller, server, calledBack }) {
      await expectEchoes(caller, 1);
      const toClient = await server.client;
      expect((await toClient.response(message('back', 'echo')))?.data.toString()).to.equal('back');
      expect(calledBack.count('response echo')).to.equal(1);
    },
  },
  {
    name: 'call back: a stream from the client',
    async run({ caller, server }) {
      await expectEchoes(caller, 1);
      const toClient = await server.client;
      expect(texts(await toClient.stream(message('', 'range.1000')).take(1001))).to.deep.equal(numbers(0, 1000));
    },
  },
  {
    name: 'call back: a notify to the client',
    async run({ caller, server, calledBack }) {
      await expectEchoes(caller, 1);
      await (await server.client).notify(message('psst'));
      await calledBack.reached('notified psst');
    },
  },
  {
    name: 'push: leaves as METADATA_PUSH',
    roles: ['client'],
    note: { client: 'rsocket-js throws a ReferenceError when it reads METADATA_PUSH, and closes' },
    async run({ caller, tap }) {
      await caller.push(Buffer.from('config'));
      const frame = await tap.fromClient.expectFrame(named('METADATA_PUSH'));
      expect(frame.metadata.toString()).to.equal('config');
      expect(frame).to.include({ streamId: 0, flags: Flag.METADATA });
      expect((await caller.closed)?.message).to.be.a('string');
    },
  },
  {
    name: 'close: the client leaves in order',
    note: { client: "rsocket-js's server over WebSocket does not notice" },
    async run({ caller, server, tap }, role) {
      await expectEchoes(caller, 1);
      const seen = (await server.client).closed;
      caller.close();
      await caller.closed;
      if (role === 'server') await seen;
      await tap.fromClient.expectClosed();
    },
  },
];

/** Every case in both roles and over both transports. */
export const cases: readonly StockCase[] = rows.flatMap((row) =>
  (row.roles ?? ['client', 'server']).flatMap((role) =>
    rawTransports.map((transport) => ({
      name: row.name,
      role,
      transport,
      options: row.options ?? {},
      ...(row.note?.[role] === undefined ? {} : { note: row.note[role] }),
      run: (parties: Parties) => row.run(parties, role),
    })),
  ),
);

async function expectEchoes(caller: Caller, count: number): Promise<void> {
  const sent = numbers(0, count);
  const answers = await Promise.all(sent.map((text) => caller.response(message(text, 'echo'))));
  expect(answers.map((answer) => answer?.data.toString())).to.deep.equal(sent);
}

async function expectFailure(work: Promise<unknown>, code: number, text: string): Promise<void> {
  const failure = await work.then(
    (value) => new Error(`no failure, but ${String(value)}`),
    (error: unknown) => error,
  );
  expect(failure).to.be.instanceOf(WireFailure).and.to.include({ code });
  expect(String(failure)).to.include(text);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}

function texts(messages: readonly Message[]): string[] {
  return messages.map(({ data }) => data.toString());
}

function* endless(make: (index: number) => Message): Generator<Message> {
  for (let index = 0; ; index++) yield make(index);
}
