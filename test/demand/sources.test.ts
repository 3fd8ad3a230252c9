import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { concatMap, filter, from, map, Observable, of, range, take } from 'rxjs';
import { consume, fromIterable, fromReadable, iterate, NOTHING, pull } from 'millrace';
import { endless, turnsOf } from './rig.js';
import { collect, first } from './sinks.js';

describe('fromIterable', () => {
  it('runs an async generator no further than it is asked', async () => {
    const log: string[] = [];
    const source = fromIterable(async function* () {
      try {
        for (let n = 0; ; n++) {
          log.push(`made ${n}`);
          yield n;
        }
      } finally {
        log.push('closed');
      }
    });
    const sink = collect<number>();
    source.subscribe(sink.gate);
    await turnsOf(3);
    expect(log).to.deep.equal([]);
    sink.gate.request(2);
    await turnsOf(3);
    expect(sink.values).to.deep.equal([0, 1]);
    expect(log).to.deep.equal(['made 0', 'made 1']);
    sink.gate.unsubscribe();
    await turnsOf(2);
    expect(log).to.deep.equal(['made 0', 'made 1', 'closed']);
  });

  it('iterates anew for each subscription, and completes without being asked', async () => {
    const source = fromIterable(() => first(2));
    for (const sink of [collect<number>(), collect<number>()]) {
      source.subscribe(sink.gate);
      sink.gate.request(3);
      await turnsOf(3);
      expect(sink.values).to.deep.equal([0, 1]);
      expect(sink.end).to.equal('complete');
    }
  });

  it('completes an empty iterable once it is asked for an item', async () => {
    const sink = collect<number>();
    fromIterable([]).subscribe(sink.gate);
    sink.gate.request(1);
    await turnsOf(2);
    expect(sink.end).to.equal('complete');
  });

  for (const [what, make] of [
    ['the function that makes it', () => fail()],
    [
      'a generator',
      function* () {
        yield 1;
        fail();
      },
    ],
    [
      'an async generator',
      async function* () {
        yield 1;
        fail();
      },
    ],
  ] as const) {
    it(`passes on what ${what} throws`, async () => {
      const sink = collect<unknown>();
      fromIterable(make as () => Iterable<unknown>).subscribe(sink.gate);
      sink.gate.request(5);
      await turnsOf(3);
      expect(sink.end).to.have.property('message', 'no more');
    });
  }

  it('lets a sink that leaves during an item be the end of it', async () => {
    const sink = collect<number>();
    let produced = 0;
    fromIterable(() => endless(() => (produced += 1)))
      .pipe(take(1))
      .subscribe(sink.gate);
    sink.gate.request(10);
    await turnsOf(3);
    expect(sink.values).to.deep.equal([0]);
    expect(sink.end).to.equal('complete');
    expect(produced).to.equal(1);
  });
});

describe('pull', () => {
  it('opens nothing for a sink that asks for nothing, and closes once', async () => {
    const log: string[] = [];
    const source = pull<number>(() => {
      log.push('open');
      return { take: () => 1, close: () => void log.push('close') };
    });
    const idle = collect<number>();
    source.subscribe(idle.gate);
    await turnsOf(2);
    idle.gate.unsubscribe();
    expect(log).to.deep.equal([]);
    const asking = collect<number>();
    source.pipe(take(2)).subscribe(asking.gate);
    asking.gate.request(5);
    await turnsOf(2);
    expect(asking.values).to.deep.equal([1, 1]);
    asking.gate.unsubscribe();
    expect(log).to.deep.equal(['open', 'close']);
  });

  it('waits while there is nothing, and goes on when its valve says that there is', async () => {
    const waiting: number[] = [];
    let ready = (): void => undefined;
    const sink = collect<number>();
    pull<number>((valve) => {
      ready = () => valve.ready();
      return { take: () => waiting.shift() ?? NOTHING, close: () => undefined };
    }).subscribe(sink.gate);
    sink.gate.request(3);
    await turnsOf(2);
    expect(sink.values).to.deep.equal([]);
    waiting.push(1, 2, 3, 4);
    ready();
    ready();
    await turnsOf(2);
    expect(sink.values).to.deep.equal([1, 2, 3]);
    expect(waiting).to.deep.equal([4]);
    sink.gate.unsubscribe();
  });

  it('fails with what open or take throws', async () => {
    for (const open of [() => fail(), () => ({ take: () => fail(), close: () => undefined })]) {
      const sink = collect<never>();
      pull<never>(open).subscribe(sink.gate);
      sink.gate.request(1);
      await turnsOf(2);
      expect(sink.end).to.have.property('message', 'no more');
    }
  });
});

