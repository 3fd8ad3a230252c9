/** Handlers that answer with the streams of the web: read as they are wanted, and let go of with their caller. */
import { expect } from 'chai';
import {
  type Call,
  channel,
  contract,
  fromIterable,
  type Handlers,
  isMeshError,
  iterate,
  MeshError,
  nothing,
  response,
  stream,
  unchecked,
} from 'millrace';
import { firstValueFrom, lastValueFrom, type Observable, Subject } from 'rxjs';
import { z } from 'zod';
import { endless, turnsOf } from '../demand/rig.js';
import { type Called, ways } from './ways.js';

const Numbers = contract('numbers', {
  count: stream(z.number(), z.number()),
  ahead: stream(nothing, z.number()),
  piped: stream(nothing, z.number()),
  later: stream(nothing, z.number()),
  bytes: stream(unchecked<Uint8Array>(), unchecked<Uint8Array>()),
  one: response(nothing, z.number()),
  doubled: channel(z.number(), z.number()),
  fails: stream(z.string(), z.number()),
  wrong: stream(nothing, z.number()),
  ping: response(nothing, z.string()),
});

/** Items that may be on their way on one stream of a wire. */
const WINDOW = 16;
const limits = { firstWindow: 8, window: WINDOW, fastWindow: WINDOW };
/** Items that a stream of the web keeps ready by itself, where it is told to. */
const AHEAD = 4;

class Source {
  made = 0;
  readonly cancelled = new Subject<void>();

  /** Numbers from 0, of which `ahead` are made before anybody asks. */
  numbers(to = Infinity, ahead = 0, pause = 0): ReadableStream<number> {
    const pull = async (controller: ReadableStreamDefaultController<number>): Promise<void> => {
      await turnsOf(pause);
      if (this.made === to) controller.close();
      else controller.enqueue(this.made++);
    };
    return new ReadableStream({ pull, cancel: () => this.cancelled.next() }, { highWaterMark: ahead });
  }
}

function doubling(): TransformStream<number, number> {
  return new TransformStream({ transform: (n, controller) => controller.enqueue(n * 2) });
}

function streamOf(numbers: Observable<number>, serving: Call<unknown>): ReadableStream<number> {
  const items = iterate(numbers, { serving })[Symbol.asyncIterator]();
  const pull = async (controller: ReadableStreamDefaultController<number>): Promise<void> => {
    const { done, value } = await items.next();
    if (done === true) controller.close();
    else controller.enqueue(value);
  };
  return new ReadableStream({ pull, cancel: async () => void (await items.return?.()) }, { highWaterMark: 0 });
}

function handlers(source: Source): Handlers<typeof Numbers> {
  return {
    count: (to) => source.numbers(to),
    ahead: () => source.numbers(Infinity, AHEAD),
    piped: () => source.numbers().pipeThrough(doubling()),
    later: () => source.numbers(Infinity, 0, 1),
    bytes: (seed) =>
      new ReadableStream({
        type: 'bytes',
        pull(controller) {
          if (source.made === 3) controller.close();
          else controller.enqueue(Uint8Array.of(...seed, source.made++));
        },
      }),
    one: () => source.numbers(),
    doubled: (numbers, call) => streamOf(numbers, call).pipeThrough(doubling()),
    fails: (how) =>
      new ReadableStream<number>({
        pull(controller) {
          if (source.made < 2) controller.enqueue(source.made++);
          else controller.error(how === 'known' ? new MeshError('Denied', 'no more') : new Error('a secret'));
        },
      }),
    wrong: () => new ReadableStream<number>({ start: (controller) => controller.enqueue('one' as never) }),
    ping: async () => 'pong',
  };
}

