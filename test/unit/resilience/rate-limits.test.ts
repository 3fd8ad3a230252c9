import { expect } from 'chai';
import { NEVER, of, Subject, throwError } from 'rxjs';
import {
  callOf,
  meshError,
  type RateAlgorithm,
  rateLimit,
  type RateLimitOptions,
  type Service,
  slidingWindow,
  throttle,
  throttled,
  tokenBucket,
  warmingUp,
} from 'millrace';
import { lawsOf, virtualClock } from 'millrace/testing';
import { failureOf } from './failure-of.js';
import { marbles } from './marbles.js';

const call = callOf({ interaction: 'response', method: 'films.title', request: undefined });

/** Milliseconds that each of so many calls waits, one after the other, as a caller does who waits its turn; and when it is then. */
function waits(algorithm: RateAlgorithm, begin: number, times: number, state = algorithm.initial) {
  const all: number[] = [];
  let now = begin;
  for (let at = 0; at < times; at++) {
    let waited = 0;
    for (;;) {
      const taken = algorithm.take(state, now);
      ({ state } = taken);
      if (taken.wait === 0) break;
      waited += taken.wait;
      now += taken.wait;
    }
    all.push(Math.round(waited) / 1000);
  }
  return { all, now, state };
}

describe('token bucket', () => {
  it('lets a burst through, and then one at a time', () => {
    expect(waits(tokenBucket(10, '1 s', 3), 0, 6).all).to.deep.equal([0, 0, 0, 0.1, 0.1, 0.1]);
  });

  it('fills while nobody calls, and no further than its size', () => {
    const bucket = tokenBucket(10, '1 s', 3);
    const { now, state } = waits(bucket, 0, 3);
    expect(waits(bucket, now + 200, 3, state).all).to.deep.equal([0, 0, 0.1]);
    expect(waits(bucket, now + 60_000, 5, state).all).to.deep.equal([0, 0, 0, 0.1, 0.1]);
  });

  it('wants a rate', () => {
    for (const wrong of [0, -1, NaN, Infinity]) expect(() => tokenBucket(wrong)).to.throw('more than 0');
  });
});

describe('sliding window', () => {
  it('lets so many through in any stretch of its length', () => {
    const window = slidingWindow(4, '1 s');
    let state = window.initial;
    const passed: number[] = [];
    for (let now = 0; now < 10_000; now += 7) {
      const taken = window.take(state, now);
      ({ state } = taken);
      if (taken.wait === 0) passed.push(now);
    }
    for (const start of passed) {
      const within = passed.filter((each) => each >= start && each < start + 1000);
      expect(within.length).to.be.at.most(4);
    }
    expect(passed.length).to.be.within(28, 41);
  });

  it('says how long to wait', () => {
    const window = slidingWindow(2, '1 s');
    const { all, now } = waits(window, 500, 6);
    expect(all.slice(0, 2)).to.deep.equal([0, 0]);
    expect(all.slice(2).every((wait) => wait > 0)).to.equal(true);
    expect(now).to.be.at.most(4500);
  });
});

describe('warming up', () => {
  it('is as slow, and grows as quick, as the table of Guava’s RateLimiterTest.testWarmUp says', () => {
    const limiter = warmingUp(2, '4 s');
    const cold = [0, 1.375, 1.125, 0.875, 0.625, 0.5, 0.5, 0.5];
    const first = waits(limiter, 0, 8);
    expect(first.all).to.deep.equal(cold);
    const again = waits(limiter, first.now + 500 + 4000, 8, first.state);
    expect(again.all).to.deep.equal(cold);
    const warm = waits(limiter, again.now + 500 + 2000, 8, again.state);
    expect(warm.all).to.deep.equal([0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
  });
});

describe('rateLimit', () => {
  const tokens = (): RateAlgorithm => tokenBucket(10, '1 s', 2);
  for (const law of lawsOf(() => rateLimit(tokenBucket(1_000_000)))) it(law.name, () => law.check());

  const bench = (options: RateLimitOptions = {}) => {
    const clock = virtualClock();
    const service = rateLimit(tokens(), { clock, ...options })<undefined, number>(() => of(1));
    return { clock, service };
  };

  it('refuses with Quota what comes too soon, and says when to come back', async () => {
    const { clock, service } = bench();
    expect(failureOf(service(call))).to.equal(undefined);
    expect(failureOf(service(call))).to.equal(undefined);
    const failure = failureOf(service(call));
    expect(failure).to.include({ tag: 'Quota', code: 'MILLRACE_RATE_LIMIT', after: 100, retry: 'same' });
    expect(failure?.message).to.equal('a call of films.title came too soon');
    await clock.advance(100);
    expect(failureOf(service(call))).to.equal(undefined);
  });

  it('lets calls wait for their turn, in order, as far as the queue and the time go', async () => {
    const { clock, service } = bench({ wait: '250 ms', queue: 3 });
    const done: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      service(call).subscribe({
        complete: () => done.push(`${name} at ${clock.now()}`),
        error: () => done.push(`${name} refused at ${clock.now()}`),
      });
    }
    await clock.advance(1000);
    expect(done).to.deep.equal(['a at 0', 'b at 0', 'f refused at 0', 'c at 100', 'd at 200', 'e refused at 250']);
    expect(clock.pending).to.equal(0);
  });

  it('lets the next go when the one before it leaves', async () => {
    const { clock, service } = bench({ wait: '1 s' });
    const done: number[] = [];
    for (let at = 0; at < 2; at++) service(call).subscribe();
    const first = service(call).subscribe(() => done.push(-1));
    service(call).subscribe(() => done.push(clock.now()));
    await clock.advance(50);
    first.unsubscribe();
    await clock.advance(500);
    expect(done).to.deep.equal([100]);
  });

  it('counts each key by itself, and forgets those that called longest ago', () => {
    const { service } = bench({ key: ({ baggage }) => baggage.get('user') ?? '', keys: 2 });
    const by = (user: string) => failureOf(service({ ...call, baggage: new Map([['user', user]]) }))?.tag;
    expect([by('a'), by('a'), by('a'), by('b'), by('b'), by('b')]).to.deep.equal([
      undefined,
      undefined,
      'Quota',
      undefined,
      undefined,
      'Quota',
    ]);
    by('c');
    expect(by('b')).to.equal('Quota');
    expect(by('a')).to.equal(undefined);
    expect(() => rateLimit(tokens(), { key: () => '', wait: 5 })).to.throw('lets nobody wait');
  });

  it('is an operator', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, clock }) => {
      const source = cold('(a|)');
      const spread = source.pipe(rateLimit(tokenBucket(1, 3), { wait: 10, clock }));
      for (let at = 0; at < 3; at++) expectObservable(spread).toBe(`${'-'.repeat(3 * at)}(a|)`);
      expectSubscriptions(source.subscriptions).toBe(['(^!)', '---(^!)', '------(^!)']);
    });
  });
});