describe('fromReadable', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-readable-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('reads a large file no faster than it is taken, and all of it', async () => {
    const size = 8 * 1024 * 1024;
    const path = join(folder, 'large');
    writeFileSync(path, Buffer.alloc(size, 7));
    let opened: Readable & { readonly bytesRead: number } = createReadStream(path);
    opened.destroy();
    let most = 0;
    let taken = 0;
    await consume(
      fromReadable<Buffer>(() => (opened = createReadStream(path, { highWaterMark: 64 * 1024 }))),
      async (chunk) => {
        taken += chunk.length;
        await turnsOf(1);
        most = Math.max(most, opened.bytesRead - taken);
      },
    );
    expect(taken).to.equal(size);
    expect(most).to.be.at.most(4 * 64 * 1024);
  });

  it('reads nothing before it is asked, and destroys the stream when the sink leaves', async () => {
    let stream: Readable | undefined;
    const source = fromReadable<string>(() => (stream = Readable.from(['a', 'b', 'c'])));
    const sink = collect<string>();
    source.subscribe(sink.gate);
    await turnsOf(2);
    expect(stream).to.equal(undefined);
    sink.gate.request(1);
    await turnsOf(4);
    expect(sink.values).to.deep.equal(['a']);
    sink.gate.unsubscribe();
    expect(stream?.destroyed).to.equal(true);
  });

  it('completes at the end and fails as the stream does', async () => {
    const whole = collect<string>();
    fromReadable<string>(() => Readable.from(['a', 'b'])).subscribe(whole.gate);
    whole.gate.request(5);
    await turnsOf(6);
    expect(whole.values).to.deep.equal(['a', 'b']);
    expect(whole.end).to.equal('complete');
    const broken = collect<Buffer>();
    fromReadable<Buffer>(() => createReadStream(join(folder, 'missing'))).subscribe(broken.gate);
    broken.gate.request(1);
    while (broken.end === undefined) await turnsOf(1);
    expect(broken.end).to.have.property('code', 'ENOENT');
  });
});

describe('iterate', () => {
  it('makes an item when the loop wants one, and closes the generator when the loop is left', async () => {
    const log: string[] = [];
    const source = fromIterable(function* () {
      try {
        for (let n = 0; ; n++) {
          log.push(`made ${n}`);
          yield n;
        }
      } finally {
        log.push('closed');
      }
    }).pipe(map((n) => n * 2));
    for await (const n of iterate(source)) {
      log.push(`got ${n}`);
      await turnsOf(2);
      if (n === 2) break;
    }
    expect(log).to.deep.equal(['made 0', 'got 0', 'made 1', 'got 2', 'closed']);
  });

  it('goes over a pulled source itself, each time anew', async () => {
    const source = fromIterable(() => first(3));
    for (let time = 0; time < 2; time++) {
      const got: number[] = [];
      for await (const n of source) got.push(n);
      expect(got).to.deep.equal([0, 1, 2]);
    }
  });

  it('throws what the source fails with, after the items before it', async () => {
    const got: number[] = [];
    let thrown: unknown;
    try {
      for await (const n of iterate(of(1, 2).pipe(concatMap((n) => (n === 2 ? fail() : [n]))))) got.push(n);
    } catch (error) {
      thrown = error;
    }
    expect(got).to.deep.equal([1]);
    expect(thrown).to.have.property('message', 'no more');
  });

  it('answers requests made ahead in their order, and the rest with the end', async () => {
    const iterator = iterate(fromIterable(() => first(2)))[Symbol.asyncIterator]();
    const results = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    expect(results.map(({ done, value }) => (done ? 'done' : value))).to.deep.equal([0, 1, 'done']);
  });
});

describe('consume', () => {
  it('works on so many items at once and no more, and takes no more than that ahead', async () => {
    let [open, most, produced, done] = [0, 0, 0, 0];
    await consume(
      fromIterable(() => endless(() => (produced += 1))).pipe(take(50)),
      async () => {
        most = Math.max(most, (open += 1));
        expect(produced - done).to.be.at.most(4);
        await turnsOf(1);
        open -= 1;
        done += 1;
      },
      { concurrency: 4 },
    );
    expect([done, open, most]).to.deep.equal([50, 0, 4]);
  });

  it('works through a large burst without deep recursion', async () => {
    let done = 0;
    await consume(range(0, 100_000), () => (done += 1), { overflow: { buffer: 100_000 } });
    expect(done).to.equal(100_000);
  });

  it('is done when the last work is', async () => {
    let done = 0;
    await consume(from([1, 2, 3]), async () => {
      await turnsOf(2);
      done += 1;
    });
    expect(done).to.equal(3);
  });

  for (const [what, work] of [
    ['throws', () => fail()],
    ['rejects', async () => fail()],
  ] as const) {
    it(`fails and leaves its source when work ${what}`, async () => {
      let left = 0;
      const source = new Observable<number>((subscriber) => {
        const inner = fromIterable(() => endless()).subscribe(subscriber);
        return () => {
          left += 1;
          inner.unsubscribe();
        };
      });
      const failure = await consume(source, work).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).to.have.property('message', 'no more');
      expect(left).to.equal(1);
    });
  }

  it('stops at a signal with its reason, before or during', async () => {
    const reason = new Error('enough');
    const before = await consume(fromIterable([1]), () => undefined, { signal: AbortSignal.abort(reason) }).catch(
      (error: unknown) => error,
    );
    expect(before).to.equal(reason);
    const controller = new AbortController();
    let got = 0;
    const during = await consume(
      fromIterable(() => endless()).pipe(filter((n) => n % 2 === 0)),
      () => {
        got += 1;
        if (got === 3) controller.abort(reason);
      },
      { signal: controller.signal },
    ).catch((error: unknown) => error);
    expect(during).to.equal(reason);
    expect(got).to.equal(3);
  });
});

function fail(): never {
  throw new Error('no more');
}
