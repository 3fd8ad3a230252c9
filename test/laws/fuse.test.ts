import { expect } from 'chai';
import { concat, defer, from, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import {
  type Agnostic,
  type AnyPolicy,
  anyPolicy,
  callOf,
  fuse,
  isMeshError,
  meshError,
  operatorOf,
  type Outcome,
  type Service,
} from 'millrace';
import { type VirtualClock, virtualClock } from 'millrace/testing';
import { again, counter, instead, limiter, logged, within } from './policies.js';

type Numbers = Service<string, number>;

describe('a fused stack', () => {
  let clock: VirtualClock;
  let log: string[];
  beforeEach(() => {
    clock = virtualClock();
    log = [];
  });

  it('admits from the outside in and settles from the inside out', () => {
    const stack = fuse([logged('a', log), logged('b', log), logged('c', log)], clock);
    expect(watch(stack, () => of(1, 2)).events).to.deep.equal([1, 2, 'complete']);
    expect(log).to.deep.equal([
      ...['a admit', 'b admit', 'c admit'],
      ...['c first', 'b first', 'a first'],
      ...['c complete', 'b complete', 'a complete'],
    ]);
  });

  it('settles only the policies outside the one that refuses, and subscribes nothing', () => {
    let subscribed = 0;
    const stack = fuse([logged('a', log), limiter(0), logged('c', log)], clock);
    const { events } = watch(stack, () => defer(() => of((subscribed += 1))));
    expect(events).to.deep.equal(['Rejected']);
    expect(subscribed).to.equal(0);
    expect(log).to.deep.equal(['a admit', 'a error']);
  });

  it('subscribes once for all of its policies', () => {
    let subscribed = 0;
    const source = new Observable<number>((subscriber) => {
      subscribed += 1;
      subscriber.complete();
    });
    watch(fuse([logged('a', log), limiter(3), again(3), within(5), logged('b', log)], clock), () => source);
    expect(subscribed).to.equal(1);
  });

  it('keeps the state of each policy from call to call', () => {
    const stack = fuse([limiter(2)], clock);
    const source = new Subject<number>();
    const service = stack<string, number>(() => source);
    const calls = [1, 2, 3].map(() => follow(service(call())));
    expect(calls.map(({ events }) => events)).to.deep.equal([[], [], ['Rejected']]);
    calls[0]?.leave();
    const fourth = follow(service(call()));
    source.next(4);
    expect(fourth.events).to.deep.equal([4]);
  });

  it('gives each service that it is put before states of its own', () => {
    const stack = fuse([limiter(1)], clock);
    const [one, two] = [stack<string, number>(() => NEVER), stack<string, number>(() => NEVER)];
    expect(follow(one(call())).events).to.deep.equal([]);
    expect(follow(two(call())).events).to.deep.equal([]);
    expect(follow(one(call())).events).to.deep.equal(['Rejected']);
  });

  it('passes a cancel to the source and settles each policy exactly once', () => {
    let left = 0;
    const counts = { open: 0, most: 0, ended: 0 };
    const stack = fuse([logged('a', log), counter(counts), within(50), logged('b', log)], clock);
    const watched = watch(stack, () => new Observable<number>(() => () => void (left += 1)));
    watched.leave();
    watched.leave();
    expect(left).to.equal(1);
    expect(log).to.deep.equal(['a admit', 'b admit', 'b cancel', 'a cancel']);
    expect(counts).to.deep.equal({ open: 0, most: 1, ended: 1 });
    expect(clock.pending).to.equal(0);
  });

  it('is settled once when the caller leaves during an item', () => {
    const stack = fuse([logged('a', log)], clock);
    const source = new Subject<number>();
    const subscription = stack<string, number>(() => source)(call()).subscribe(() => subscription.unsubscribe());
    source.next(1);
    source.next(2);
    source.complete();
    expect(log).to.deep.equal(['a admit', 'a first', 'a cancel']);
    expect(source.observed).to.equal(false);
  });

  it('makes a Defect of a failure that is not a MeshError, with it as the cause', () => {
    const wrong = new Error('wrong');
    const { errors } = watch(fuse([logged('a', log)], clock), () => throwError(() => wrong));
    expect(isMeshError(errors[0], 'Defect')).to.equal(true);
    expect(errors[0]).to.have.property('cause', wrong);
  });

  it('settles with an error when the service throws', () => {
    const { events } = watch(fuse([logged('a', log)], clock), () => {
      throw meshError('Denied', 'thrown');
    });
    expect(events).to.deep.equal(['Denied']);
    expect(log).to.deep.equal(['a admit', 'a error']);
  });

  it('fails with what a policy throws, and settles the others', () => {
    const rude = (where: 'admit' | 'settle'): AnyPolicy =>
      anyPolicy<undefined, undefined>({
        name: 'rude',
        initial: undefined,
        admit(state) {
          if (where === 'admit') throw new Error('rude');
          return { state };
        },
        settle() {
          throw new Error('rude');
        },
      });
    for (const where of ['admit', 'settle'] as const) {
      const counts = { open: 0, most: 0, ended: 0 };
      const source = new Subject<number>();
      const { errors } = watch(fuse([counter(counts), rude(where), counter(counts)], clock), () => source);
      expect(() => source.error(meshError('Broken', 'cut'))).not.to.throw();
      expect(errors).to.have.length(1);
      expect(String(errors[0])).to.include('rude');
      expect(counts.ended).to.equal(where === 'admit' ? 1 : 2);
    }
  });

  it('fails a call that waits with what a policy throws, and not the call that made room for it', () => {
    let asked = 0;
    const policy = anyPolicy<undefined, undefined>({
      name: 'rude',
      initial: undefined,
      admit(state) {
        asked += 1;
        if (asked === 1) return { state };
        if (asked === 2) return { state, wait: { most: 100, late: () => meshError('Rejected', 'late') } };
        throw new Error('rude');
      },
      settle: (state) => ({ state }),
    });
    const source = new Subject<number>();
    const service = fuse([policy], clock)<string, number>(() => source);
    const [first, second] = [follow(service(call())), follow(service(call()))];
    source.complete();
    expect([first.events, second.events]).to.deep.equal([['complete'], ['Defect']]);
    expect(clock.pending).to.equal(0);
  });

  it('tells a policy how long a call took, and how long its first item', async () => {
    const outcomes: Outcome[] = [];
    const source = new Subject<number>();
    watch(fuse([outcomesTo(outcomes)], clock), () => source);
    await clock.advance(5);
    source.next(1);
    await clock.advance(7);
    source.complete();
    expect(outcomes).to.deep.equal([{ kind: 'complete', elapsed: 12, first: 5, error: undefined }]);
  });

  describe('that ends late calls', () => {
    it('ends one without an end in time, leaves the source, and settles outer policies with the error', async () => {
      const source = new Subject<number>();
      const { events } = watch(fuse([logged('a', log), within(10), logged('c', log)], clock), () => source);
      source.next(1);
      await clock.advance(9);
      expect(events).to.deep.equal([1]);
      await clock.advance(1);
      expect(events).to.deep.equal([1, 'Slow']);
      expect(source.observed).to.equal(false);
      expect(log.slice(-2)).to.deep.equal(['c cancel', 'a error']);
      expect(clock.pending).to.equal(0);
    });

    it('lets one go on whose first item came in time, where only that matters', async () => {
      const source = new Subject<number>();
      const { events } = watch(fuse([within(10, 'first')], clock), () => source);
      await clock.advance(9);
      source.next(1);
      expect(clock.pending).to.equal(0);
      await clock.advance(100);
      source.complete();
      expect(events).to.deep.equal([1, 'complete']);
    });

    it('keeps the nearest of several ends with one timer', async () => {
      const source = new Subject<number>();
      const { events } = watch(fuse([within(30, 'end', 'Late'), within(10, 'first')], clock), () => source);
      expect(clock.pending).to.equal(1);
      await clock.advance(5);
      source.next(1);
      expect(clock.pending).to.equal(1);
      await clock.advance(25);
      expect(events).to.deep.equal([1, 'Late']);
    });

    it('keeps its own time running across the attempts of a retry further in', async () => {
      let attempts = 0;
      const failing = defer(() => {
        attempts += 1;
        return throwError(() => meshError('Unavailable', 'not now'));
      });
      const { events } = watch(fuse([within(25, 'end', 'Late'), again(10, 10)], clock), () => failing);
      await clock.advance(24);
      expect([attempts, events]).to.deep.equal([3, []]);
      await clock.advance(1);
      expect(events).to.deep.equal(['Late']);
      await clock.advance(100);
      expect(attempts).to.equal(3);
      expect(clock.pending).to.equal(0);
    });

    it('gives each attempt of a retry further out its own time', async () => {
      const sources = [new Subject<number>(), new Subject<number>()];
      let attempt = 0;
      const { events } = watch(fuse([again(2), within(10)], clock), () => sources[attempt++] ?? NEVER);
      await clock.advance(15);
      expect(sources.map(({ observed }) => observed)).to.deep.equal([false, true]);
      sources[1]?.next(7);
      sources[1]?.complete();
      expect(events).to.deep.equal([7, 'complete']);
      expect(clock.pending).to.equal(0);
    });
  });

  describe('that remedies failures', () => {
    it('tries again, admitting only what stands inside the remedy', async () => {
      let attempts = 0;
      const flaky = defer(() => (++attempts < 3 ? throwError(() => meshError('Unavailable', 'no')) : of(attempts)));
      const { events } = watch(fuse([logged('out', log), again(5, 10), logged('in', log)], clock), () => flaky);
      await clock.advance(20);
      expect(events).to.deep.equal([3, 'complete']);
      expect(log.filter((line) => line.startsWith('out'))).to.deep.equal(['out admit', 'out first', 'out complete']);
      expect(log.filter((line) => line === 'in admit')).to.have.length(3);
      expect(log.filter((line) => line === 'in error')).to.have.length(2);
    });

    it('gives up after so many attempts, and at once where a retry may not help', async () => {
      for (const [tag, wanted] of [
        ['Unavailable', 3],
        ['Denied', 1],
      ] as const) {
        let attempts = 0;
        const failing = defer(() => {
          attempts += 1;
          return throwError(() => meshError(tag, 'no'));
        });
        const { events } = watch(fuse([again(3, 10)], clock), () => failing);
        await clock.advance(100);
        expect([attempts, events]).to.deep.equal([wanted, [tag]]);
      }
    });

    it('counts the attempts of each call by itself', async () => {
      const service = fuse([again(2)], clock)<string, number>(() => throwError(() => meshError('Slow', 'slow')));
      const [one, two] = [follow(service(call())), follow(service(call()))];
      await clock.advance(10);
      expect([one.events, two.events]).to.deep.equal([['Slow'], ['Slow']]);
    });

    it('stops waiting when the caller leaves between attempts', async () => {
      let attempts = 0;
      const failing = defer(() => {
        attempts += 1;
        return throwError(() => meshError('Unavailable', 'no'));
      });
      const watched = watch(fuse([logged('out', log), again(5, 10), logged('in', log)], clock), () => failing);
      await clock.advance(5);
      watched.leave();
      await clock.advance(100);
      expect([attempts, clock.pending]).to.deep.equal([1, 0]);
      expect(log).to.deep.equal(['out admit', 'in admit', 'in error', 'out cancel']);
    });

    it('answers with something else, which inner policies do not see and outer ones do', () => {
      const stack = fuse([logged('out', log), instead(() => from([8, 9])), logged('in', log)], clock);
      const { events } = watch(stack, () => throwError(() => meshError('Unavailable', 'no')));
      expect(events).to.deep.equal([8, 9, 'complete']);
      expect(log).to.deep.equal(['out admit', 'in admit', 'in error', 'out first', 'out complete']);
    });

    it('keeps an outer timer running while something else is given', async () => {
      const { events } = watch(fuse([within(10), instead(() => NEVER)], clock), () =>
        throwError(() => meshError('Unavailable', 'no')),
      );
      await clock.advance(10);
      expect(events).to.deep.equal(['Slow']);
    });

    it('remedies a late end as any failure', async () => {
      const { events } = watch(fuse([instead(() => [0]), within(10)], clock), () => NEVER);
      await clock.advance(10);
      expect(events).to.deep.equal([0, 'complete']);
    });

    it('remedies a refusal further in, but not one further out', () => {
      const inner = watch(fuse([instead(() => [0]), limiter(0)], clock), () => of(1));
      const outer = watch(fuse([limiter(0), instead(() => [0])], clock), () => of(1));
      expect([inner.events, outer.events]).to.deep.equal([[0, 'complete'], ['Rejected']]);
    });

    it('can be subscribed again in full after an error', () => {
      let attempts = 0;
      const answer = fuse(
        [limiter(1)],
        clock,
      )<string, number>(() =>
        defer(() =>
          attempts++ === 0
            ? concat(
                of(1),
                throwError(() => meshError('Broken', 'cut')),
              )
            : of(2),
        ),
      )(call());
      expect([follow(answer).events, follow(answer).events]).to.deep.equal([
        [1, 'Broken'],
        [2, 'complete'],
      ]);
    });
  });

  it('is an operator in any pipe', async () => {
    const events: unknown[] = [];
    NEVER.pipe(operatorOf([within(10)], clock)).subscribe({ error: (error) => events.push(error) });
    await clock.advance(10);
    expect(isMeshError(events[0], 'Slow')).to.equal(true);
  });
});

interface Watched {
  /** Items, then `complete` or the error's tag. */
  readonly events: readonly unknown[];
  readonly errors: readonly unknown[];
  leave(): void;
}

function watch(stack: Agnostic, service: () => Observable<number>): Watched {
  return follow(stack<string, number>(service as Numbers)(call()));
}

function follow(answer: Observable<number>): Watched {
  const events: unknown[] = [];
  const errors: unknown[] = [];
  const subscription = answer.subscribe({
    next: (value) => events.push(value),
    error(error: unknown) {
      errors.push(error);
      events.push(isMeshError(error) ? error.tag : error);
    },
    complete: () => events.push('complete'),
  });
  return { events, errors, leave: () => subscription.unsubscribe() };
}

function call() {
  return callOf({ interaction: 'stream', method: 'law.check', request: 'request' });
}

function outcomesTo(outcomes: Outcome[]): AnyPolicy {
  return anyPolicy<undefined, undefined>({
    name: 'outcomes',
    initial: undefined,
    admit: (state) => ({ state }),
    settle(state, outcome) {
      outcomes.push(outcome);
      return { state };
    },
  });
}
