import { expect } from 'chai';
import { listen, memory, type WireService } from 'millrace/rsocket';
import { virtualClock } from 'millrace/testing';
import { isObservable, lastValueFrom, of, Subject } from 'rxjs';
import { anError, named } from '../rsocket/expectations.js';
import { channelFrame, ErrorCode, errorFrame, Flag, payloadFrame, responseFrame } from '../rsocket/raw-frame.js';
import { type RawClient, setUpRaw } from './raw-client.js';

const more = Flag.NEXT | Flag.FOLLOWS;

/** Has a peer leave 900 bytes of an item on a channel unfinished, which `end` ends, and then begin two requests of 600 bytes. */
async function leaveUnfinished(service: WireService, end: (client: RawClient) => Promise<unknown>): Promise<string> {
  const transport = memory();
  const clock = virtualClock();
  const server = await listen(transport, (call) => (isObservable(call.request) ? service(call) : of(call.request)), {
    clock,
    limits: { reassemblies: 1000 },
    grace: 0,
  });
  const client = await setUpRaw(transport);
  client.send(channelFrame(1, 9, 'first'), payloadFrame(1, Buffer.alloc(900), { flags: more }));
  await clock.advance(0);
  await end(client);
  const half = { flags: Flag.FOLLOWS };
  client.send(
    responseFrame(3, Buffer.alloc(600), half),
    responseFrame(5, Buffer.alloc(600), half),
    payloadFrame(3, ''),
  );
  await clock.advance(0);
  const refused = client.received.filter(anError(5, 'INVALID')).map(({ message }) => message);
  expect(client.received.some(named('PAYLOAD', 3)), 'the other request is answered').to.equal(true);
  const closed = lastValueFrom(server.close(), { defaultValue: undefined });
  await clock.advance(2000);
  await closed;
  return refused.join();
}

describe('the bytes of unfinished items are given back once', () => {
  it('when a channel ends whose messages nobody reads', async () => {
    const end = new Subject<never>();
    const refused = await leaveUnfinished(
      () => end,
      async (client) => {
        end.complete();
        await client.expectFrame(named('PAYLOAD', 1));
      },
    );
    expect(refused).to.contain('more than 1000 bytes of unfinished items');
  });

  it('when a channel that is echoed ends with an error', async () => {
    const refused = await leaveUnfinished(
      ({ request }) => (isObservable(request) ? request : of(request)),
      async (client) => {
        client.send(errorFrame(1, ErrorCode.APPLICATION_ERROR, 'no'));
        await Promise.resolve();
      },
    );
    expect(refused).to.contain('more than 1000 bytes of unfinished items');
  });
});

describe('a request whose last fragment is over the limit', () => {
  it('is refused, and reaches no handler', async () => {
    const transport = memory();
    const clock = virtualClock();
    let called = 0;
    const service: WireService = ({ request }) => {
      called += 1;
      return isObservable(request) ? request : of(request);
    };
    const server = await listen(transport, service, { clock, limits: { reassembly: 1000 }, grace: 0 });
    const client = await setUpRaw(transport);
    client.send(responseFrame(1, Buffer.alloc(600), { flags: Flag.FOLLOWS }), payloadFrame(1, Buffer.alloc(600)));
    await clock.advance(0);
    expect(client.received.map(({ name, streamId }) => `${name} ${streamId}`)).to.deep.equal(['ERROR 1']);
    expect(called).to.equal(0);
    const closed = lastValueFrom(server.close(), { defaultValue: undefined });
    await clock.advance(2000);
    await closed;
  });
});
