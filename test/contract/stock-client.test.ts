/** What a contract promises a client that knows nothing of Millrace: rsocket-js 1.0.0-alpha.3. */
import { expect } from 'chai';
import {
  answering,
  channel,
  contract,
  declared,
  ERRORS,
  type ErrorTag,
  type Handlers,
  MeshError,
  notify,
  nothing,
  response,
  stream,
} from 'millrace';
import {
  COMPOSITE,
  compositeMetadata,
  listen,
  MIME_TYPE,
  mimeTypes,
  ROUTING,
  routingTags,
  type Server,
  tcp,
  TRACING,
  tracing,
  websocket,
} from 'millrace/rsocket';
import { finalize, firstValueFrom, lastValueFrom, map, NEVER, of, startWith, Subject, throwError } from 'rxjs';
import { z } from 'zod';
import { letTimersGo } from '../rsocket/loose-timers.js';
import { rawTransports } from '../rsocket/raw-peer.js';
import { type Caller, type Message, WireFailure } from '../rsocket/side.js';
import { stockSide } from '../rsocket/stock-side.js';
import { createTally } from '../rsocket/tally.js';

const Shop = contract(
  'shop',
  {
    price: response(z.object({ id: z.string() }), z.object({ id: z.string(), cents: z.number() })),
    count: stream(z.number(), z.number()),
    double: channel(z.number(), z.number()),
    seen: notify(z.string()),
    nothing: response(nothing, nothing),
    trace: response(nothing, z.string()),
    fails: response(z.string(), z.string()),
    failsLate: stream(z.number(), z.number()),
    forever: stream(nothing, z.string()),
  },
  { failures: { SoldOut: declared(z.object({ left: z.number() }), { httpStatus: 410, rsocketCode: 0x310 }) } },
);

class Counter {
  made = 0;
  readonly seen = new Subject<string>();
  readonly left = new Subject<void>();
}

function handlers(counter: Counter): Handlers<typeof Shop> {
  return {
    price: ({ id }) => of({ id, cents: id.length, hidden: 'secret' }),
    *count(to) {
      for (let n = 0; n < to; n++) {
        counter.made += 1;
        yield n;
      }
    },
    double: (numbers) => numbers.pipe(map((n) => n * 2)),
    seen: (what) => counter.seen.next(what),
    nothing: async () => undefined,
    trace: async (_, { trace }) => trace?.traceId ?? 'none',
    fails(how) {
      if (how === 'declared') throw Shop.fail('SoldOut', { left: 0 }, 'no more');
      return throwError(() => new MeshError(how as ErrorTag, `it is ${how}`));
    },
    *failsLate(after) {
      for (let n = 0; n < after; n++) yield n;
      throw new MeshError('Denied', 'so many and no more');
    },
    forever: () =>
      NEVER.pipe(
        startWith('begun'),
        finalize(() => counter.left.next()),
      ),
  };
}

/** How a route is said in metadata of each type that a connection may declare. */
const metadataTypes: Readonly<Record<string, readonly [type: string, of: (route: string) => Uint8Array]>> = {
  'composite metadata': [COMPOSITE, (route) => compositeMetadata([[ROUTING, routingTags(route)]])],
  'routing metadata alone': [ROUTING, (route) => routingTags(route)],
};

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const valueOf = (message: Message | undefined): unknown => JSON.parse(message?.data.toString() ?? 'missing');

const failureOf = (work: Promise<unknown>): Promise<WireFailure> =>
  work.then(
    (answer) => expect.fail(`it did not fail, but said ${JSON.stringify(answer)}`),
    (error: unknown) => (error instanceof WireFailure ? error : expect.fail(String(error))),
  );

