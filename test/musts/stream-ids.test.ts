/** The MUST lines of Stream Identifiers: who gives them, from where on, and when again. */

import { expect } from 'chai';
import { payload } from 'millrace/rsocket';
import { firstValueFrom } from 'rxjs';
import { NO_STREAM } from '../../transports/rsocket/stream.js';
import { StreamTable } from '../../transports/rsocket/stream-table.js';
import { expectEcho, named } from '../rsocket/expectations.js';
import { Flag, payloadFrame } from '../rsocket/raw-frame.js';
import type { RawPeer } from '../rsocket/raw-peer.js';
import { stage } from './stage.js';

/** The greatest id, 2^31-1. */
const LAST = 0x7fff_ffff;

describe('the MUST lines about stream ids', () => {
  const { meet, encounter } = stage();

  /** The ids of the next requests that come. */
  async function ids(peer: RawPeer, count: number): Promise<number[]> {
    const requests = await peer.expectFrames(count, named('REQUEST_RESPONSE'));
    return requests.map(({ streamId }) => streamId);
  }

  it('MUST-10: requests that are open have ids of their own', async () => {
    const { client, server } = await meet();
    for (const what of ['a', 'b', 'c']) client.response(payload(what)).subscribe({ error: () => undefined });
    expect(new Set(await ids(server, 3)).size).to.equal(3);
  });

  it('MUST-11: ids of a client are odd, and those of a server even', async () => {
    const { client, server } = await meet();
    client.response(payload('a')).subscribe({ error: () => undefined });
    expect((await ids(server, 1)).map((id) => id % 2)).to.deep.equal([1]);
    const { ours, raw } = await encounter();
    ours.response(payload('a')).subscribe({ error: () => undefined });
    expect((await ids(raw, 1)).map((id) => id % 2)).to.deep.equal([0]);
  });

  it('MUST-12: ids of a client are 1, 3, 5, 7', async () => {
    const { client, server } = await meet();
    for (const what of ['a', 'b', 'c', 'd']) client.response(payload(what)).subscribe({ error: () => undefined });
    expect(await ids(server, 4)).to.deep.equal([1, 3, 5, 7]);
  });

  it('MUST-13: ids of a server are 2, 4, 6, 8', async () => {
    const { ours, raw } = await encounter();
    for (const what of ['a', 'b', 'c', 'd']) ours.response(payload(what)).subscribe({ error: () => undefined });
    expect(await ids(raw, 4)).to.deep.equal([2, 4, 6, 8]);
  });

  it('MUST-14: a server answers on an id that was used before', async () => {
    const { raw } = await encounter();
    for (const data of ['echo once', 'echo twice', 'echo thrice']) await expectEcho(raw, 1, data);
  });

  /** A table that will give this id next: giving all before it would take minutes. */
  function tableAt(next: number): StreamTable {
    return Object.assign(new StreamTable(next % 2 === 1 ? 'client' : 'server'), { next });
  }

  it('MUST-15: a connection goes on when all ids have been used, since it uses them again', () => {
    const table = tableAt(LAST);
    for (let opened = 0; opened < 100; opened++) table.forget(table.open(NO_STREAM));
    expect(table.size).to.equal(0);
  });

  it('MUST-16: after the last id come 1, 3, 5 or 2, 4, 6 again', () => {
    const client = tableAt(LAST - 2);
    expect([1, 2, 3, 4].map(() => client.open(NO_STREAM))).to.deep.equal([LAST - 2, LAST, 1, 3]);
    const server = tableAt(LAST - 1);
    expect([1, 2, 3].map(() => server.open(NO_STREAM))).to.deep.equal([LAST - 1, 2, 4]);
  });

  it('MUST-17: ids that are in use are skipped when ids are used again', () => {
    const table = new StreamTable('client');
    const [first, second, third] = [1, 2, 3].map(() => table.open(NO_STREAM));
    expect([first, second, third]).to.deep.equal([1, 3, 5]);
    table.forget(3);
    Object.assign(table, { next: LAST });
    expect([1, 2, 3].map(() => table.open(NO_STREAM))).to.deep.equal([LAST, 3, 7]);
  });

  it('MUST-18: the one free id among many in use is found', () => {
    const table = new StreamTable('client');
    for (let opened = 0; opened < 1000; opened++) table.open(NO_STREAM);
    table.forget(1001);
    Object.assign(table, { next: LAST });
    expect([table.open(NO_STREAM), table.open(NO_STREAM), table.open(NO_STREAM)]).to.deep.equal([LAST, 1001, 2001]);
  });

  it('MUST-78: the id of a stream that has ended is not used for the next', async () => {
    const { client, server } = await meet();
    const used: number[] = [];
    for (const what of ['a', 'b', 'c']) {
      const answer = firstValueFrom(client.response(payload(what)));
      const [id = 0] = await ids(server, 1);
      used.push(id);
      await server.send(payloadFrame(id, what, { flags: Flag.NEXT | Flag.COMPLETE }));
      await answer;
    }
    expect(used).to.deep.equal([1, 3, 5]);
  });
});