for (const [way, call] of Object.entries(ways)) {
  describe(`a web stream that answers a call ${way}`, () => {
    const window = way === 'within the process' ? 0 : WINDOW;
    let source = new Source();
    let called: Called<typeof Numbers>;
    beforeEach(async () => {
      source = new Source();
      called = await call(Numbers, handlers(source), limits);
    });
    afterEach(() => called.close());

    /** Lets what was asked for be made: another call goes there and back behind it. */
    const settled = async (): Promise<void> => {
      for (let round = 0; round < 10; round++) await firstValueFrom(called.client.ping());
    };

    /** Reads so many, resting now and then; the most that were made and not read yet. */
    const mostAhead = async (items: AsyncIterable<number>, made: () => number): Promise<number> => {
      let read = 0;
      let most = 0;
      for await (const _ of items) {
        read += 1;
        if (read === 1 || read % 50 === 0) await settled();
        most = Math.max(most, made() - read);
        if (read === 200) break;
      }
      return most;
    };

    const failed = async (answer: AsyncIterable<number>): Promise<readonly [read: number[], error: MeshError]> => {
      const read: number[] = [];
      try {
        for await (const n of answer) read.push(n);
      } catch (error) {
        if (isMeshError(error)) return [read, error];
        throw error;
      }
      return expect.fail('it did not fail');
    };

    it('is read to its end, in order', async () => {
      const read: number[] = [];
      for await (const n of called.client.count(1_000)) read.push(n);
      expect(read).to.deep.equal(Array.from({ length: 1_000 }, (_, n) => n));
    });

    it('is read no further ahead than the window', async () => {
      expect(await mostAhead(called.client.count(1_000_000), () => source.made)).to.be.at.most(window);
    });

    it('is read no further ahead than the window where each item takes its time', async () => {
      expect(await mostAhead(called.client.later(), () => source.made)).to.be.at.most(window);
    });

    it('is read no further ahead than the window and what it keeps ready', async () => {
      expect(await mostAhead(called.client.ahead(), () => source.made)).to.be.at.most(window + AHEAD);
    });

    it('is read no further ahead than the window through a transform, which has one item at hand', async () => {
      expect(await mostAhead(called.client.piped(), () => source.made)).to.be.at.most(window + 1);
    });

    it('keeps the demand of a channel both ways', async () => {
      let given = 0;
      const numbers = fromIterable(() => endless(() => (given += 1)));
      expect(await mostAhead(called.client.doubled(numbers), () => given)).to.be.at.most(2 * window + 1);
    });

    it('carries a channel both ways, to its end', async () => {
      const read: number[] = [];
      for await (const n of called.client.doubled([1, 2, 3])) read.push(n);
      expect(read).to.deep.equal([2, 4, 6]);
    });

    it('may be one of bytes', async () => {
      const client = called.client.with({ codec: 'application/octet-stream' });
      const read: number[][] = [];
      for await (const bytes of client.bytes(Uint8Array.of(7, 8))) read.push([...bytes]);
      expect(read).to.deep.equal([
        [7, 8, 0],
        [7, 8, 1],
        [7, 8, 2],
      ]);
    });

    it('is cancelled when its caller leaves', async () => {
      const cancelled = firstValueFrom(source.cancelled);
      for await (const n of called.client.count(1_000_000)) if (n === 20) break;
      await cancelled;
    });

    it('is cancelled through a transform when its caller leaves', async () => {
      const cancelled = firstValueFrom(source.cancelled);
      for await (const n of called.client.piped()) if (n === 20) break;
      await cancelled;
    });

    it('gives a response its first item, and is cancelled', async () => {
      const cancelled = firstValueFrom(source.cancelled);
      expect(await lastValueFrom(called.client.one())).to.equal(0);
      await cancelled;
      expect(source.made).to.equal(1);
    });

    it('fails as it says, after what came before', async () => {
      const [read, error] = await failed(called.client.fails('known'));
      expect(read).to.deep.equal([0, 1]);
      expect(error).to.include({ tag: 'Denied', message: 'no more' });
    });

    it('keeps the message of a bug inside', async () => {
      const [, error] = await failed(called.client.fails('bug'));
      expect(error).to.include({ tag: 'Defect', message: 'internal error' });
    });

    it('is checked item by item', async () => {
      const [read, error] = await failed(called.client.wrong());
      expect(read).to.deep.equal([]);
      expect(error.tag).to.equal('Defect');
    });
  });
}
