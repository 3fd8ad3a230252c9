import { expect } from 'chai';
import { anError, aPayload, connectSetUp, named } from './expectations.js';
import { cancelFrame, errorFrame, payloadFrame, requestNFrame, responseFrame, setupFrame } from './raw-frame.js';
import { connectRaw, listenRaw, rawTransports, type RawPeer, type RawTransport } from './raw-peer.js';
import { watchTests } from './watch.js';

describe('a raw peer', () => {
  const watch = watchTests();

  const pair = async (transport: RawTransport): Promise<readonly [client: RawPeer, server: RawPeer]> => {
    const listener = await listenRaw(transport);
    watch.after(listener.close);
    const client = watch.peer(await connectRaw(transport, listener.port));
    return [client, watch.peer(await listener.accept())];
  };

  for (const transport of rawTransports) {
    describe(`over ${transport}`, () => {
      it('carries frames both ways, each claimed once', async () => {
        const [client, server] = await pair(transport);
        await client.send(setupFrame(), responseFrame(1, 'one'), responseFrame(3, 'two'));
        expect((await server.expectFrame(named('REQUEST_RESPONSE'))).streamId).to.equal(1);
        expect((await server.expectFrame(named('REQUEST_RESPONSE'))).streamId).to.equal(3);
        expect((await server.expectFrame(named('SETUP'))).major).to.equal(1);
        await server.send(payloadFrame(1, 'reply'), errorFrame(3, 0x201, 'why'));
        expect((await client.expectFrame(anError(3, 'APPLICATION_ERROR'))).message).to.equal('why');
        expect((await client.expectFrame(aPayload(1))).data.toString()).to.equal('reply');
        expect(client.received).to.have.length(2);
      });

      it('sends a frame a byte at a time', async () => {
        const [client, server] = await pair(transport);
        await client.sendInPieces(responseFrame(1, 'in pieces', { metadata: 'm' }), [1]);
        expect((await server.expectFrame(named('REQUEST_RESPONSE', 1))).data.toString()).to.equal('in pieces');
      });

      it('sends and counts many frames', async () => {
        const [client, server] = await pair(transport);
        const sent = client.sendAll(Array.from({ length: 20_000 }, (_, index) => requestNFrame(index + 1, 1)));
        expect(await server.expectFrames(20_000, named('REQUEST_N'))).to.have.length(20_000);
        expect(await sent).to.equal(true);
        expect(client.sentBytes).to.equal(20_000 * (transport === 'tcp' ? 13 : 16));
      });

      it('sees the other side close, in order or not', async () => {
        for (const leave of ['close', 'destroy'] as const) {
          const [client, server] = await pair(transport);
          const left = client.expectFrame(aPayload(1)).then(
            () => 'a frame',
            (error: unknown) => String(error),
          );
          server[leave]();
          await client.expectClosed();
          expect(await left).to.include('ended before 1 ×');
          expect(await client.send(cancelFrame(1))).to.equal(false);
        }
      });

      it('fails an expectation when a frame cannot be read', async () => {
        const [client, server] = await pair(transport);
        await (transport === 'tcp'
          ? server.sendBytes(Buffer.from([0, 0, 2, 0, 0]))
          : server.sendBytes(Buffer.from([0, 0])));
        const failure = await client.expectFrame(aPayload()).catch((error: unknown) => error);
        expect(failure)
          .to.be.instanceOf(Error)
          .and.to.have.nested.property('cause.message')
          .that.includes("can't be read");
      });

      it('does not read while paused', async () => {
        const [client, server] = await pair(transport);
        client.pauseReading();
        await server.send(payloadFrame(1, 'late'));
        await client.send(cancelFrame(1));
        await server.expectFrame(named('CANCEL'));
        expect(client.received).to.have.length(0);
        client.resumeReading();
        await client.expectFrame(aPayload(1));
      });

      it('greets with SETUP', async () => {
        const listener = await listenRaw(transport);
        watch.after(listener.close);
        watch.peer(await connectSetUp(transport, listener.port, { data: 'hello' }));
        const server = watch.peer(await listener.accept());
        expect((await server.expectFrame(named('SETUP'))).data.toString()).to.equal('hello');
      });
    });
  }
});
