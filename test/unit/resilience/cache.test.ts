import { expect } from 'chai';
import { assert, array, integer, property, tuple } from 'fast-check';
import { Observable, of, range, Subject, throwError } from 'rxjs';
import { cache, type CacheOptions, callKey, callOf, GateSink, meshError, requestCache, type Service } from 'millrace';
import { lawsOf, virtualClock } from 'millrace/testing';

const ask = (request: unknown = { id: 1 }, traceId?: string) =>
  callOf({
    interaction: 'response',
    method: 'films.title',
    request,
    idempotencyKey: 'k',
    trace: traceId === undefined ? undefined : { traceId, spanId: '1' },
  });

/** Reads an answer as a sink with demand; the log fills as it comes. */
function read(answer: Observable<unknown>, demand = 1_000): { readonly log: string[]; leave(): void } {
  const log: string[] = [];
  const sink = new GateSink<unknown>({
    next: (value) => log.push(String(value)),
    error: (error: unknown) => log.push(String(error)),
    complete: () => log.push('complete'),
  });
  answer.subscribe(sink);
  sink.request(demand);
  return { log, leave: () => sink.unsubscribe() };
}

/** A cache before a service that counts its calls: each ends when the test says so. */
function rig(options: CacheOptions = {}) {
  const clock = virtualClock();
  const sources: Subject<number>[] = [];
  let left = 0;
  const titles = cache({ ttl: '1 s', clock, ...options });
  const service = titles.filter<unknown, number>(
    () =>
      new Observable((to) => {
        const source = new Subject<number>();
        sources.push(source);
        to.add(source.subscribe(to));
        to.add(() => (left += 1));
      }),
  );
  function answer(at: number, value: number): void {
    sources[at]?.next(value);
    sources[at]?.complete();
  }
  return { clock, sources, titles, service, answer, left: () => left };
}

