import { expect } from 'chai';
import {
  channel,
  contract,
  fromIterable,
  MeshError,
  nothing,
  response,
  type Schema,
  stream,
  unchecked,
} from 'millrace';
import { catchError, concat, firstValueFrom, lastValueFrom, NEVER, of, ReplaySubject, Subject, throwError } from 'rxjs';
import { z } from 'zod';
import { endless, turnsOf } from '../demand/rig.js';
import { type Called, ways } from './ways.js';

const WINDOW = 16;
const limits = { firstWindow: 8, window: WINDOW, fastWindow: WINDOW };
const slow: Schema<number> = z.number().refine(async (n) => {
  await turnsOf(1 + (n % 3));
  return true;
});
const Numbers = contract('numbers', {
  count: stream(nothing, slow),
  async: stream(nothing, slow),
  into: channel(slow, z.number()),
});

for (const [way, call] of Object.entries(ways)) {
  describe(`an asynchronous schema keeps the demand ${way}`, () => {
    const window = way === 'within the process' ? 0 : WINDOW;
    let made = 0;
    let called: Called<typeof Numbers>;
    beforeEach(async () => {
      made = 0;
      const numbers = (): Iterable<number> => endless(() => (made += 1));
      called = await call(
        Numbers,
        {
          count: numbers,
          async *async() {
            yield* numbers();
          },
          into: (given) => given,
        },
        limits,
      );
    });
    afterEach(() => called.close());
    for (const method of ['count', 'async', 'into'] as const) {
      it(method, async () => {
        const { client } = called;
        const given = fromIterable(() => endless(() => (made += 1)));
        let read = 0;
        let most = 0;
        for await (const n of method === 'into' ? client.into(given) : client[method]()) {
          expect(n).to.equal(read++);
          most = Math.max(most, made - read);
          if (read === 1_000) break;
        }
        expect(most).to.be.at.most((method === 'into' ? 2 : 1) * window + 4);
      });
    }
  });

  describe(`a web stream that waits is cancelled when its caller leaves ${way}`, () => {
    const Events = contract('events', { all: stream(nothing, z.number()), ping: response(nothing, z.number()) });
    it('at once, and not with its next item', async () => {
      const asked = new Subject<void>();
      const cancelled = new Subject<void>();
      const called = await call(Events, {
        all: () =>
          new ReadableStream<number>(
            {
              async pull() {
                asked.next();
                await lastValueFrom(NEVER);
              },
              cancel: () => cancelled.next(),
            },
            { highWaterMark: 0 },
          ),
        ping: () => of(1),
      });
      const waits = firstValueFrom(asked);
      const left = firstValueFrom(cancelled);
      const subscription = called.client.all().subscribe();
      await waits;
      subscription.unsubscribe();
      await left;
      await called.close();
    });
  });

  describe(`a channel whose caller's messages fail ${way}`, () => {
    const said = unchecked<string>();
    const Words = contract('words', {
      derived: channel(said, said),
      apart: channel(said, said),
      hello: response(nothing, said),
    });
    const start = async () => {
      const heard = new Subject<unknown>();
      const called = await call(Words, {
        derived: (words) =>
          words.pipe(
            catchError((error: unknown) => {
              heard.next(error);
              return of('recovered');
            }),
          ),
        apart(words) {
          words.subscribe({ error: (error) => heard.next(error) });
          return NEVER;
        },
        hello: () => of('hello'),
      });
      // Errors go whole to who is known to be Millrace.
      await firstValueFrom(called.client.hello());
      return { heard, called };
    };
    it('tells the handler that answers with what it makes of them', async () => {
      const { heard, called } = await start();
      const hears = firstValueFrom(heard);
      const words = new ReplaySubject<string>();
      words.next('one');
      // It fails when the first has come back, so that nothing of it waits at the other side.
      called.client
        .derived(words)
        .subscribe({ next: () => words.error(new MeshError('Denied', 'so it is')), error: () => undefined });
      expect(await hears).to.include({ tag: 'Denied' });
      await called.close();
    });

    it('keeps the message of a bug inside', async () => {
      const { heard, called } = await start();
      const hears = firstValueFrom(heard);
      const bug = concat(
        of('one'),
        throwError(() => new Error('a secret')),
      );
      called.client.apart(bug).subscribe({ error: () => undefined });
      expect(await hears).to.include({ tag: 'Defect', message: 'internal error' });
      await called.close();
    });
  });
}
