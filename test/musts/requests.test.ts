/** The MUST lines of the frames of streams, METADATA_PUSH and EXT. */

import { expect } from 'chai';
import { iterate } from 'millrace';
import { payload, text } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { anError, aPayload, expectEcho, expectIgnored, expectRefusal, named } from '../rsocket/expectations.js';
import {
  channelFrame,
  extensionFrame,
  Flag,
  metadataPushFrame,
  payloadFrame,
  requestNFrame,
  streamFrame,
} from '../rsocket/raw-frame.js';
import type { RawPeer } from '../rsocket/raw-peer.js';
import { namesOn, onStream, stage, trips } from './stage.js';

const heard = { error: () => undefined };
/** What REQUEST_N can say. */
const MOST = 0x7fff_ffff;

describe('the MUST lines about requests', () => {
  const { serve, meet, encounter } = stage();

  /** ERROR INVALID came on the stream for this frame, and the connection goes on. */
  async function invalid(peer: RawPeer, id: number, frame: Uint8Array): Promise<void> {
    await peer.send(frame);
    await expectEcho(peer, id + 2);
    expect(peer.received.filter(anError(id, 'INVALID')), `ERROR INVALID on stream ${id}`).to.have.length(1);
  }

  it('MUST-45: the items first asked for of a stream are more than 0', async () => {
    const { setUp } = await serve();
    await invalid(await setUp(), 1, streamFrame(1, 0, 'numbers'));
    const { client, server } = await meet();
    client.stream(payload('x')).subscribe(heard);
    expect((await server.expectFrame(named('REQUEST_STREAM'))).initial).to.be.within(1, MOST);
  });

  it('MUST-46: the items first asked for of a channel are more than 0', async () => {
    const { setUp } = await serve();
    await invalid(await setUp(), 1, channelFrame(1, 0, 'first'));
    const { client, server } = await meet();
    client.channel([payload('x')]).subscribe(heard);
    expect((await server.expectFrame(named('REQUEST_CHANNEL'))).initial).to.be.within(1, MOST);
  });

  it('MUST-47: a channel has one REQUEST_CHANNEL, and PAYLOAD for what follows', async () => {
    const { client, server } = await meet();
    client.channel([payload('a'), payload('b'), payload('c')]).subscribe(heard);
    await server.expectFrame(onStream(1));
    await server.send(requestNFrame(1, 2));
    await server.expectFrames(2, onStream(1));
    expect(namesOn(server, 1).slice(0, 3)).to.deep.equal(['REQUEST_CHANNEL', 'PAYLOAD', 'PAYLOAD']);
  });

  it('MUST-48: a channel has no PAYLOAD beyond what REQUEST_N asks for', async () => {
    const { client, server } = await meet();
    client.channel([payload('a'), payload('b'), payload('c')]).subscribe(heard);
    await server.expectFrame(named('REQUEST_CHANNEL'));
    await trips(server);
    expect(namesOn(server, 1)).to.deep.equal(['REQUEST_CHANNEL']);
    await server.send(requestNFrame(1, 1));
    await trips(server);
    expect(namesOn(server, 1)).to.deep.equal(['REQUEST_CHANNEL', 'PAYLOAD']);
  });

  it('MUST-49: REQUEST_N is more than 0', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(streamFrame(1, 1, 'numbers'));
    await peer.expectFrame(aPayload(1));
    await invalid(peer, 1, requestNFrame(1, 0));
    const { client, server } = await meet();
    client.stream(payload('x'), { window: 2 }).subscribe(heard);
    const { initial } = await server.expectFrame(named('REQUEST_STREAM'));
    for (let sent = 0; sent < initial; sent++) await server.send(payloadFrame(1, 'item'));
    expect((await server.expectFrame(named('REQUEST_N', 1))).n).to.be.within(1, MOST);
  });

  it('MUST-50: PAYLOAD has NEXT, COMPLETE or both', async () => {
    const { client, server } = await meet({ fragment: 64 });
    client.response(payload('x'.repeat(300))).subscribe(heard);
    await server.expectFrame(named('REQUEST_RESPONSE'));
    const fragments = await server.expectFrames(4, named('PAYLOAD', 1));
    expect(fragments.map(({ flags }) => flags & (Flag.NEXT | Flag.COMPLETE))).to.not.include(0);
  });

  it('MUST-50: a PAYLOAD of a stream with neither NEXT nor COMPLETE is ignored', async () => {
    const { client, server } = await meet();
    const items = lastValueFrom(client.stream(payload('x')).pipe(toArray()));
    await server.expectFrame(named('REQUEST_STREAM'));
    await server.send(payloadFrame(1, 'nothing', { flags: 0 }), payloadFrame(1, 'item'));
    await server.send(payloadFrame(1, '', { flags: Flag.COMPLETE }));
    expect((await items).map((item) => text(item))).to.deep.equal(['item']);
  });

  it('MUST-51: METADATA_PUSH is on stream 0', async () => {
    const { client, server } = await meet();
    client.push(new Uint8Array(1)).subscribe();
    expect((await server.expectFrame(named('METADATA_PUSH'))).streamId).to.equal(0);
  });

  it('MUST-52: METADATA_PUSH has no length before its metadata', async () => {
    const { client, server } = await meet();
    client.push(Buffer.from('pushed')).subscribe();
    expect((await server.expectFrame(named('METADATA_PUSH'))).bytes.toString('latin1', 6)).to.equal('pushed');
    const { ours, raw } = await encounter();
    const pushed = firstValueFrom(ours.pushes);
    await raw.send(metadataPushFrame('pushed'));
    expect(text(await pushed)).to.equal('pushed');
  });

  it('MUST-53: EXT of any type is ignored with IGNORE, and ends the connection without', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(extensionFrame(0, Flag.IGNORE, 1), extensionFrame(1, Flag.IGNORE, 0));
    await expectIgnored(peer, 1);
    await peer.send(extensionFrame(0, 0, 1));
    await expectRefusal(peer, 'CONNECTION_ERROR');
  });

  it('MUST-79: a channel whose first message is in fragments has one REQUEST_CHANNEL', async () => {
    const { client, server } = await meet({ fragment: 64 });
    client.channel([payload('x'.repeat(150))]).subscribe(heard);
    await trips(server);
    expect(namesOn(server, 1)).to.deep.equal(['REQUEST_CHANNEL', 'PAYLOAD', 'PAYLOAD', 'PAYLOAD']);
    const ends = server.received.filter(named('PAYLOAD')).map(({ flags }) => flags & (Flag.FOLLOWS | Flag.COMPLETE));
    expect(ends).to.deep.equal([Flag.FOLLOWS, 0, Flag.COMPLETE]);
  });

  it('MUST-80: REQUEST_CHANNEL is answered with REQUEST_N', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(channelFrame(1, 1, 'first'));
    await trips(peer);
    expect(namesOn(peer, 1)).to.include('REQUEST_N');
  });

  it('MUST-81: no PAYLOAD of a channel follows the one with COMPLETE', async () => {
    const { client, server } = await meet();
    client.channel([payload('a'), payload('b')]).subscribe(heard);
    await server.expectFrame(named('REQUEST_CHANNEL'));
    await server.send(requestNFrame(1, 100));
    await trips(server);
    const flags = server.received.filter(named('PAYLOAD', 1)).map((frame) => frame.flags);
    expect(flags).to.deep.equal([Flag.NEXT, Flag.COMPLETE]);
  });

  it('MUST-82: a stream has as many items as were asked for, however they were asked for', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(streamFrame(1, 3, 'numbers'));
    await trips(peer);
    expect(peer.received.filter(aPayload(1))).to.have.length(3);
    await peer.send(requestNFrame(1, 3), requestNFrame(1, 2));
    await trips(peer);
    expect(peer.received.filter(aPayload(1))).to.have.length(8);
  });

  it('MUST-82: a peer that sends more items than were asked for loses the stream', async () => {
    const { client, server } = await meet();
    const items = iterate(client.stream(payload('x')))[Symbol.asyncIterator]();
    const first = items.next();
    const { initial } = await server.expectFrame(named('REQUEST_STREAM'));
    await server.sendAll(Array.from({ length: initial + 1000 }, () => payloadFrame(1, 'item')));
    await first;
    await trips(server);
    expect(namesOn(server, 1)).to.include('CANCEL');
    await items.return?.();
  });
});
