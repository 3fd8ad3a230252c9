import { expect } from 'chai';
import { isMeshError, iterate, type MeshError } from 'millrace';
import { connect, payload, tcp, text, websocket, type ConnectOptions, type Payload } from 'millrace/rsocket';
import { NEVER, lastValueFrom, type Observable } from 'rxjs';
import { anError, expectRefusal, named } from './expectations.js';
import {
  cancelFrame,
  channelFrame,
  errorFrame,
  ErrorCode,
  extensionFrame,
  Flag,
  FrameType,
  keepAliveFrame,
  leaseFrame,
  metadataPushFrame,
  payloadFrame,
  rawFrame,
  requestNFrame,
  responseFrame,
  resumeOkFrame,
  setupFrame,
} from './raw-frame.js';
import { listenRaw, rawTransports, type RawPeer, type RawTransport } from './raw-peer.js';
import { watchTests } from './watch.js';

type Connection = Awaited<ReturnType<typeof connect>>;

const replyFlags = Flag.NEXT | Flag.COMPLETE;

describe('a client whose server', () => {
  const watch = watchTests();

  const meet = async (
    transport: RawTransport,
    options: ConnectOptions = {},
  ): Promise<readonly [client: Connection, server: RawPeer]> => {
    const listener = await listenRaw(transport);
    watch.after(listener.close);
    const place = transport === 'tcp' ? tcp({ port: listener.port }) : websocket({ port: listener.port });
    const client = await connect(place, options);
    watch.after(() => client.close().subscribe({ error: () => undefined }));
    const server = watch.peer(await listener.accept());
    await server.expectFrame(named('SETUP'));
    return [client, server];
  };

  const outcome = (work: Observable<unknown>): Promise<unknown> =>
    lastValueFrom(work, { defaultValue: undefined }).catch((error: unknown) => error);

  const failureOf = async (work: Promise<unknown>): Promise<MeshError> => {
    const failure = await work;
    expect(isMeshError(failure), `a MeshError, not ${String(failure)}`).to.equal(true);
    return failure as MeshError;
  };

  /** The connection still answers a call. */
  const goesOn = async (client: Connection, server: RawPeer): Promise<void> => {
    const answer = outcome(client.response(payload('still there?')));
    const { streamId } = await server.expectFrame(named('REQUEST_RESPONSE'));
    await server.send(payloadFrame(streamId, 'yes', { flags: replyFlags }));
    expect(text(((await answer) as Payload).data)).to.equal('yes');
  };

  for (const transport of rawTransports) {
    describe(`over ${transport}`, () => {
      const fatal: Readonly<Record<string, Uint8Array>> = {
        'an empty frame': Buffer.alloc(0),
        'a 3-byte frame': Buffer.from([0, 0, 1]),
        'an unknown type': rawFrame(0, 0x2a, 0),
        'an extension': extensionFrame(0, 0, 1),
        'a truncated ERROR': rawFrame(1, FrameType.ERROR, 0, Buffer.from([0, 0])),
        'a truncated REQUEST_N': rawFrame(1, FrameType.REQUEST_N, 0),
        'metadata longer than its PAYLOAD': rawFrame(
          1,
          FrameType.PAYLOAD,
          Flag.METADATA | replyFlags,
          Buffer.from([9, 9, 9]),
        ),
        'a request with an odd id': responseFrame(3, 'odd'),
        'ERROR CONNECTION_ERROR': errorFrame(0, ErrorCode.CONNECTION_ERROR, 'no more'),
      };
      for (const [name, frame] of Object.entries(fatal)) {
        it(`sends ${name} loses the connection: open calls fail, nothing else does`, async () => {
          const [client, server] = await meet(transport);
          const call = outcome(client.response(payload('open')));
          const closed = outcome(client.closed);
          await server.expectFrame(named('REQUEST_RESPONSE', 1));
          await server.send(frame);
          expect((await failureOf(call)).tag).to.equal('Broken');
          expect((await failureOf(closed)).tag).to.equal('Broken');
          if (name.startsWith('ERROR')) await server.expectClosed();
          else await expectRefusal(server, 'CONNECTION_ERROR');
          expect((await failureOf(outcome(client.response(payload('after'))))).tag).to.equal('Unavailable');
        });
      }

      const harmless: Readonly<Record<string, Uint8Array>> = {
        'an unknown type with IGNORE': rawFrame(0, 0x2a, Flag.IGNORE),
        SETUP: setupFrame(),
        RESUME_OK: resumeOkFrame(),
        'a LEASE nobody asked for': leaseFrame(1000, 1),
        'a PAYLOAD for no stream': payloadFrame(77, 'what'),
        'a REQUEST_N for no stream': requestNFrame(77, 1),
        'a CANCEL of no stream': cancelFrame(77),
        'an ERROR for no stream': errorFrame(77, ErrorCode.INVALID, 'what'),
        'a METADATA_PUSH on a stream': metadataPushFrame('what', 1),
        'a METADATA_PUSH that looks like a greeting': metadataPushFrame(Buffer.from([0xff, 0, 0, 0])),
        'an answer nobody asked for to KEEPALIVE': keepAliveFrame(false, 'what'),
      };
      for (const [name, frame] of Object.entries(harmless)) {
        it(`sends ${name} goes on`, async () => {
          const [client, server] = await meet(transport);
          await server.send(frame);
          await goesOn(client, server);
        });
      }

      it('answers twice gives the first answer', async () => {
        const [client, server] = await meet(transport);
        const call = outcome(client.response(payload('once')));
        await server.expectFrame(named('REQUEST_RESPONSE', 1));
        const twice = ['first', 'second'].map((data) => payloadFrame(1, data, { flags: replyFlags }));
        await server.send(...twice, errorFrame(1, ErrorCode.APPLICATION_ERROR, 'third'));
        expect(text(((await call) as Payload).data)).to.equal('first');
        await goesOn(client, server);
      });

      it('sends more items than were asked for fails that stream only', async () => {
        const [client, server] = await meet(transport);
        const items = iterate(client.stream(payload('numbers')))[Symbol.asyncIterator]();
        const first = items.next();
        const { initial } = await server.expectFrame(named('REQUEST_STREAM', 1));
        expect(initial).to.be.within(1, 256);
        await server.sendAll(Array.from({ length: initial + 1000 }, (_, index) => payloadFrame(1, String(index))));
        expect(text((await first).value?.data)).to.equal('0');
        await server.expectFrame(named('CANCEL', 1));
        const failure = (async () => {
          for (;;) if ((await items.next()).done === true) return 'the end';
        })().catch((error: unknown) => error);
        expect((await failureOf(failure)).tag).to.equal('Invalid');
        await goesOn(client, server);
      });

      it('answers in fragments without end fails that call only', async () => {
        const [client, server] = await meet(transport, { limits: { reassembly: '1 MiB' } });
        const call = outcome(client.response(payload('large')));
        await server.expectFrame(named('REQUEST_RESPONSE', 1));
        const piece = payloadFrame(1, Buffer.alloc(100_000), { flags: Flag.NEXT | Flag.FOLLOWS });
        await server.sendAll(Array.from({ length: 40 }, () => piece));
        expect((await failureOf(call)).tag).to.equal('Invalid');
        await server.expectFrame(named('CANCEL', 1));
        await goesOn(client, server);
      });

      it('sends items of a stream in fragments without end fails that stream only', async () => {
        const [client, server] = await meet(transport, { limits: { reassembly: '1 MiB' } });
        const stream = outcome(client.stream(payload('large')));
        await server.expectFrame(named('REQUEST_STREAM', 1));
        const piece = payloadFrame(1, Buffer.alloc(100_000), { flags: Flag.NEXT | Flag.FOLLOWS });
        await server.sendAll(Array.from({ length: 40 }, () => piece));
        expect((await failureOf(stream)).tag).to.equal('Invalid');
        await server.expectFrame(named('CANCEL', 1));
        await goesOn(client, server);
      });

      it('asks for no items of a channel fails it', async () => {
        const [client, server] = await meet(transport);
        const channel = outcome(client.channel([payload('a'), payload('b'), payload('c')]));
        await server.expectFrame(named('REQUEST_CHANNEL', 1));
        await server.send(requestNFrame(1, 0));
        expect((await failureOf(channel)).tag).to.equal('Invalid');
        await goesOn(client, server);
      });

      it('never asks for items of a channel gets the first only', async () => {
        const [client, server] = await meet(transport);
        const channel = outcome(client.channel([payload('a'), payload('b'), payload('c')]));
        await server.expectFrame(named('REQUEST_CHANNEL', 1));
        await goesOn(client, server);
        expect(server.received.filter((frame) => frame.name === 'PAYLOAD' && frame.streamId === 1)).to.have.length(0);
        await server.send(payloadFrame(1, '', { flags: Flag.COMPLETE }));
        expect(await channel).to.equal(undefined);
      });

      it('refuses the SETUP fails open calls with its reason', async () => {
        const [client, server] = await meet(transport);
        const call = outcome(client.response(payload('open')));
        const closed = outcome(client.closed);
        await server.expectFrame(named('REQUEST_RESPONSE', 1));
        await server.send(errorFrame(0, ErrorCode.REJECTED_SETUP, 'not you'));
        expect((await failureOf(call)).message).to.include('not you');
        expect((await failureOf(closed)).message).to.include('not you');
        await server.expectClosed();
      });

      it('drops the connection inside a frame fails open calls', async () => {
        const [client, server] = await meet(transport);
        const calls = [outcome(client.response(payload('open'))), outcome(client.stream(payload('open')))];
        await server.expectFrame(named('REQUEST_STREAM'));
        if (transport === 'tcp') await server.sendBytes(Buffer.from([0, 1, 0, 0, 0]));
        server.destroy();
        for (const call of calls) expect((await failureOf(call)).tag).to.equal('Broken');
      });

      it('is silent past the lifetime fails open calls', async () => {
        const [client, server] = await meet(transport, { keepAlive: '20 ms', lifetime: '100 ms' });
        const call = outcome(client.response(payload('open')));
        expect((await failureOf(call)).tag).to.equal('Broken');
        expect(server.received.filter((frame) => frame.name === 'KEEPALIVE').length).to.be.above(1);
      });

      it('calls without end is refused past the limit', async () => {
        const [client, server] = await meet(transport, { responder: () => NEVER, limits: { streams: 100 } });
        await server.sendAll(Array.from({ length: 1000 }, (_, index) => responseFrame(index * 2 + 2, 'call')));
        await server.expectFrames(900, anError(undefined, 'REJECTED'));
        await goesOn(client, server);
      });

      it('calls a client that serves nothing gets an error', async () => {
        const [client, server] = await meet(transport);
        await server.send(responseFrame(2, 'call'), channelFrame(4, 1, 'call'));
        await server.expectFrame(anError(2));
        await server.expectFrame(anError(4));
        await goesOn(client, server);
      });
    });
  }
});
