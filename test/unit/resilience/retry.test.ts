import { expect } from 'chai';
import { concat, defer, firstValueFrom, type Observable, of, Subject, throwError } from 'rxjs';
import {
  ATTEMPTS,
  type Call,
  callOf,
  deadline,
  type ErrorTag,
  fuse,
  inherit,
  meshError,
  retry,
  retryBudget,
  type RetryOptions,
  type Service,
  timeout,
} from 'millrace';
import { lawsOf, seeded, virtualClock } from 'millrace/testing';
import { failureOf } from './failure-of.js';
import { marbles } from './marbles.js';

const call = callOf({ interaction: 'response', method: 'films.title', request: undefined });

describe('retry', () => {
  for (const law of lawsOf(() => retry())) it(law.name, () => law.check());

  /** A service that fails so and so often, and what came of a call. */
  const trial = async (tag: ErrorTag, failures: number, options: RetryOptions = {}, asked: Call<undefined> = call) => {
    const clock = virtualClock();
    let calls = 0;
    const service: Service<undefined, number> = () =>
      defer(() => {
        calls += 1;
        return calls <= failures ? throwError(() => meshError(tag, 'no')) : of(calls);
      });
    const answer = firstValueFrom(retry({ clock, ...options })(service)(asked)).then(
      () => 'done',
      (error: { tag: string }) => error.tag,
    );
    return { end: await clock.until(answer), calls, took: clock.now() };
  };

  it('tries again what was not processed', async () => {
    for (const tag of ['Rejected', 'Unavailable', 'Quota'] as const)
      expect(await trial(tag, 2)).to.deep.include({ end: 'done', calls: 3 });
  });

  it('tries again what may have been processed only if the call can be repeated', async () => {
    for (const tag of ['Broken', 'Slow'] as const) {
      expect(await trial(tag, 1)).to.deep.include({ end: tag, calls: 1 });
      expect(await trial(tag, 1, {}, { ...call, idempotencyKey: 'k' })).to.deep.include({ end: 'done', calls: 2 });
      expect(await trial(tag, 1, {}, { ...call, idempotent: true })).to.deep.include({ end: 'done', calls: 2 });
    }
  });

  it('never tries again what says never, nor a channel', async () => {
    for (const tag of ['Invalid', 'Denied', 'Late', 'Defect', 'Failed', 'Overrun', 'Canceled'] as const)
      expect(await trial(tag, 1, {}, { ...call, idempotent: true })).to.deep.include({ end: tag, calls: 1 });
    const channel = callOf({ interaction: 'channel', request: undefined });
    expect(await trial('Rejected', 1, {}, channel)).to.deep.include({ end: 'Rejected', calls: 1 });
  });

  it('makes so many attempts, and then says never to those outside', async () => {
    expect(await trial('Rejected', 9)).to.deep.include({ end: 'Rejected', calls: 3 });
    expect(await trial('Rejected', 9, { maxAttempts: 5 })).to.deep.include({ end: 'Rejected', calls: 5 });
    const clock = virtualClock();
    let calls = 0;
    const failing: Service<undefined, number> = () =>
      defer(() => throwError(() => meshError('Rejected', `no ${++calls}`, { code: 'FULL', detail: { n: 1 } })));
    const both = retry({ clock })(retry({ clock })(failing));
    const failure = clock.until(firstValueFrom(both(call)).catch((error: unknown) => error));
    expect(await failure).to.include({ tag: 'Rejected', retry: 'never', message: 'no 3', code: 'FULL' });
    expect(calls).to.equal(3);
  });

  it('pauses by chance, up to twice as long each time', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, clock }) => {
      const source = cold('#', {}, meshError('Rejected', 'no'));
      const options = { pause: 20, pauseMost: 60, maxAttempts: 5, clock };
      const end = meshError('Rejected', 'no', { retry: 'never' });
      expectObservable(source.pipe(retry(options))).toBe('90ms #', {}, end);
      const at = (ms: number): string => `${ms}ms (^!)`;
      expectSubscriptions(source.subscriptions).toBe(['(^!)', at(10), at(30), at(60), at(90)]);
    }, 0.5);
  });

  it('waits as long as the failure says, and not past the deadline', async () => {
    const clock = virtualClock();
    let calls = 0;
    const service: Service<undefined, number> = () =>
      defer(() => {
        calls += 1;
        return calls > 1 ? of(1) : throwError(() => meshError('Quota', 'no', { after: 70 }));
      });
    await clock.until(firstValueFrom(retry({ clock })(service)(call)));
    expect([calls, clock.now()]).to.deep.equal([2, 70]);
    calls = 0;
    const late = { ...call, deadline: clock.now() + 70 };
    expect(failureOf(deadline(clock)(retry({ clock })(service))(late))).to.include({ tag: 'Quota', retry: 'never' });
    expect(calls).to.equal(1);
  });

  it('does not wait for a server that says to come back too late', async () => {
    const answer = (after: number) => () => throwError(() => meshError('Rejected', 'no', { after }));
    const clock = virtualClock();
    expect(failureOf(retry({ clock })<undefined, never>(answer(10_001))(call))).to.include({
      tag: 'Rejected',
      retry: 'never',
      after: 10_001,
    });
    expect(failureOf(retry({ clock, afterMost: '1 h' })<undefined, never>(answer(10_001))(call))).to.equal(undefined);
    expect(failureOf(retry({ clock })<undefined, never>(answer(10_000))(call))).to.equal(undefined);
  });

  it('adds nothing to its budget for a call that is itself another attempt', async () => {
    for (const [above, calls] of [
      ['0', 120],
      ['1', 100],
    ] as const) {
      const clock = virtualClock();
      let asked = 0;
      const service = retry({ clock, budget: retryBudget(0.2, 0), pause: 0 })<undefined, number>(() =>
        defer(() => throwError(() => meshError('Rejected', `no ${++asked}`))),
      );
      const again = { ...call, baggage: new Map([[ATTEMPTS, above]]) };
      for (let at = 0; at < 100; at++) service(again).subscribe({ error: () => undefined });
      await clock.advance(10);
      expect(asked).to.equal(calls);
    }
  });

  it('does not repeat items: what has begun fails as it is', async () => {
    const begun: Service<undefined, number> = () =>
      concat(
        of(1),
        throwError(() => meshError('Rejected', 'later')),
      );
    const seen: unknown[] = [];
    retry()(begun)(call).subscribe({ next: (item) => seen.push(item), error: (error) => seen.push(error.tag) });
    expect(seen).to.deep.equal([1, 'Rejected']);
  });

  it('leaves off when its caller does', async () => {
    const clock = virtualClock();
    let calls = 0;
    const service: Service<undefined, number> = () =>
      defer(() => throwError(() => meshError('Rejected', `no ${++calls}`)));
    const subscription = retry({ clock })(service)(call).subscribe();
    subscription.unsubscribe();
    await clock.advance(10_000);
    expect([calls, clock.pending]).to.deep.equal([1, 0]);
  });

  it('has a retry for every fifth call, and ten a second in any case', async () => {
    const clock = virtualClock();
    const budget = retryBudget(0.2, 1);
    let calls = 0;
    const service = retry({ clock, budget, pause: 0 })<undefined, number>(() =>
      defer(() => throwError(() => meshError('Rejected', `no ${++calls}`))),
    );
    for (let at = 0; at < 100; at++) {
      await clock.until(firstValueFrom(service(call)).catch(() => undefined));
    }
    expect(calls).to.equal(100 + 20 + 10);
    await clock.advance(20_000);
    calls = 0;
    await clock.until(firstValueFrom(service(call)).catch(() => undefined));
    expect(calls).to.equal(3);
  });

  it('tells those below, by baggage, which attempt it is, and believes no nonsense there', async () => {
    const seen: (string | undefined)[] = [];
    const clock = virtualClock();
    const service: Service<undefined, number> = ({ baggage }) => {
      seen.push(baggage.get(ATTEMPTS));
      return throwError(() => meshError('Rejected', 'no'));
    };
    const run = (baggage: Call<undefined>['baggage']): Promise<unknown> =>
      clock.until(firstValueFrom(retry({ clock })(service)({ ...call, baggage })).catch(() => undefined));
    await run(new Map());
    expect(seen.splice(0)).to.deep.equal([undefined, '1', '2']);
    await run(new Map([[ATTEMPTS, '1']]));
    expect(seen.splice(0)).to.deep.equal(['1', '2']);
    for (const nonsense of ['-5', 'x', '1e999', '0.5']) {
      await run(new Map([[ATTEMPTS, nonsense]]));
      expect(seen.splice(0).length).to.equal(3);
    }
  });

  it('does not multiply in a tree five deep whose last service fails at half its calls', async () => {
    const clock = virtualClock(7);
    const chance = seeded(11);
    const counts = [0, 0, 0, 0, 0];
    let service: Service<undefined, number> = () =>
      defer((): Observable<number> => {
        counts[4] = (counts[4] ?? 0) + 1;
        return chance() < 0.5 ? throwError(() => meshError('Rejected', 'half')) : of(1);
      });
    for (let depth = 3; depth >= 0; depth--) {
      const below = retry({ clock, budget: retryBudget(0.2, 1), pause: 1 })(service);
      service = (given) => {
        counts[depth] = (counts[depth] ?? 0) + 1;
        // As a handler does: its own call inherits baggage, and what came from below is not its own refusal.
        return below(inherit(callOf({ interaction: 'response', request: undefined }), given));
      };
    }
    const offered = 2000;
    const entry = service;
    for (let at = 0; at < offered; at++) {
      const answer = new Subject<void>();
      entry(call).subscribe({ complete: () => answer.complete(), error: () => answer.complete() });
      await clock.advance(10);
    }
    const floor = (offered * 10) / 1000 + 10;
    for (const made of counts) expect(made).to.be.at.most(1.2 * offered + floor);
    expect(counts.slice(0, 4)).to.deep.equal([offered, offered, offered, offered]);
    expect(counts[4]).to.be.greaterThan(1.15 * offered);
  });

  it('settles what is inside it at each attempt, and not what is outside', async () => {
    const clock = virtualClock();
    let calls = 0;
    const stack = fuse([retry({ clock, pause: 0 }).policy, timeout(10, { clock }).policy], clock);
    const service = stack<undefined, number>(() => {
      calls += 1;
      return calls < 3 ? new Subject() : of(calls);
    });
    const answer = firstValueFrom(service({ ...call, idempotent: true }));
    expect([await clock.until(answer), clock.now()]).to.deep.equal([3, 20]);
  });
});
