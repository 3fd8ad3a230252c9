/** What a server lets a peer do. */
import { cancelFrame, Flag, keepAliveFrame, payloadFrame, responseFrame, setupFrame } from '../rsocket/raw-frame.js';
import { ask, type LimitCase, outcomeOf, type Place, placeOf, turns } from './limit-case.js';
import { dialRaw, setUpRaw } from './raw-client.js';

const ENDED = 'CONNECTION_ERROR, and the end of the connection';

export const serverCases = {
  connections: {
    limit: 3,
    async attempt(amount, { transport }) {
      let last = '';
      for (let each = 0; each < amount; each++) last = await ask(await setUpRaw(transport), 1);
      return last;
    },
    outcomes: ['answered', 'answered', 'REJECTED_SETUP, and the end of the connection'],
  },
  streams: {
    limit: 5,
    async attempt(amount, { transport }) {
      const client = await setUpRaw(transport);
      for (let each = 1; each < amount; each++) client.send(responseFrame(each * 2 + 1, 'hang'));
      return ask(client, 1);
    },
    outcomes: ['answered', 'answered', 'REJECTED'],
  },
  frame: {
    limit: 200,
    async attempt(amount, { transport }) {
      const client = await setUpRaw(transport);
      client.send(responseFrame(1, Buffer.alloc(amount - 6)));
      return outcomeOf(client, 1);
    },
    outcomes: ['answered', 'answered', ENDED],
  },
  reassembly: {
    limit: 1000,
    async attempt(amount, { transport }) {
      const client = await setUpRaw(transport);
      client.send(
        responseFrame(1, Buffer.alloc(400), { flags: Flag.FOLLOWS, metadata: Buffer.alloc(500) }),
        payloadFrame(1, Buffer.alloc(amount - 400 - 1), { flags: Flag.NEXT | Flag.FOLLOWS }),
        payloadFrame(1, Buffer.alloc(1)),
      );
      return outcomeOf(client, 1);
    },
    outcomes: ['answered', 'answered', 'INVALID'],
  },
  reassemblies: {
    limit: 1000,
    async attempt(amount, { transport }) {
      const client = await setUpRaw(transport);
      client.send(
        responseFrame(1, Buffer.alloc(300), { flags: Flag.FOLLOWS, metadata: Buffer.alloc(300) }),
        responseFrame(3, Buffer.alloc(amount - 600), { flags: Flag.FOLLOWS }),
        payloadFrame(3, ''),
      );
      const second = await outcomeOf(client, 3);
      client.send(payloadFrame(1, ''));
      return `${await outcomeOf(client, 1)}, then ${second}`;
    },
    outcomes: ['answered, then answered', 'answered, then answered', 'answered, then INVALID'],
  },
  metadata: {
    limit: 100,
    async attempt(amount, { transport }) {
      const client = await setUpRaw(transport);
      client.send(responseFrame(1, 'whole', { metadata: Buffer.alloc(amount) }));
      client.send(
        responseFrame(3, '', { flags: Flag.FOLLOWS, metadata: Buffer.alloc(60) }),
        payloadFrame(3, 'in fragments', { metadata: Buffer.alloc(amount - 60) }),
      );
      return `${await outcomeOf(client, 1)}, ${await outcomeOf(client, 3)}`;
    },
    outcomes: ['answered, answered', 'answered, answered', 'INVALID, INVALID'],
  },
  setupTime: {
    limit: 5000,
    async attempt(amount, { transport, clock }) {
      const client = await dialRaw(transport);
      await clock.advance(amount - 1);
      client.send(setupFrame());
      await turns();
      await clock.advance(2);
      return ask(client, 1);
    },
    outcomes: ['answered', 'answered', 'INVALID_SETUP, and the end of the connection'],
  },
  lifetime: {
    limit: 4000,
    async attempt(amount, place) {
      const unbounded = await placeOf({});
      const [here, there] = [await lifeOf(amount, place), await lifeOf(amount, unbounded)];
      await unbounded.close();
      return here === there ? 'as long as it asked' : 'not as long as it asked';
    },
    outcomes: ['as long as it asked', 'as long as it asked', 'not as long as it asked'],
  },
  requestRate: {
    limit: 50,
    async attempt(amount, { transport }) {
      const client = await setUpRaw(transport);
      for (let each = 1; each < amount; each++) client.send(responseFrame(each * 2 + 1, 'each'));
      return ask(client, 1);
    },
    outcomes: ['answered', 'answered', ENDED],
  },
  cancelRate: {
    limit: 50,
    async attempt(amount, { transport }) {
      const client = await setUpRaw(transport);
      for (let each = 0; each < amount; each++) client.send(cancelFrame(3));
      return ask(client, 1);
    },
    outcomes: ['answered', 'answered', ENDED],
  },
  ignoredRate: {
    limit: 50,
    async attempt(amount, { transport }) {
      const client = await setUpRaw(transport);
      for (let each = 0; each < amount; each++) client.send(payloadFrame(3, 'to nobody'));
      return ask(client, 1);
    },
    outcomes: ['answered', 'answered', ENDED],
  },
  controlRate: {
    limit: 50,
    async attempt(amount, { transport }) {
      const client = await setUpRaw(transport);
      for (let each = 0; each < amount; each++) client.send(keepAliveFrame(true));
      return ask(client, 1);
    },
    outcomes: ['answered', 'answered', ENDED],
  },
  unsent: {
    limit: 100_000,
    async attempt(amount, { transport, calls }) {
      const client = await setUpRaw(transport);
      await ask(client, 1);
      client.pause();
      client.send(responseFrame(3, `bytes ${amount - 9}`));
      await turns();
      client.send(responseFrame(5, 'more'));
      await turns();
      const read = calls.count('more') === 1;
      client.resume();
      await outcomeOf(client, 5);
      return read ? 'reads on' : 'reads no more until the peer does';
    },
    outcomes: ['reads on', 'reads on', 'reads no more until the peer does'],
  },
} satisfies Record<string, LimitCase>;

/** Milliseconds until a client that asks for such a lifetime, and is silent from then on, is taken for dead. */
async function lifeOf(lifetime: number, { transport, clock, server }: Place): Promise<number> {
  const client = await setUpRaw(transport, { lifetime });
  await ask(client, 1);
  while (server.connections > 0) await clock.advance(1);
  return clock.now();
}
