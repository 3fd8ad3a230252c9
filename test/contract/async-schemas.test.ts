/** Schemas that take their time: items keep their order, and nothing passes that was not checked. */
import { expect } from 'chai';
import {
  channel,
  contract,
  type Handlers,
  isMeshError,
  MeshError,
  notify,
  nothing,
  type Pulled,
  response,
  type Schema,
  stream,
  unchecked,
} from 'millrace';
import { concat, firstValueFrom, from, lastValueFrom, of, Subject, throwError } from 'rxjs';
import { z } from 'zod';
import { turnsOf } from '../demand/rig.js';
import { type Called, ways } from './ways.js';

const COUNT = 200;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** How long the n-th check takes, in turns of the event loop; earlier ones longer than later ones, now and then none. */
const pauses: Readonly<Record<string, (n: number) => Promise<void>>> = {
  'in microtasks': async (n) => {
    for (let left = 10 - (n % 10); left > 0; left--) await Promise.resolve();
  },
  'in turns of the event loop': (n) => turnsOf(3 - (n % 4)),
};

/** Numbers, checked later; 666 is none. */
function later(pause: (n: number) => Promise<void>): Schema<number> {
  return z.number().refine(
    async (n) => {
      await pause(n);
      return n !== 666;
    },
    { error: 'not that one' },
  );
}

/** A schema of which a test decides when it is done. */
class Gated {
  readonly asked = new Subject<void>();
  private open: () => void = () => undefined;
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));

  readonly schema: Schema<string> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) => {
        this.asked.next();
        await this.opened;
        return { value: value as string };
      },
    },
  };

  release(): void {
    this.open();
  }
}

function numbersOf(slow: Schema<number>, gated: Gated) {
  return contract('numbers', {
    once: response(slow, slow),
    told: notify(slow),
    count: stream(unchecked<number>(), slow),
    async: stream(unchecked<number>(), slow),
    web: stream(unchecked<number>(), slow),
    list: stream(unchecked<readonly number[]>(), slow),
    fails: stream(unchecked<number>(), slow),
    into: channel(slow, unchecked<number>()),
    outOf: channel(unchecked<number>(), slow),
    both: channel(slow, slow),
    shifted: stream(nothing, z.number().transform(async (n) => n * 10) as Schema<number>),
    gated: response(gated.schema, unchecked<string>()),
    ping: response(nothing, unchecked<string>()),
  });
}

interface Asked {
  readonly told: Subject<number>;
  gated: number;
}

function handlers(asked: Asked): Handlers<ReturnType<typeof numbersOf>> {
  return {
    once: (n) => of(n + 1),
    told: (n) => asked.told.next(n),
    *count(to) {
      for (let n = 0; n < to; n++) yield n;
    },
    async *async(to) {
      for (let n = 0; n < to; n++) yield await Promise.resolve(n);
    },
    web(to) {
      let n = 0;
      return new ReadableStream<number>({
        pull(controller) {
          if (n < to) controller.enqueue(n++);
          else controller.close();
        },
      });
    },
    list: (items) => from(items),
    fails: (after) =>
      concat(
        upTo(after),
        throwError(() => new MeshError('Denied', 'so many and no more')),
      ),
    into: (numbers) => numbers,
    outOf: (numbers) => numbers,
    both: (numbers) => numbers,
    shifted: () => upTo(COUNT),
    gated(said) {
      asked.gated += 1;
      return of(said);
    },
    ping: async () => 'pong',
  };
}

for (const [way, call] of Object.entries(ways)) {
  for (const [how, pause] of Object.entries(pauses)) {
    describe(`schemas that answer ${how}, of calls ${way},`, () => {
      let asked: Asked;
      let gated: Gated;
      let called: Called<ReturnType<typeof numbersOf>>;
      beforeEach(async () => {
        asked = { told: new Subject(), gated: 0 };
        gated = new Gated();
        called = await call(numbersOf(later(pause), gated), handlers(asked));
      });
      afterEach(() => called.close());

      const all = async (answer: Pulled<number>): Promise<number[]> => {
        const read: number[] = [];
        for await (const n of answer) read.push(n);
        return read;
      };
      const failed = async (answer: Pulled<number>): Promise<readonly [read: number[], error: MeshError]> => {
        const read: number[] = [];
        try {
          for await (const n of answer) read.push(n);
        } catch (error) {
          if (isMeshError(error)) return [read, error];
          throw error;
        }
        return expect.fail('it did not fail');
      };

      for (const source of ['count', 'async', 'web'] as const) {
        it(`keep the order of a stream, and its end (${source})`, async () => {
          expect(await all(called.client[source](COUNT))).to.deep.equal(upTo(COUNT));
          expect(await all(called.client[source](0))).to.deep.equal([]);
        });
      }

      for (const method of ['into', 'outOf', 'both'] as const) {
        it(`keep the order of a channel, and its end (${method})`, async () => {
          expect(await all(called.client[method](upTo(COUNT)))).to.deep.equal(upTo(COUNT));
        });
      }

      it('keep the order of what the caller checks once more', async () => {
        expect(await all(called.client.with({ check: true }).count(COUNT))).to.deep.equal(upTo(COUNT));
      });

      it('pass on what they make of an item', async () => {
        expect(await all(called.client.shifted())).to.deep.equal(upTo(COUNT).map((n) => n * 10));
      });

      it('check both messages of a response, and that of a notify', async () => {
        expect(await firstValueFrom(called.client.once(1))).to.equal(2);
        const refused: unknown = await firstValueFrom(called.client.once(666)).catch((why: unknown) => why);
        expect(refused).to.include({ tag: 'Invalid', code: 'MILLRACE_SCHEMA' });
        const broken: unknown = await firstValueFrom(called.client.once(665)).catch((why: unknown) => why);
        expect(broken).to.include({ tag: 'Defect', message: 'internal error' });
        const told = firstValueFrom(asked.told);
        await lastValueFrom(called.client.told(666), { defaultValue: undefined });
        await lastValueFrom(called.client.told(1), { defaultValue: undefined });
        expect(await told).to.equal(1);
      });

      it('end a stream at the item that does not match, after those before it', async () => {
        const [read, error] = await failed(called.client.list([0, 1, 2, 666, 4, 5]));
        expect(read).to.deep.equal([0, 1, 2]);
        expect(error).to.include({ tag: 'Defect', message: 'internal error' });
      });

      it('end a channel at the message that does not match', async () => {
        const [read, error] = await failed(called.client.into([0, 1, 2, 666, 4, 5]));
        expect(read).to.deep.equal([0, 1, 2]);
        expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_SCHEMA' });
        expect(error.message).to.match(/numbers\.into does not match the contract: not that one$/);
      });

      it('let the error of a source wait for the items before it', async () => {
        const [read, error] = await failed(called.client.fails(50));
        expect(read).to.deep.equal(upTo(50));
        expect(error).to.include({ tag: 'Denied', message: 'so many and no more' });
      });
    });
  }

  describe(`a schema that a caller does not wait for, of a call ${way},`, () => {
    it('leads to no handler', async () => {
      const gated = new Gated();
      const asked: Asked = { told: new Subject(), gated: 0 };
      const called = await call(numbersOf(unchecked<number>(), gated), handlers(asked));
      const checked = firstValueFrom(gated.asked);
      const left = called.client.gated('first').subscribe();
      await checked;
      left.unsubscribe();
      await firstValueFrom(called.client.ping());
      gated.release();
      expect(await firstValueFrom(called.client.gated('second'))).to.equal('second');
      expect(asked.gated).to.equal(1);
      await called.close();
    });
  });
}
