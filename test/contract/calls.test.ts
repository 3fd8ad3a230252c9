import { expect } from 'chai';
import {
  channel,
  consume,
  contract,
  declared,
  type Handlers,
  isMeshError,
  MeshError,
  notify,
  nothing,
  replyPlace,
  response,
  stream,
} from 'millrace';
import {
  concatMap,
  defer,
  EMPTY,
  finalize,
  firstValueFrom,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  range,
  Subject,
  take,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { z } from 'zod';
import { type Called, ways } from './ways.js';

const Shop = contract(
  'shop',
  {
    price: response(z.object({ id: z.string() }), z.object({ id: z.string(), cents: z.number() })),
    count: stream(z.number(), z.number()),
    double: channel(z.number(), z.number()),
    seen: notify(z.string()),
    said: response(nothing, z.record(z.string(), z.unknown())),
    fails: response(z.string(), z.string()),
    forever: response(nothing, z.string()),
    flood: stream(nothing, z.number()),
    empty: response(nothing, nothing),
    many: response(nothing, z.number()),
    async: response(z.number(), z.number()),
    items: stream(z.number(), z.number()),
  },
  { failures: { SoldOut: declared(z.object({ left: z.number() }), { httpStatus: 410, retry: 'never' }) } },
);

class Counter {
  made = 0;
  cancelled = 0;
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
    said: (_, call) => {
      call.reply.set('etag', '"7"');
      return of({
        priority: call.priority,
        metadata: Object.fromEntries([...call.metadata].filter(([name]) => !name.startsWith('content'))),
        baggage: Object.fromEntries(call.baggage),
        key: call.idempotencyKey,
        limited: call.deadline < Infinity,
      });
    },
    fails(how) {
      if (how === 'throws') throw new Error('a secret');
      if (how === 'rejects') return Promise.reject(new Error('a secret'));
      if (how === 'declared') throw Shop.fail('SoldOut', { left: 0 }, 'no more');
      if (how === 'nothing') return undefined as never;
      const cause = new MeshError('Broken', 'deeper', { cause: new MeshError('Slow', 'deepest') });
      return throwError(() => new MeshError(how as 'Denied', `it is ${how}`, { after: 50, cause }));
    },
    forever: () =>
      NEVER.pipe(
        finalize(() => {
          counter.cancelled += 1;
          counter.left.next();
        }),
      ),
    flood: () => range(0, 100_000),
    empty: () => EMPTY,
    many: () => of(1, 2, 3),
    async async(n) {
      await Promise.resolve();
      return n + 1;
    },
    async *items(to) {
      for (let n = 0; n < to; n++) {
        counter.made += 1;
        yield await Promise.resolve(n);
      }
    },
  };
}

