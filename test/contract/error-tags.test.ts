/** Every row of the table of errors, on its way to whoever called. */
import { expect } from 'chai';
import {
  channel,
  contract,
  declared,
  type ErrorDetails,
  ERRORS,
  type ErrorTag,
  type Handlers,
  isMeshError,
  MeshError,
  notify,
  nothing,
  response,
  stream,
  unchecked,
} from 'millrace';
import {
  concat,
  concatMap,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  type Observable,
  of,
  Subject,
  throwError,
} from 'rxjs';
import { z } from 'zod';
import { type Called, ways } from './ways.js';

interface Failing {
  readonly tag: ErrorTag;
  readonly details?: ErrorDetails;
}

const failing = unchecked<Failing>();
const said = unchecked<string>();
const Failures = contract(
  'failures',
  {
    responds: response(failing, said),
    throws: response(failing, said),
    rejects: response(failing, said),
    streams: stream(failing, said),
    iterates: stream(failing, said),
    exchanges: channel(failing, said),
    hears: channel(said, said),
    tells: notify(failing),
    sells: response(nothing, said),
  },
  { failures: { SoldOut: declared(z.object({ left: z.number() }), { httpStatus: 410, retry: 'same' }) } },
);
const Front = contract('front', {
  responds: response(failing, said),
  streams: stream(failing, said),
  sells: response(nothing, said),
});

const errorOf = ({ tag, details }: Failing): MeshError => new MeshError(tag, `it is ${tag}`, details);
const lastly = (how: Failing): Observable<string> =>
  concat(
    of('one', 'two'),
    throwError(() => errorOf(how)),
  );

function handlers(heard: Subject<unknown>): Handlers<typeof Failures> {
  return {
    responds: (how) => throwError(() => errorOf(how)),
    throws(how) {
      throw errorOf(how);
    },
    async rejects(how) {
      throw errorOf(how);
    },
    streams: lastly,
    async *iterates(how) {
      yield 'one';
      yield 'two';
      throw errorOf(how);
    },
    exchanges: (all) => all.pipe(concatMap(lastly)),
    hears(words) {
      words.subscribe({ error: (error) => heard.next(error) });
      return NEVER;
    },
    tells(how) {
      heard.next(how.tag);
      throw errorOf(how);
    },
    sells: () => throwError(() => Failures.fail('SoldOut', { left: 0 }, 'no more')),
  };
}

const tags = Object.keys(ERRORS) as ErrorTag[];

/** What a caller is told of an error with `tag`: all of it, but of a bug. */
function row(tag: ErrorTag): Partial<MeshError> {
  const { retry, rsocket, http } = ERRORS[tag];
  const message = tag === 'Defect' ? 'internal error' : `it is ${tag}`;
  return { tag, message, code: `MILLRACE_${tag.toUpperCase()}`, retry, rsocketCode: rsocket, httpStatus: http };
}

for (const [way, call] of Object.entries(ways)) {
  describe(`an error of a call ${way}`, () => {
    let heard = new Subject<unknown>();
    let called: Called<typeof Failures>;
    let front: Called<typeof Front>;
    beforeEach(async () => {
      heard = new Subject();
      called = await call(Failures, handlers(heard));
      const { client } = called;
      front = await call(Front, {
        responds: (how) => client.responds(how),
        streams: (how) => client.streams(how),
        sells: () => client.sells(),
      });
    });
    afterEach(async () => {
      await front.close();
      await called.close();
    });

    const failed = async (
      answer: Observable<string> & AsyncIterable<string>,
    ): Promise<readonly [read: string[], error: MeshError]> => {
      const read: string[] = [];
      try {
        for await (const word of answer) read.push(word);
      } catch (error) {
        if (isMeshError(error)) return [read, error];
        throw error;
      }
      return expect.fail('it did not fail');
    };
    const failure = async (answer: Observable<string>): Promise<MeshError> => {
      const error: unknown = await firstValueFrom(answer).catch((why: unknown) => why);
      return isMeshError(error) ? error : expect.fail(String(error));
    };

    for (const tag of tags) {
      for (const method of ['responds', 'throws', 'rejects'] as const) {
        it(`is ${tag} where it is ${tag}, of a response that ${method}`, async () => {
          expect(await failure(called.client[method]({ tag }))).to.include(row(tag));
        });
      }

      for (const method of ['streams', 'iterates'] as const) {
        it(`is ${tag} where it is ${tag}, of what ${method}, after its items`, async () => {
          const [read, error] = await failed(called.client[method]({ tag }));
          expect(read).to.deep.equal(['one', 'two']);
          expect(error).to.include(row(tag));
        });
      }

      it(`is ${tag} where it is ${tag}, of a channel, after its items`, async () => {
        const [read, error] = await failed(called.client.exchanges([{ tag }]));
        expect(read).to.deep.equal(['one', 'two']);
        expect(error).to.include(row(tag));
      });

      it(`is ${tag} behind another service, and not to be tried again`, async () => {
        expect(await failure(front.client.responds({ tag }))).to.include({ ...row(tag), retry: 'never' });
        const [read, error] = await failed(front.client.streams({ tag }));
        expect(read).to.deep.equal(['one', 'two']);
        expect(error).to.include({ ...row(tag), retry: 'never' });
      });

      if (tag === 'Defect') continue;
      it(`is ${tag} to a handler that reads a channel of which the caller's side fails with it`, async () => {
        await failure(called.client.responds({ tag }));
        const hears = firstValueFrom(heard);
        const words = throwError(() => errorOf({ tag }));
        const left = called.client.hears(concat(of('one'), words)).subscribe({ error: () => undefined });
        expect(await hears).to.include(row(tag));
        left.unsubscribe();
      });

      it(`keeps what ${tag} says otherwise than the table`, async () => {
        const details = {
          code: 'SHOP_CLOSED',
          after: 250,
          retry: 'same',
          httpStatus: 418,
          rsocketCode: 0x333,
        } as const;
        expect(await failure(called.client.responds({ tag, details }))).to.include({ tag, ...details });
        const detail = { until: 'nine', days: [1, 2] };
        const error = await failure(called.client.responds({ tag, details: { detail } }));
        expect(error.detail).to.deep.equal(detail);
      });
    }

    it('reaches nobody who only told', async () => {
      const hears = firstValueFrom(heard);
      await lastValueFrom(called.client.tells({ tag: 'Denied' }), { defaultValue: undefined });
      expect(await hears).to.equal('Denied');
    });

    it('is the declared failure behind another service too, with its detail', async () => {
      const [error, passedOn] = [await failure(called.client.sells()), await failure(front.client.sells())];
      for (const each of [error, passedOn]) {
        if (!Failures.failed(each, 'SoldOut')) return expect.fail('it is not that failure');
        expect(each.detail.left).to.equal(0);
        expect(each).to.include({ tag: 'Failed', code: 'failures.SoldOut', httpStatus: 410, message: 'no more' });
      }
      expect([error.retry, passedOn.retry]).to.deep.equal(['same', 'never']);
    });
  });
}
