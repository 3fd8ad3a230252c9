import { expect } from 'chai';
import { concat, type Observable, of, Subject, throwError } from 'rxjs';
import { callOf, fixedLimit, limit, Limiter, type LimitSample, meshError, type Priority, type Service } from 'millrace';
import { lawsOf, virtualClock } from 'millrace/testing';
import { failureOf } from './failure-of.js';

const callAt = (priority: Priority) =>
  callOf({ interaction: 'stream', method: 'films.title', priority, request: undefined });

describe('limit', () => {
  for (const law of lawsOf(() => limit())) it(law.name, () => law.check());

  it('refuses with Rejected what is more than the limit, and says of what', () => {
    const service = limit({ algorithm: fixedLimit(2), name: 'films' })<undefined, number>(() => new Subject());
    service(callAt('critical')).subscribe();
    service(callAt('critical')).subscribe();
    const failure = failureOf(service(callAt('critical')));
    expect(failure).to.include({ tag: 'Rejected', code: 'MILLRACE_LIMIT', retry: 'elsewhere' });
    expect(failure?.message).to.equal('films.title, a critical call, was refused: films has 2 calls in flight of 2');
  });

  it('counts a stream as in flight until its end, however it ends', () => {
    const limiter = new Limiter({ algorithm: fixedLimit(10) });
    const sources: Subject<number>[] = [];
    const service = limit(limiter)<undefined, number>(() => {
      const source = new Subject<number>();
      sources.push(source);
      return source;
    });
    const open = [1, 2, 3].map(() => service(callAt('default')).subscribe({ error: () => undefined }));
    sources.forEach((source) => source.next(1));
    expect(limiter.view.inFlight.default).to.equal(3);
    sources[0]?.complete();
    expect(limiter.view.inFlight.default).to.equal(2);
    sources[1]?.error(new Error('no'));
    expect(limiter.view.inFlight.default).to.equal(1);
    open.forEach((each) => each.unsubscribe());
    expect(limiter.view.inFlight.default).to.equal(0);
  });

  it('takes the time to the first item for the latency of a stream', async () => {
    const clock = virtualClock();
    const limiter = new Limiter({ clock });
    const source = new Subject<number>();
    limit(limiter)<undefined, number>(() => source)(callAt('default')).subscribe();
    await clock.advance(30);
    source.next(1);
    await clock.advance(500);
    source.complete();
    expect(limiter.view.latency).to.equal(30);
  });

  it('learns nothing from a failure that is not one of overload', () => {
    const limiter = new Limiter({
      algorithm: { ...fixedLimit(10), sampled: (state: number, { dropped }: LimitSample) => state - (dropped ? 1 : 0) },
    });
    const failing = (error: unknown): Service<undefined, number> => limit(limiter)(() => throwError(() => error));
    failureOf(failing(meshError('Denied', 'no'))(callAt('default')));
    expect(limiter.view).to.include({ limit: 10, latency: 0 });
    failureOf(failing(meshError('Slow', 'no'))(callAt('default')));
    expect(limiter.view.limit).to.equal(9);
  });

  it('learns from a caller who left after longer than usual', async () => {
    const clock = virtualClock();
    const limiter = new Limiter({ clock });
    const leaves = async (ms: number) => {
      const call = limit(limiter)<undefined, number>(() => new Subject())(callAt('default')).subscribe();
      await clock.advance(ms);
      call.unsubscribe();
    };
    await leaves(20);
    await leaves(10);
    expect(limiter.view.latency).to.equal(20);
  });

  it('tells of changes of the limit, and is shared by the filters made from it', () => {
    const limiter = new Limiter({ algorithm: { ...fixedLimit(3), sampled: (state: number) => state + 1 } });
    const told: number[] = [];
    limiter.changes.subscribe((now) => told.push(now));
    for (const service of [1, 2].map(() => limit(limiter)<undefined, number>(() => of(1)))) {
      service(callAt('default')).subscribe();
    }
    expect(told).to.deep.equal([4, 5]);
  });
});

describe('the shares of a limit', () => {
  /** Calls of each priority, in turn, as many as get in. */
  function admitted(order: readonly Priority[], times: number): Readonly<Record<Priority, number>> {
    const limiter = new Limiter({ algorithm: fixedLimit(100) });
    const service = limit(limiter)<undefined, never>(() => new Subject<never>());
    for (const priority of order) {
      for (let i = 0; i < times; i++) service(callAt(priority)).subscribe({ error: () => undefined });
    }
    return limiter.view.inFlight;
  }

  it('refuse bulk first, then degraded, then default, and critical last', () => {
    expect(admitted(['bulk', 'degraded', 'default', 'critical'], 200)).to.deep.equal({
      bulk: 60,
      degraded: 15,
      default: 15,
      critical: 50,
    });
  });

  it('let critical calls have all that is free, and others what they are guaranteed', () => {
    expect(admitted(['critical', 'default', 'degraded', 'bulk'], 200)).to.deep.equal({
      critical: 100,
      default: 10,
      degraded: 0,
      bulk: 0,
    });
  });

  it('let in one call where none is in flight, however small the limit', () => {
    const service = limit({ algorithm: fixedLimit(1) })<undefined, number>(() => of(1));
    const seen: number[] = [];
    concat(service(callAt('bulk')), service(callAt('bulk')) as Observable<number>).subscribe((value) =>
      seen.push(value),
    );
    expect(seen).to.deep.equal([1, 1]);
  });

  it('are refused where they mean nothing', () => {
    expect(() => new Limiter({ shares: { bulk: { reach: 2, guaranteed: 0 } } })).to.throw('from 0 to 1');
    expect(() => new Limiter({ shares: { bulk: { reach: 1, guaranteed: 0.9 } } })).to.throw('no more than 1');
  });
});