for (const [way, call] of Object.entries(ways)) {
  describe(`a call ${way}`, () => {
    let counter = new Counter();
    let called: Called<typeof Shop>;
    beforeEach(async () => {
      counter = new Counter();
      called = await call(Shop, handlers(counter));
    });
    afterEach(() => called.close());

    const errorOf = (answer: Observable<unknown>): Promise<MeshError> =>
      lastValueFrom(answer, { defaultValue: undefined }).then(
        () => expect.fail('it did not fail'),
        (error: MeshError) => error,
      );

    it('answers with one item, stripped to what the contract says', async () => {
      expect(await firstValueFrom(called.client.price({ id: 'abc' }))).to.deep.equal({ id: 'abc', cents: 3 });
    });

    it('is a projection', async () => {
      const prices = of('a', 'bb').pipe(
        map((id) => ({ id })),
        concatMap(called.client.price),
        map(({ cents }) => cents),
        toArray(),
      );
      expect(await firstValueFrom(prices)).to.deep.equal([1, 2]);
    });

    it('streams as much as is read', async () => {
      const read: number[] = [];
      for await (const n of called.client.count(1_000_000)) {
        read.push(n);
        if (read.length === 10) break;
      }
      expect(read).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(counter.made).to.be.lessThan(300);
    });

    it('streams what an async generator makes, as much as is read', async () => {
      const read: number[] = [];
      for await (const n of called.client.items(1_000_000)) {
        read.push(n);
        if (read.length === 10) break;
      }
      expect(read).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(counter.made).to.be.lessThan(300);
    });

    it('carries a channel both ways', async () => {
      const doubled: number[] = [];
      await consume(called.client.double([1, 2, 3]), (n) => doubled.push(n));
      expect(doubled).to.deep.equal([2, 4, 6]);
    });

    it('tells without an answer', async () => {
      const seen = firstValueFrom(counter.seen);
      await lastValueFrom(called.client.seen('a film'), { defaultValue: undefined });
      expect(await seen).to.equal('a film');
    });

    it('says what its client says of it, and reads what the reply says of itself', async () => {
      const reply = replyPlace();
      const client = called.client.with({
        priority: 'bulk',
        metadata: { tenant: 'a' },
        baggage: { user: 'b' },
        idempotencyKey: 'k',
        deadline: '1 min',
        reply,
      });
      expect(await firstValueFrom(client.said())).to.deep.equal({
        priority: 'bulk',
        metadata: { tenant: 'a' },
        baggage: { user: 'b' },
        key: 'k',
        limited: true,
      });
      expect(reply.metadata.get('etag')).to.equal('"7"');
    });

    it('fails with a declared failure, typed', async () => {
      const error: unknown = await errorOf(called.client.fails('declared'));
      if (!Shop.failed(error, 'SoldOut')) return expect.fail('it is not that failure');
      expect(error.detail.left).to.equal(0);
      expect(error).to.include({ tag: 'Failed', code: 'shop.SoldOut', httpStatus: 410, message: 'no more' });
    });

    for (const how of ['throws', 'rejects', 'nothing']) {
      it(`keeps the message of a bug inside (${how})`, async () => {
        const error = await errorOf(called.client.fails(how));
        expect(error).to.include({ tag: 'Defect', message: 'internal error' });
      });
    }

    for (const tag of ['Rejected', 'Quota', 'Unavailable', 'Slow', 'Late', 'Invalid', 'Unknown', 'Denied'] as const) {
      it(`fails with ${tag} as it is, with its causes`, async () => {
        const error = await errorOf(called.client.fails(tag));
        expect(error).to.include({ tag, message: `it is ${tag}`, after: 50 });
        const { cause } = error;
        if (!isMeshError(cause, 'Broken')) return expect.fail('the cause is lost');
        expect(cause.message).to.equal('deeper');
        expect(isMeshError(cause.cause, 'Slow')).to.equal(true);
      });
    }

    it('is refused for a request that does not match, by the place in it', async () => {
      const error = await errorOf(called.client.price({ id: 7 as never }));
      expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_SCHEMA' });
      expect(error.message).to.match(/^the request of shop\.price does not match the contract: id: /);
    });

    it('is cancelled at its source, once, when the caller leaves', async () => {
      const left = firstValueFrom(counter.left);
      const subscription = called.client.forever().subscribe();
      await firstValueFrom(called.client.price({ id: 'a' }));
      subscription.unsubscribe();
      await left;
      expect(counter.cancelled).to.equal(1);
    });

    it('ends Late when its deadline passes, and its work with it', async () => {
      const left = firstValueFrom(counter.left);
      expect((await errorOf(called.client.with({ deadline: '20 ms' }).forever())).tag).to.equal('Late');
      await left;
    });

    it('fails alone where it floods', async () => {
      const slow = new Observable((to) =>
        called.client
          .flood()
          .pipe(concatMap(() => NEVER))
          .subscribe(to),
      );
      const flooded = errorOf(slow);
      expect((await firstValueFrom(called.client.price({ id: 'a' }))).cents).to.equal(1);
      expect((await flooded).tag).to.equal('Overrun');
    });

    it('has one answer, if only an empty one, and no more', async () => {
      expect(await firstValueFrom(called.client.empty())).to.equal(undefined);
      expect(await lastValueFrom(called.client.many().pipe(toArray()))).to.deep.equal([1]);
      expect(await firstValueFrom(called.client.async(1))).to.equal(2);
    });

    it('is cold: each subscription calls, and none before', async () => {
      const answer = defer(() => called.client.count(1)).pipe(tap(), take(1));
      expect(counter.made).to.equal(0);
      await firstValueFrom(answer);
      await firstValueFrom(answer);
      expect(counter.made).to.equal(2);
    });

    it('does not read messages of a channel before they are wanted', async () => {
      let given = 0;
      function* numbers(): Generator<number> {
        for (;;) yield given++;
      }
      const read: number[] = [];
      for await (const n of called.client.double(numbers())) {
        read.push(n);
        if (read.length === 5) break;
      }
      expect(read).to.deep.equal([0, 2, 4, 6, 8]);
      expect(given).to.be.lessThan(600);
    });
  });
}
