/** The MUST lines of Connection Establishment. */

import { expect } from 'chai';
import { type MeshError, meshError } from 'millrace';
import { connect, type Connection, payload, tcp } from 'millrace/rsocket';
import { firstValueFrom, of } from 'rxjs';
import { aPayload, expectEcho, expectRefusal, named } from '../rsocket/expectations.js';
import { Flag, keepAliveFrame, leaseFrame, responseFrame, resumeFrame, setupFrame } from '../rsocket/raw-frame.js';
import { listenRaw } from '../rsocket/raw-peer.js';
import { createTally } from '../rsocket/tally.js';
import { namesOn, stage, trips } from './stage.js';

const heard = { error: () => undefined };
const PLENTY = of({ requests: 7, ttl: 60_000 });

describe('the MUST lines about establishing a connection', () => {
  const { watch, serve, meet, encounter, next } = stage();

  it('MUST-67: a client says SETUP first, whatever it is asked for', async () => {
    const listener = await listenRaw('tcp');
    watch.after(listener.close);
    const client = await connect(tcp({ port: listener.port }));
    watch.after(() => client.close().subscribe());
    client.response(payload('x')).subscribe(heard);
    const server = await next(listener);
    await server.expectFrame(named('REQUEST_RESPONSE'));
    expect(server.received.map(({ name, streamId }) => [name, streamId])).to.deep.equal([
      ['SETUP', 0],
      ['REQUEST_RESPONSE', 1],
    ]);
  });

  const onStream3 = (frame: Buffer): Buffer => {
    frame.writeUInt32BE(3);
    return frame;
  };
  for (const resume of [false, true]) {
    it(`MUST-68: no first frame but SETUP and RESUME on stream 0 is taken, resume ${resume}`, async () => {
      const { silent, calls } = await serve({ resume });
      const wrong = [keepAliveFrame(true), responseFrame(1, 'x'), setupFrame({ streamId: 3 })];
      for (const frame of [...wrong, onStream3(resumeFrame('a'))]) {
        const peer = await silent();
        await peer.send(frame);
        await expectRefusal(peer, 'INVALID_SETUP');
      }
      expect(calls.count('called')).to.equal(0);
    });
  }

  it('MUST-69: a client that wants leases makes no request before LEASE', async () => {
    const { client, server } = await meet({ lease: true });
    client.response(payload('x')).subscribe(heard);
    client.stream(payload('x')).subscribe(heard);
    client.notify(payload('x')).subscribe(heard);
    await trips(server);
    expect(server.received.filter(({ streamId }) => streamId !== 0)).to.have.length(0);
    await server.send(leaseFrame(60_000, 3));
    await trips(server);
    expect(new Set(server.received.map(({ streamId }) => streamId))).to.deep.equal(new Set([0, 1, 3, 5]));
  });

  it('MUST-70: a server that accepts a client with leases sends LEASE', async () => {
    const { setUp } = await serve({ leases: PLENTY });
    const peer = await setUp({ flags: Flag.LEASE });
    await trips(peer);
    expect(peer.received.filter(named('LEASE'))).to.have.length(1);
  });

  it('MUST-71: a server that does not take SETUP says why, and closes', async () => {
    const { setUp, silent } = await serve();
    await expectRefusal(await setUp({ major: 2 }), 'UNSUPPORTED_SETUP');
    await expectRefusal(await setUp({ flags: Flag.LEASE }), 'UNSUPPORTED_SETUP');
    const peer = await silent();
    await peer.send(setupFrame().subarray(0, 20));
    await expectRefusal(peer, 'INVALID_SETUP');
  });

  it('MUST-72: a server makes no request of a client that wants leases before its LEASE', async () => {
    const { ours, raw } = await encounter({ leases: PLENTY }, { flags: Flag.LEASE });
    ours.response(payload('x')).subscribe(heard);
    await trips(raw);
    expect(namesOn(raw, 2)).to.deep.equal([]);
    await raw.send(leaseFrame(60_000, 1));
    await trips(raw);
    expect(namesOn(raw, 2)).to.deep.equal(['REQUEST_RESPONSE']);
  });

  it('MUST-73: a client that wants leases sends LEASE as well', async () => {
    const { server } = await meet({ lease: true, leases: PLENTY });
    await trips(server);
    expect(server.received.filter(named('LEASE')).map(({ requests }) => requests)).to.deep.equal([7]);
  });

  it('MUST-74: a server makes no request of a client that it has not accepted', async () => {
    const failures: unknown[] = [];
    const { setUp } = await serve({
      async accept(_, ours: Connection) {
        const availability = await firstValueFrom(ours.availability);
        expect(availability).to.equal(0);
        for (const work of [ours.response(payload('x')), ours.notify(payload('x'))])
          work.subscribe({ error: (error: MeshError) => failures.push(error.tag) });
        throw meshError('Denied', 'not you');
      },
    });
    const peer = await setUp();
    await expectRefusal(peer, 'REJECTED_SETUP');
    expect(peer.received.map(({ name }) => name)).to.deep.equal(['ERROR']);
    expect(failures).to.deep.equal(['Unavailable', 'Unavailable']);
  });

  it('MUST-74: a server may make requests as soon as it has accepted a client', async () => {
    const { ours, raw } = await encounter();
    expect(await firstValueFrom(ours.availability)).to.equal(1);
    ours.response(payload('x')).subscribe(heard);
    await raw.expectFrame(named('REQUEST_RESPONSE', 2));
  });

  it('MUST-75: a server answers nothing before it has accepted', async () => {
    const asked = createTally();
    let accept: () => void = () => undefined;
    const { silent, setUp } = await serve({
      accept: ({ dataMimeType }) => {
        if (dataMimeType !== 'slow/slow') return undefined;
        return new Promise<undefined>((resolve) => {
          accept = () => resolve(undefined);
          asked.add('asked');
        });
      },
    });
    const peer = await silent();
    await peer.send(setupFrame({ dataMimeType: 'slow/slow' }), responseFrame(1, 'echo 1'));
    await asked.reached('asked');
    await expectEcho(await setUp(), 1);
    expect(peer.received).to.have.length(0);
    accept();
    expect((await peer.expectFrame(aPayload(1))).data.toString()).to.equal('echo 1');
  });
});
