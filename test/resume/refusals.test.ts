import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { expect } from 'chai';
import { virtualClock } from 'millrace/testing';
import { listen, memory, payload, type Server, tcp, text, type Transport } from 'millrace/rsocket';
import { NEVER, of } from 'rxjs';
import { turns } from '../limits/limit-case.js';
import { dialRaw, type RawClient, setUpRaw } from '../limits/raw-client.js';
import { over } from '../conformance/scene.js';
import {
  ErrorCode,
  type ErrorFrame,
  type PayloadFrame,
  type OtherFrame,
  rawFrame,
  FrameType,
  keepAliveFrame,
  payloadFrame,
  prefixed,
  resumeFrame,
  responseFrame,
  setupFrame,
} from '../rsocket/raw-frame.js';

/** The bytes of an answer's frame without its data. */
const HEAD = 6;

describe('a server that resumes', () => {
  let place: Transport;
  let server: Server;
  const clock = virtualClock();
  let calls = 0;

  beforeEach(async () => {
    place = memory();
    calls = 0;
    server = await listen(
      place,
      ({ request }) => {
        calls += 1;
        if ('subscribe' in request) return request;
        return text(request) === 'never' ? NEVER : of(payload(`heard ${text(request)}`));
      },
      { resume: true, clock, grace: 0 },
    );
  });
  afterEach(async () => {
    const closed = over(server.close());
    await clock.advance(2000);
    await closed;
  });

  const answer = (client: RawClient, id: number): Promise<PayloadFrame> =>
    client.expectFrame(
      (frame): frame is PayloadFrame => frame.name === 'PAYLOAD' && frame.streamId === id,
      'an answer',
    );
  const error = (client: RawClient): Promise<ErrorFrame> =>
    client.expectFrame((frame): frame is ErrorFrame => frame.name === 'ERROR', 'an error');
  const resumeOk = (client: RawClient): Promise<OtherFrame<'RESUME_OK'>> =>
    client.expectFrame((frame): frame is OtherFrame<'RESUME_OK'> => frame.name === 'RESUME_OK', 'RESUME_OK');
  const asked = responseFrame(1, 'a');
  const answered = HEAD + 'heard a'.length;

  /** A session with one request that has been answered, and lost. */
  const lost = async (token = 'a'): Promise<void> => {
    const client = await setUpRaw(place, { token });
    client.send(asked);
    expect((await answer(client, 1)).data?.toString()).to.equal('heard a');
    client.close();
    await turns();
  };
  const refused = async (frame: Buffer, why: RegExp): Promise<void> => {
    const client = await dialRaw(place);
    client.send(frame);
    const { code, message } = await error(client);
    expect(message).to.match(why);
    expect(code).to.equal(ErrorCode.REJECTED_RESUME);
    await client.expectClosed();
  };

  it('says once more what the client does not have, and asks for what it does not have', async () => {
    await lost();
    const client = await dialRaw(place);
    client.send(resumeFrame('a', 0, 0));
    expect((await resumeOk(client)).body.readBigUInt64BE()).to.equal(BigInt(asked.length));
    expect((await answer(client, 1)).data?.toString()).to.equal('heard a');
    client.send(responseFrame(3, 'b'));
    expect((await answer(client, 3)).data?.toString()).to.equal('heard b');
    expect(calls).to.equal(2);
    client.close();
  });

  it('says nothing once more that the client has', async () => {
    await lost();
    const client = await dialRaw(place);
    client.send(resumeFrame('a', answered, 0));
    await resumeOk(client);
    client.send(responseFrame(3, 'b'));
    await answer(client, 3);
    expect(client.received.map(({ name }) => name)).to.deep.equal(['RESUME_OK', 'PAYLOAD']);
    client.close();
  });

  it('forgets what a KEEPALIVE says has come', async () => {
    const client = await setUpRaw(place, { token: 'a' });
    client.send(asked);
    await answer(client, 1);
    const told = keepAliveFrame(false);
    told.writeUInt32BE(answered, HEAD + 4);
    client.send(told);
    await turns();
    client.close();
    await turns();
    await refused(resumeFrame('a', 0, 0), new RegExp(`had 0 bytes, those from ${answered} to ${answered} are here`));
  });

  it('goes on on the newest connection, and ends the one that was', async () => {
    const first = await setUpRaw(place, { token: 'a' });
    first.send(asked);
    await answer(first, 1);
    const second = await dialRaw(place);
    second.send(resumeFrame('a', answered, 0));
    await resumeOk(second);
    await first.expectClosed();
    second.send(responseFrame(3, 'b'));
    await answer(second, 3);
    second.close();
  });

  it('refuses a session that it does not know, and one that has ended', async () => {
    await refused(resumeFrame('nobody'), /there is no such session/);
    const client = await setUpRaw(place, { token: 'a' });
    client.send(rawFrame(0, FrameType.ERROR, 0, Buffer.from([0, 0, 1, 1]), 'I leave'));
    await client.expectClosed();
    await refused(resumeFrame('a'), /there is no such session/);
  });

  it('refuses a client that has had more than was sent, and ends its session', async () => {
    await lost();
    await refused(resumeFrame('a', answered + 1, 0), /had 14 bytes, those from 0 to 13 are here/);
    await refused(resumeFrame('a', answered, 0), /there is no such session/);
  });

  it('refuses a position in the midst of a frame', async () => {
    await lost();
    await refused(resumeFrame('a', 5, 0), /had 5 bytes/);
  });

  it('refuses a client that does not have what is missing here', async () => {
    await lost();
    await refused(resumeFrame('a', answered, asked.length + 1), /its frames from 8 on, 7 are here/);
  });

  it('refuses RESUME that is cut short, or of another version', async () => {
    const whole = resumeFrame('a');
    await refused(whole.subarray(0, whole.length - 1), /cut short/);
    await refused(whole.subarray(0, 8), /cut short/);
    const other = Buffer.from(whole);
    other.writeUInt16BE(2, HEAD);
    await refused(other, /version 2\.0 is not supported/);
  });

  it('refuses a SETUP whose token is in use, empty, or longer than 256 bytes', async () => {
    const first = await setUpRaw(place, { token: 'a' });
    first.send(asked);
    await answer(first, 1);
    for (const [token, why] of [
      ['a', /the resume token is in use/],
      ['', /a resume token of 0 bytes/],
      ['x'.repeat(257), /a resume token of 257 bytes/],
    ] as const) {
      const client = await setUpRaw(place, { token });
      expect((await error(client)).message).to.match(why);
      await client.expectClosed();
    }
    first.close();
  });

  it('takes a position in KEEPALIVE that can not be for the end of the session', async () => {
    const client = await setUpRaw(place, { token: 'a' });
    client.send(asked);
    await answer(client, 1);
    const told = keepAliveFrame(false);
    told.writeUInt32BE(1000, HEAD + 4);
    client.send(told);
    await client.expectClosed();
    await refused(resumeFrame('a', answered, 0), /there is no such session/);
  });

  it('leaves no socket to a peer that keeps it half open', async () => {
    const listening = await listen(tcp({ port: 0 }), () => of(payload('x')), { resume: true, grace: 0 });
    const socket = connectTcp({ port: listening.address.port, host: '127.0.0.1', allowHalfOpen: true });
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    const told = keepAliveFrame(false);
    told.writeUInt32BE(1000, HEAD + 4);
    socket.write(Buffer.concat([setupFrame({ token: 'a' }), told].map(prefixed)));
    await once(socket, 'end');
    // A socket that was destroyed answers what still comes with a reset; one that was only ended would take it for ever.
    const more = setInterval(() => socket.write('more'), 1);
    await gone;
    clearInterval(more);
    await over(listening.close());
  });

  it('ends a connection on which RESUME comes second', async () => {
    const client = await setUpRaw(place, { token: 'a' });
    client.send(asked);
    await answer(client, 1);
    client.send(resumeFrame('a'));
    expect((await error(client)).code).to.equal(ErrorCode.REJECTED_RESUME);
    await client.expectClosed();
  });

  it('holds nothing of connections that ask for no session', async () => {
    const client = await setUpRaw(place);
    client.send(asked, payloadFrame(9, 'ignored'));
    await answer(client, 1);
    client.close();
    await turns();
    expect(server.connections).to.equal(0);
  });
});