for (const transport of rawTransports) {
  for (const [name, [metadataMimeType, routed]] of Object.entries(metadataTypes)) {
    describe(`a contract called by rsocket-js over ${transport}, with ${name},`, () => {
      letTimersGo();
      const to = (method: string, value?: unknown): Message => ({
        data: value === undefined ? Buffer.alloc(0) : json(value),
        metadata: Buffer.from(routed(method.includes('.') || method === '' ? method : `shop.${method}`)),
      });
      let counter = new Counter();
      let server: Server;
      let caller: Caller;
      beforeEach(async () => {
        counter = new Counter();
        const place = transport === 'tcp' ? tcp({ port: 0 }) : websocket({ port: 0 });
        server = await listen(place, answering(Shop, handlers(counter)), { grace: '100 ms' });
        caller = await stockSide.connect(transport, server.address.port, { tally: createTally(), metadataMimeType });
      });
      afterEach(async () => {
        caller.close();
        await lastValueFrom(server.close(), { defaultValue: undefined });
      });

      it('answers with one item, stripped to what the contract says', async () => {
        const answer = await caller.response(to('price', { id: 'abc' }));
        expect(valueOf(answer)).to.deep.equal({ id: 'abc', cents: 3 });
        expect(answer?.metadata).to.equal(undefined);
      });

      it('takes a request without data for nothing, and no trace where none is said', async () => {
        expect(valueOf(await caller.response(to('trace')))).to.equal('none');
      });

      it('answers nothing without data', async () => {
        const answer = await caller.response(to('nothing'));
        expect([answer?.data.toString(), answer?.metadata]).to.deep.equal(['', undefined]);
      });

      it('streams as many items as are asked for, and makes no more', async () => {
        const flow = caller.stream(to('count', 1_000_000));
        expect((await flow.take(3)).map(valueOf)).to.deep.equal([0, 1, 2]);
        expect((await flow.take(2)).map(valueOf)).to.deep.equal([3, 4]);
        await caller.response(to('price', { id: 'a' }));
        expect(counter.made).to.equal(5);
        await flow.cancel();
      });

      it('streams to the end', async () => {
        expect((await caller.stream(to('count', 4)).take(10)).map(valueOf)).to.deep.equal([0, 1, 2, 3]);
      });

      it('carries a channel both ways, of which the first message says the route', async () => {
        const messages = [to('double', 1), { data: json(2) }, { data: json(3) }];
        expect((await caller.channel(messages).take(10)).map(valueOf)).to.deep.equal([2, 4, 6]);
      });

      it('takes as much of a channel as is read of it', async () => {
        let given = 0;
        function* messages(): Generator<Message> {
          for (;;) yield given++ === 0 ? to('double', 0) : { data: json(given - 1) };
        }
        const flow = caller.channel(messages());
        expect((await flow.take(5)).map(valueOf)).to.deep.equal([0, 2, 4, 6, 8]);
        await caller.response(to('price', { id: 'a' }));
        expect(given).to.be.below(300);
        await flow.cancel();
      });

      it('is told without an answer', async () => {
        const seen = firstValueFrom(counter.seen);
        await caller.notify(to('seen', 'a film'));
        expect(await seen).to.equal('a film');
      });

      it('is cancelled at its source', async () => {
        const left = firstValueFrom(counter.left);
        const flow = caller.stream(to('forever'));
        expect((await flow.take(1)).map(valueOf)).to.deep.equal(['begun']);
        await flow.cancel();
        await left;
      });

      for (const [tag, { rsocket }] of Object.entries(ERRORS)) {
        it(`fails with ${tag} as 0x${rsocket.toString(16)}`, async () => {
          const error = await failureOf(caller.response(to('fails', tag)));
          const message = tag === 'Defect' ? 'internal error' : `it is ${tag}`;
          expect(error).to.include({ code: rsocket, message });
        });
      }

      it('fails with a declared failure by the code that it declares', async () => {
        const error = await failureOf(caller.response(to('fails', 'declared')));
        expect(error).to.include({ code: 0x310, message: 'no more' });
      });

      it('fails after the items that came before', async () => {
        const flow = caller.stream(to('failsLate', 2));
        expect((await flow.take(2)).map(valueOf)).to.deep.equal([0, 1]);
        expect(await failureOf(flow.take(1))).to.include({ code: 0x202, message: 'so many and no more' });
      });

      it('is refused for a message that does not match, in each model that answers', async () => {
        const error = await failureOf(caller.response(to('price', { id: 7 })));
        expect(error.code).to.equal(0x204);
        expect(error.message).to.match(/^the request of shop\.price does not match the contract: id: /);
        for (const flow of [caller.stream(to('count', 'many')), caller.channel([to('double', 'two')])]) {
          expect((await failureOf(flow.take(1))).code).to.equal(0x204);
        }
      });

      it('is refused for what is no JSON, for a route that there is not, and for another model', async () => {
        const torn = await failureOf(caller.response({ ...to('price'), data: Buffer.from('{"id":') }));
        expect(torn.code).to.equal(0x204);
        const unknown = await failureOf(caller.response(to('shop.prise', { id: 'a' })));
        expect(unknown).to.include({ code: 0x204, message: 'there is no shop.prise; did you mean shop.price?' });
        const other = await failureOf(caller.response(to('count', 3)));
        expect(other.message).to.equal('shop.count is a stream method, and was called as a response');
      });

      it('is refused where it names no route', async () => {
        const error = await failureOf(caller.response({ data: json({ id: 'a' }) }));
        expect(error.code).to.equal(0x204);
        expect(error.message).to.match(/^the request names no route/);
      });
    });
  }

  describe(`a contract called by rsocket-js over ${transport}, with more than a route,`, () => {
    letTimersGo();
    it('takes what it knows of it, in any order, and passes over the rest', async () => {
      const place = transport === 'tcp' ? tcp({ port: 0 }) : websocket({ port: 0 });
      const server = await listen(place, answering(Shop, handlers(new Counter())), { grace: '100 ms' });
      const options = { tally: createTally(), metadataMimeType: COMPOSITE };
      const caller = await stockSide.connect(transport, server.address.port, options);
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      const metadata = compositeMetadata([
        ['application/x-of-another', Uint8Array.of(1, 2, 3)],
        [TRACING, tracing({ traceId, spanId: 'b7ad6b7169203331' })],
        [MIME_TYPE, mimeTypes('application/json')],
        [ROUTING, routingTags('shop.trace', 'another tag')],
      ]);
      const answer = await caller.response({ data: json(null), metadata: Buffer.from(metadata) });
      expect(valueOf(answer)).to.equal(traceId);
      caller.close();
      await lastValueFrom(server.close(), { defaultValue: undefined });
    });
  });
}