describe('cache', () => {
  for (const law of lawsOf(() => cache().filter)) it(law.name, () => law.check());

  it('answers from memory while an answer is fresh, and asks again afterwards', async () => {
    const the = rig();
    read(the.service(ask()));
    the.answer(0, 7);
    expect(read(the.service(ask())).log).to.deep.equal(['7', 'complete']);
    expect(the.sources).to.have.length(1);
    await the.clock.advance(1_000);
    const again = read(the.service(ask()));
    the.answer(1, 8);
    expect(again.log).to.deep.equal(['8', 'complete']);
  });

  it('makes one call of equal ones at once, and ends it when the last has left', () => {
    const the = rig();
    const [a, b] = [read(the.service(ask({ id: 1, lang: 'en' }))), read(the.service(ask({ lang: 'en', id: 1 })))];
    expect(the.sources).to.have.length(1);
    a.leave();
    expect(the.left()).to.equal(0);
    b.leave();
    expect(the.left()).to.equal(1);
    read(the.service(ask({ id: 1, lang: 'en' })));
    expect(the.sources).to.have.length(2);
  });

  it('keeps no failure, and tells it to all who wait', () => {
    const the = rig();
    const both = [read(the.service(ask())), read(the.service(ask()))];
    the.sources[0]?.error(meshError('Slow', 'late'));
    expect(both.map(({ log }) => log)).to.deep.equal([['MeshError: late'], ['MeshError: late']]);
    expect(the.titles.size).to.equal(0);
  });

  it('gives a stale answer while it fetches a fresh one, once', async () => {
    const the = rig({ staleWhileRevalidate: '1 s' });
    read(the.service(ask()));
    the.answer(0, 7);
    await the.clock.advance(1_500);
    expect(read(the.service(ask())).log).to.deep.equal(['7', 'complete']);
    expect(read(the.service(ask())).log).to.deep.equal(['7', 'complete']);
    expect(the.sources).to.have.length(2);
    the.answer(1, 8);
    expect(read(the.service(ask())).log).to.deep.equal(['8', 'complete']);
  });

  it('gives a stale answer where fetching fails', async () => {
    const the = rig({ staleIfError: '1 s' });
    read(the.service(ask()));
    the.answer(0, 7);
    await the.clock.advance(1_500);
    const stale = read(the.service(ask()));
    the.sources[1]?.error(meshError('Unavailable', 'gone'));
    expect(stale.log).to.deep.equal(['7', 'complete']);
    await the.clock.advance(1_000);
    const failed = read(the.service(ask()));
    the.sources[2]?.error(meshError('Unavailable', 'gone'));
    expect(failed.log).to.deep.equal(['MeshError: gone']);
  });

  it('forgets what it is told to, also the answer to a call that runs', () => {
    const the = rig();
    const running = read(the.service(ask()));
    the.titles.invalidate(callKey(ask()));
    the.answer(0, 7);
    expect(running.log).to.deep.equal(['7', 'complete']);
    expect(the.titles.size).to.equal(0);
  });

  it('holds no more answers than it may, the latest asked for', () => {
    const the = rig({ max: 2 });
    for (const [at, id] of [1, 2].entries()) {
      read(the.service(ask({ id })));
      the.answer(at, id);
    }
    read(the.service(ask({ id: 1 })));
    read(the.service(ask({ id: 3 })));
    the.answer(2, 3);
    expect(the.titles.size).to.equal(2);
    expect(read(the.service(ask({ id: 1 }))).log).to.deep.equal(['1', 'complete']);
    read(the.service(ask({ id: 2 })));
    expect(the.sources).to.have.length(4);
  });

  it('passes a longer stream on without keeping it', () => {
    const titles = cache({ maxItems: 3 });
    const service = titles.filter<unknown, number>(() => range(0, 5));
    expect(read(service(ask())).log).to.deep.equal(['0', '1', '2', '3', '4', 'complete']);
    expect(titles.size).to.equal(0);
  });

  it('leaves alone calls that may do harm twice, notifies and channels', () => {
    let calls = 0;
    const service = cache().filter<unknown, number>(() => of(++calls));
    for (const parts of [
      { idempotencyKey: undefined },
      { interaction: 'channel' },
      { interaction: 'notify' },
    ] as const) {
      read(service({ ...ask(), ...parts }));
      read(service({ ...ask(), ...parts }));
    }
    expect(calls).to.equal(6);
  });

  it('ends each reader once and lets go of every call, in whatever order they come, leave and are answered', () => {
    const step = tuple(integer({ min: 0, max: 3 }), integer({ min: 0, max: 2 }));
    assert(
      property(array(step, { maxLength: 30 }), (steps) => {
        const the = rig();
        const readers: ReturnType<typeof read>[] = [];
        for (const [kind, id] of steps) {
          if (kind === 0) readers.push(read(the.service(ask({ id }))));
          if (kind === 1) readers[id]?.leave();
          if (kind === 2) the.answer(the.sources.length - 1 - id, id);
          if (kind === 3) the.sources[id]?.error(meshError('Slow', 'late'));
        }
        for (const { log } of readers) {
          expect(log.filter((line) => !/^\d$/.test(line)).length).to.be.at.most(1);
        }
        readers.forEach((reader) => reader.leave());
        expect(the.left()).to.equal(the.sources.length);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the key of a call', () => {
  it('tells apart what asks for something else, and nothing more', () => {
    expect(callKey(ask({ a: 1, b: [2, '3'] }))).to.equal(callKey(ask({ b: [2, '3'], a: 1 })));
    const others = [
      { a: 1 },
      { a: '1' },
      { a: 1n },
      { a: null },
      { a: undefined },
      {},
      [1],
      ['1'],
      '1',
      1,
      'undefined',
      undefined,
    ];
    expect(new Set(others.map((request) => callKey(ask(request)))).size).to.equal(others.length);
  });

  it('is not made of what has no text, or is too deep or too long', () => {
    const round: { self?: unknown } = {};
    round.self = round;
    for (const request of [() => 1, new Map(), round, 'x'.repeat(20_000)]) {
      expect(callKey(ask(request))).to.equal(undefined);
    }
  });
});

describe('requestCache', () => {
  for (const law of lawsOf(() => requestCache())) it(law.name, () => law.check());

  it('makes one call of the equal ones of a tree, whenever they are made, and none for another tree', () => {
    let calls = 0;
    const below: Service<unknown, number> = () => of(++calls);
    const service = requestCache()(below);
    expect(read(service(ask(1, 'a'))).log).to.deep.equal(['1', 'complete']);
    expect(read(service(ask(1, 'a'))).log).to.deep.equal(['1', 'complete']);
    expect(read(service(ask(1, 'b'))).log).to.deep.equal(['2', 'complete']);
    read(service(ask(1)));
    read(service(ask(1)));
    expect(calls).to.equal(4);
  });

  it('forgets trees after a time, and the oldest where there are too many', async () => {
    const clock = virtualClock();
    let calls = 0;
    const service = requestCache({ trees: 2, ttl: '1 s', clock })<unknown, number>(() => of(++calls));
    const tree = (id: string): void => void read(service(ask(1, id)));
    ['a', 'b', 'a', 'c', 'b', 'a'].forEach(tree);
    expect(calls).to.equal(4);
    await clock.advance(1_000);
    tree('a');
    expect(calls).to.equal(5);
  });

  it('passes on a failure and asks again', () => {
    let calls = 0;
    const service = requestCache()<unknown, number>(() => {
      calls += 1;
      return throwError(() => meshError('Slow', 'late'));
    });
    read(service(ask(1, 'a')));
    expect(read(service(ask(1, 'a'))).log).to.deep.equal(['MeshError: late']);
    expect(calls).to.equal(2);
  });
});
