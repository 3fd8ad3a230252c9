/** The MUST lines of Terminology and Framing: what goes over the transport, and how a frame begins. */

import { once } from 'node:events';
import { connect as dial, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { connect, listen, payload, tcp, websocket } from 'millrace/rsocket';
import { of } from 'rxjs';
import { over } from '../conformance/scene.js';
import { aPayload, connectSetUp, expectEcho, expectIgnored, expectRefusal, named } from '../rsocket/expectations.js';
import {
  Flag,
  FrameType,
  notifyFrame,
  prefixed,
  rawFrame,
  readFrame,
  responseFrame,
  setupFrame,
} from '../rsocket/raw-frame.js';
import { listenRaw, portOf, rawTransports } from '../rsocket/raw-peer.js';
import { stage } from './stage.js';

describe('the MUST lines about framing', () => {
  const { watch, serve, meet } = stage();

  /** The bytes that a socket has had, once there are so many. */
  async function bytesOf(socket: Socket, enough: (bytes: Buffer) => boolean): Promise<Buffer> {
    let bytes = Buffer.alloc(0);
    while (!enough(bytes)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      bytes = Buffer.concat([bytes, chunk]);
    }
    return bytes;
  }

  for (const transport of rawTransports) {
    it(`MUST-01: ${transport} carries calls`, async () => {
      const place = transport === 'tcp' ? tcp({ port: 0 }) : websocket({ port: 0 });
      const server = await listen(place, ({ request }) => ('subscribe' in request ? request : of(request)));
      watch.after(() => over(server.close()));
      await expectEcho(watch.peer(await connectSetUp(transport, server.address.port)), 1);
    });
  }

  it('MUST-02: what comes in pieces is taken whole', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.sendInPieces(responseFrame(1, 'in pieces'), [1, 4, 2]);
    expect((await peer.expectFrame(aPayload(1))).data.toString()).to.equal('in pieces');
    await expectEcho(peer, 3, `echo ${'x'.repeat(300_000)}`);
  });

  it('MUST-03: frames of one turn arrive in the order in which they were sent', async () => {
    const { client, server } = await meet();
    const sent = ['small', 'large '.repeat(10_000), 'last'];
    for (const data of sent) client.notify(payload(data)).subscribe();
    await server.expectFrame(named('REQUEST_FNF', 5));
    const came = server.received.filter(named('REQUEST_FNF')).map(({ data }) => data.toString());
    expect(came.map((data) => data.slice(0, 5))).to.deep.equal(['small', 'large', 'last']);
  });

  it('MUST-04: over TCP frames are behind their lengths', async () => {
    const listener = createServer();
    watch.after(() => listener.close());
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const arriving = once(listener, 'connection') as Promise<[Socket]>;
    const client = await connect(tcp({ port: portOf(listener.address()) }));
    const [socket] = await arriving;
    watch.after(() => socket.destroy());
    watch.after(() => client.close().subscribe());
    const bytes = await bytesOf(socket, ({ length }) => length > 3);
    expect(bytes.readUIntBE(0, 3)).to.equal(bytes.length - 3);
    expect(readFrame(bytes.subarray(3)).name).to.equal('SETUP');
  });

  it('MUST-05: over WebSocket frames have no lengths before them', async () => {
    const listener = await listenRaw('websocket');
    watch.after(listener.close);
    const client = await connect(websocket({ port: listener.port }));
    watch.after(() => client.close().subscribe());
    client.notify(payload('x')).subscribe();
    const server = watch.peer(await listener.accept());
    await server.expectFrame(named('SETUP', 0));
    expect((await server.expectFrame(named('REQUEST_FNF', 1))).data.toString()).to.equal('x');
  });

  it('MUST-06: a length has 24 bits, most significant first, and counts all but itself', async () => {
    const { port } = await serve();
    const socket = dial({ port, host: '127.0.0.1' });
    watch.after(() => socket.destroy());
    const data = 'x'.repeat(300);
    socket.write(Buffer.concat([setupFrame(), responseFrame(1, data)].map(prefixed)));
    const bytes = await bytesOf(socket, ({ length }) => length >= 3 + 6 + data.length);
    expect([...bytes.subarray(0, 3)]).to.deep.equal([0, 1, 50]);
    expect(bytes).to.have.length(3 + 306);
  });

  it('MUST-07: every type has room for IGNORE and METADATA', async () => {
    const { setUp, calls } = await serve();
    const peer = await setUp();
    await peer.send(rawFrame(0, 0x2a, Flag.IGNORE | Flag.METADATA, 'what'));
    await peer.send(notifyFrame(1, 'with metadata', { metadata: 'm', flags: Flag.IGNORE }));
    await calls.reached('with metadata');
    await expectIgnored(peer, 3);
  });

  it('MUST-08: where a type has data and metadata, a length is before the metadata', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(responseFrame(1, 'data', { metadata: 'metadata' }));
    const { bytes, flags } = await peer.expectFrame(aPayload(1));
    expect(flags & Flag.METADATA).to.equal(Flag.METADATA);
    expect(bytes.subarray(6).toString('latin1')).to.equal('\0\0\x08metadatadata');
  });

  const tooLong = (flags: number): Buffer =>
    rawFrame(3, FrameType.REQUEST_RESPONSE, Flag.METADATA | flags, Buffer.from([0, 0, 9]), 'metadata');

  it('MUST-09: metadata that is longer than its frame ends the connection', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(tooLong(0));
    await expectRefusal(peer, 'CONNECTION_ERROR');
  });

  it('MUST-09: metadata that is longer than a frame with IGNORE is ignored', async () => {
    const { setUp, calls } = await serve();
    const peer = await setUp();
    await peer.send(tooLong(Flag.IGNORE));
    await expectIgnored(peer, 5);
    expect(calls.count('called')).to.equal(1);
  });
});
