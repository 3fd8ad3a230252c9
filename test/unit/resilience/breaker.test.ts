import { expect } from 'chai';
import { concat, EMPTY, NEVER, type Observable, of, Subject, throwError } from 'rxjs';
import {
  breaker,
  type BreakerChange,
  type BreakerMode,
  type BreakerOptions,
  callOf,
  type ErrorTag,
  isFault,
  meshError,
  type MeshError,
  type Service,
} from 'millrace';
import { lawsOf, virtualClock, type VirtualClock } from 'millrace/testing';
import { failureOf } from './failure-of.js';
import { marbles } from './marbles.js';

const call = callOf({ interaction: 'stream', method: 'films.title', request: undefined });

describe('breaker', () => {
  for (const law of lawsOf(() => breaker())) it(law.name, () => law.check());

  /** A service that does as it is told, behind a breaker, and what came of each call. */
  class Bench {
    readonly clock: VirtualClock = virtualClock();
    readonly changes: string[] = [];
    calls = 0;
    private next: Observable<number> = of(1);
    private readonly service: Service<undefined, number>;

    constructor(options: BreakerOptions = {}) {
      const changed = ({ from, to }: BreakerChange): void => void this.changes.push(`${from} → ${to}`);
      this.service = breaker({ clock: this.clock, changed, ...options })(() => {
        this.calls += 1;
        return this.next;
      });
    }

    answer(what: Observable<number>): Observable<number> {
      this.next = what;
      return this.service(call);
    }

    ok(times = 1): void {
      for (let at = 0; at < times; at++) expect(failureOf(this.answer(of(1)))).to.equal(undefined);
    }

    fail(times = 1, tag: ErrorTag = 'Broken'): void {
      for (let at = 0; at < times; at++) {
        expect(failureOf(this.answer(throwError(() => meshError(tag, 'no'))))).to.include({ tag });
      }
    }

    /** Whether a call gets through now; it goes well. */
    get isOpen(): boolean {
      const before = this.calls;
      failureOf(this.answer(of(1)));
      return this.calls === before;
    }
  }

  describe('by Hystrix’s rules', () => {
    it('concludes nothing from fewer than 20 calls', () => {
      const bench = new Bench();
      bench.fail(19);
      expect(bench.changes).to.deep.equal([]);
      bench.fail();
      expect(bench.changes).to.deep.equal(['closed → open']);
    });

    it('opens at half, and not below', () => {
      const [below, at] = [new Bench(), new Bench()];
      below.ok(11);
      below.fail(10);
      expect(below.isOpen).to.equal(false);
      at.ok(10);
      at.fail(10);
      expect(at.isOpen).to.equal(true);
    });

    it('forgets what is more than 10 s ago, a second at a time', async () => {
      const bench = new Bench();
      bench.fail(10);
      await bench.clock.advance(1000);
      bench.fail(9);
      await bench.clock.advance(9000);
      bench.fail(10);
      expect(bench.changes).to.deep.equal([]);
      bench.fail();
      expect(bench.changes).to.deep.equal(['closed → open']);
    });

    it('refuses for 5 s, says how long, and then tries one call at a time', async () => {
      const bench = new Bench();
      bench.fail(20);
      await bench.clock.advance(1500);
      const failure = failureOf(bench.answer(of(1)));
      expect(failure).to.include({ tag: 'Rejected', code: 'MILLRACE_BREAKER', retry: 'elsewhere', after: 3500 });
      expect(failure?.message).to.equal('the breaker of films.title is open: 20 of its last 20 calls failed');
      await bench.clock.advance(3500);
      const trial = new Subject<number>();
      bench.answer(trial).subscribe();
      const second = failureOf(bench.answer(of(1)));
      expect(second?.message).to.equal('the breaker of films.title is half-open, and its trials run');
      trial.next(1);
      expect(bench.changes).to.deep.equal(['closed → open', 'open → half-open', 'half-open → closed']);
      bench.fail(19);
      expect(bench.isOpen).to.equal(false);
    });

    it('opens again when the trial fails', async () => {
      const bench = new Bench();
      bench.fail(20);
      await bench.clock.advance(5000);
      bench.fail();
      expect(bench.changes.at(-1)).to.equal('half-open → open');
      await bench.clock.advance(4999);
      expect(bench.isOpen).to.equal(true);
      await bench.clock.advance(1);
      expect(bench.isOpen).to.equal(false);
    });

    it('does not count what the caller did wrong, refusals, and what was cancelled', () => {
      const bench = new Bench();
      for (const tag of ['Invalid', 'Denied', 'Unknown', 'Canceled', 'Rejected', 'Quota', 'Failed'] as const)
        bench.fail(30, tag);
      for (let at = 0; at < 30; at++) bench.answer(NEVER).subscribe().unsubscribe();
      expect(bench.isOpen).to.equal(false);
      bench.fail(19);
      expect(bench.changes).to.deep.equal(['closed → open']);
    });
  });

  it('is closed by no call that began before it was open', async () => {
    const bench = new Bench();
    const early = new Subject<number>();
    bench.answer(early).subscribe();
    bench.fail(20);
    await bench.clock.advance(5000);
    const trial = new Subject<number>();
    bench.answer(trial).subscribe();
    early.next(1);
    expect(bench.changes.at(-1)).to.equal('open → half-open');
    trial.next(1);
    expect(bench.changes.at(-1)).to.equal('half-open → closed');
  });

  it('gives the place of a trial that was cancelled to another', async () => {
    const bench = new Bench();
    bench.fail(20);
    await bench.clock.advance(5000);
    bench.answer(NEVER).subscribe().unsubscribe();
    expect(bench.isOpen).to.equal(false);
    expect(bench.changes.at(-1)).to.equal('half-open → closed');
  });

  it('does not wait for ever for a trial that says nothing', async () => {
    const bench = new Bench();
    bench.fail(20);
    await bench.clock.advance(5000);
    bench.answer(NEVER).subscribe();
    await bench.clock.advance(4999);
    expect(bench.isOpen).to.equal(true);
    await bench.clock.advance(1);
    expect(bench.isOpen).to.equal(false);
  });

  it('takes the first item of a stream for its success, and looks no further', () => {
    const bench = new Bench();
    for (let at = 0; at < 40; at++) {
      failureOf(
        bench.answer(
          concat(
            of(1),
            throwError(() => meshError('Broken', 'later')),
          ),
        ),
      );
    }
    expect(bench.isOpen).to.equal(false);
    for (let at = 0; at < 81; at++) failureOf(bench.answer(EMPTY));
    expect(bench.isOpen).to.equal(false);
  });

  it('lets several trials decide together', async () => {
    const bench = new Bench({ trials: 4, failureRate: 0.5 });
    bench.fail(20);
    await bench.clock.advance(5000);
    bench.ok(2);
    bench.fail(1);
    expect(bench.changes.at(-1)).to.equal('open → half-open');
    bench.fail(1);
    expect(bench.changes.at(-1)).to.equal('half-open → open');
    await bench.clock.advance(5000);
    bench.ok(2);
    bench.fail(1);
    expect(bench.changes.at(-1)).to.equal('open → half-open');
    bench.ok(1);
    expect(bench.changes.at(-1)).to.equal('half-open → closed');
  });

  it('does not wait for trials that can not change what is decided', async () => {
    const bench = new Bench({ trials: 4, failureRate: 0.5, slowAfter: '100 ms', slowRate: 1 });
    bench.fail(20);
    await bench.clock.advance(5000);
    bench.fail(2);
    expect(bench.changes.at(-1)).to.equal('half-open → open');
    await bench.clock.advance(5000);
    bench.ok(3);
    expect(bench.changes.at(-1)).to.equal('half-open → closed');
  });

  it('counts the plain failure of a peer that is not Millrace, and not what it means by a code of its own', () => {
    const peer = (rsocketCode: number) => () =>
      throwError(() => meshError('Failed', 'no', { rsocketCode, from: 'tcp 127.0.0.1:7001' }));
    for (const [code, refused] of [
      [0x201, 'MILLRACE_BREAKER'],
      [0x301, 'MILLRACE_FAILED'],
    ] as const) {
      const service = breaker({ minimumCalls: 2 })<undefined, number>(peer(code));
      for (const _ of [1, 2]) failureOf(service(call));
      expect(failureOf(service(call))?.code).to.equal(refused);
    }
  });

  it('looks at the last calls where the window counts calls', () => {
    const bench = new Bench({ window: { calls: 10 }, minimumCalls: 10 });
    bench.ok(10);
    bench.fail(4);
    expect(bench.changes).to.deep.equal([]);
    bench.fail(1);
    expect(bench.changes).to.deep.equal(['closed → open']);
  });

  it('opens at slow calls, where it is told what is slow', async () => {
    const bench = new Bench({ slowAfter: '100 ms', slowRate: 0.5, minimumCalls: 4 });
    const slow = async (ms: number): Promise<void> => {
      const answer = new Subject<number>();
      bench.answer(answer).subscribe();
      await bench.clock.advance(ms);
      answer.next(1);
    };
    await slow(99);
    await slow(99);
    await slow(100);
    expect(bench.changes).to.deep.equal([]);
    await slow(100);
    expect(bench.changes).to.deep.equal(['closed → open']);
    expect(failureOf(bench.answer(of(1)))?.message).to.include('0 of its last 4 calls failed, 2 were slow');
  });

  it('does as it is told: forced open, forced closed, metrics only', () => {
    let mode: BreakerMode = 'forced-open';
    const bench = new Bench({ mode: () => mode });
    expect(failureOf(bench.answer(of(1)))?.message).to.equal('the breaker of films.title is forced open');
    mode = 'forced-closed';
    bench.fail(30);
    expect(bench.isOpen).to.equal(false);
    mode = 'metrics-only';
    expect(bench.isOpen).to.equal(false);
    expect(bench.changes).to.deep.equal(['closed → open']);
    mode = 'auto';
    expect(bench.isOpen).to.equal(true);
  });

  it('lets the program say what a failure is', () => {
    const bench = new Bench({ isFailure: (error: MeshError) => error.tag === 'Rejected' });
    bench.fail(20, 'Rejected');
    expect(bench.isOpen).to.equal(true);
    const other = new Bench({ isFailure: (error: MeshError) => isFault(error) && error.message !== 'no' });
    other.fail(50);
    expect(other.isOpen).to.equal(false);
  });

  it('has a state for each service that it stands before', () => {
    const filter = breaker({ minimumCalls: 1 });
    const bad = filter<undefined, number>(() => throwError(() => meshError('Broken', 'no')));
    const good = filter<undefined, number>(() => of(1));
    failureOf(bad(call));
    expect(failureOf(bad(call))).to.include({ code: 'MILLRACE_BREAKER' });
    expect(failureOf(good(call))).to.equal(undefined);
  });

  it('is an operator, with one state for all the pipes that it stands in', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, clock }) => {
      const guard = breaker({ minimumCalls: 2, clock });
      const source = cold<number>('-#', {}, meshError('Broken', 'no'));
      const guarded = source.pipe(guard);
      const rejected = meshError('Rejected', 'the breaker of the service is open: 2 of its last 2 calls failed', {
        code: 'MILLRACE_BREAKER',
        after: 4998,
      });
      expectObservable(guarded, '^').toBe('-#', {}, meshError('Broken', 'no'));
      expectObservable(guarded, '-^').toBe('--#', {}, meshError('Broken', 'no'));
      expectObservable(guarded, '----^').toBe('----#', {}, rejected);
      expectSubscriptions(source.subscriptions).toBe(['^!', '-^!']);
    });
  });

  it('refuses rules that make no sense', () => {
    for (const wrong of [{ trials: 0 }, { window: 0 }, { window: { calls: 0 } }, { failureRate: 0 }, { sleep: 0 }]) {
      expect(() => breaker(wrong))
        .to.throw()
        .with.property('code', 'MILLRACE_BREAKER_RULES');
    }
    expect(() => breaker({ failureRate: 50 })).to.throw('50 is not a number from 0 to 1');
  });
});