describe('throttle', () => {
  for (const law of lawsOf(() => throttle())) it(law.name, () => law.check());

  it('refuses with the probability of the book', () => {
    const table = [
      [0, 0, 2, 0],
      [100, 100, 2, 0],
      [100, 50, 2, 0],
      [100, 25, 2, 50 / 101],
      [100, 0, 2, 100 / 101],
      [100, 80, 1.1, 12 / 101],
    ] as const;
    for (const [requests, accepted, k, chance] of table) {
      expect(throttled(requests, accepted, k)).to.be.closeTo(chance, 1e-9);
    }
  });

  const load = async (accepts: (n: number) => boolean, calls: number) => {
    const clock = virtualClock(3);
    let asked = 0;
    const backend: Service<undefined, number> = () => {
      asked += 1;
      return accepts(asked) ? of(1) : throwError(() => meshError('Rejected', 'full'));
    };
    const service = throttle({ clock })(backend);
    for (let at = 0; at < calls; at++) {
      failureOf(service(call));
      await clock.advance(10);
    }
    return asked;
  };

  it('lets all through while more than half are accepted', async () => {
    expect(await load((n) => n % 5 < 3, 2000)).to.be.within(1950, 2000);
  });

  it('sends a service that accepts nothing next to nothing, and still tries', async () => {
    expect(await load(() => false, 2000)).to.be.within(2, 60);
  });

  it('holds back nobody for calls that are out, or whose callers left', async () => {
    const clock = virtualClock(3);
    let asked = 0;
    const service = throttle({ clock })<undefined, number>(() => ((asked += 1), NEVER));
    for (let at = 0; at < 100; at++) service(call).subscribe({ error: () => undefined });
    for (let at = 0; at < 100; at++)
      service(call)
        .subscribe({ error: () => undefined })
        .unsubscribe();
    expect(asked).to.equal(200);
    await clock.advance(300_000);
    for (let at = 0; at < 100; at++)
      service(call)
        .subscribe({ error: () => undefined })
        .unsubscribe();
    expect(asked).to.equal(300);
  });

  it('tries again though refusals are counted for longer than the calls that were refused', async () => {
    const clock = virtualClock(3);
    const source = new Subject<number>();
    let asked = 0;
    const service = throttle({ clock })<undefined, number>(() => ((asked += 1), source));
    for (let at = 0; at < 100; at++) service(call).subscribe({ error: () => undefined });
    await clock.advance(110_000);
    source.error(meshError('Rejected', 'full'));
    await clock.advance(11_000);
    asked = 0;
    for (let at = 0; at < 10; at++) service(call).subscribe({ error: () => undefined });
    expect(asked).to.be.above(0);
  });

  it('says that it was held back here', () => {
    const clock = { ...virtualClock(), random: () => 0.3 };
    const service = throttle({ clock })<undefined, number>(() => throwError(() => meshError('Rejected', 'full')));
    failureOf(service(call));
    expect(failureOf(service(call))).to.include({ tag: 'Rejected', code: 'MILLRACE_THROTTLE' });
  });

  it('takes a failure that is no refusal for an acceptance, and forgets after two minutes', async () => {
    const clock = virtualClock();
    let tag: 'Rejected' | 'Defect' = 'Defect';
    const service = throttle({ clock })<undefined, number>(() => throwError(() => meshError(tag, 'no')));
    for (let at = 0; at < 50; at++) expect(failureOf(service(call))).to.include({ tag: 'Defect' });
    tag = 'Rejected';
    for (let at = 0; at < 500; at++) failureOf(service(call));
    await clock.advance(120_000);
    expect(failureOf(service(call))).to.include({ message: 'no' });
  });
});
