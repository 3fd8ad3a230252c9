import { expect } from 'chai';
import { array, assert, constantFrom, integer, nat, property, tuple } from 'fast-check';
import { type Observable, of, Subject, type Subscription } from 'rxjs';
import { anyPolicy, bulkhead, type BulkheadOptions, callOf, fuse, meshError, type Policy } from 'millrace';
import { lawsOf, virtualClock } from 'millrace/testing';
import { marbles } from './marbles.js';

const call = callOf({ interaction: 'stream', method: 'films.title', request: undefined });

describe('bulkhead', () => {
  for (const law of lawsOf(() => bulkhead())) it(law.name, () => law.check());

  /** Calls that stay open until they are ended. */
  class Bench {
    readonly clock = virtualClock();
    readonly begun: Subject<number>[] = [];
    readonly events: string[] = [];
    private readonly service: () => Observable<number>;

    constructor(options: BulkheadOptions) {
      const filtered = bulkhead({ clock: this.clock, ...options })<undefined, number>(() => {
        const answer = new Subject<number>();
        this.begun.push(answer);
        return answer;
      });
      this.service = () => filtered(call);
    }

    begin(name: string): Subscription {
      return this.service().subscribe({
        next: () => this.events.push(`${name} item`),
        error: ({ message }: Error) => this.events.push(`${name}: ${message}`),
        complete: () => this.events.push(`${name} done`),
      });
    }
  }

  it('lets so many calls in at once, and refuses the next', () => {
    const bench = new Bench({ maxConcurrent: 2 });
    for (const name of ['a', 'b', 'c']) bench.begin(name);
    expect(bench.begun.length).to.equal(2);
    expect(bench.events).to.deep.equal(['c: a call of films.title was refused: 2 are at work']);
    bench.begun[0]?.complete();
    bench.begin('d');
    expect(bench.begun.length).to.equal(3);
  });

  it('keeps the place of a stream until its end, however it ends', () => {
    const bench = new Bench({ maxConcurrent: 1 });
    const a = bench.begin('a');
    bench.begun[0]?.next(1);
    bench.begin('b');
    a.unsubscribe();
    bench.begin('c');
    bench.begun[1]?.error(new Error('no'));
    bench.begin('d');
    expect(bench.events).to.deep.equal(['a item', 'b: a call of films.title was refused: 1 are at work', 'c: no']);
    expect(bench.begun.length).to.equal(3);
  });

  it('lets others wait in the order in which they came', () => {
    const bench = new Bench({ maxConcurrent: 1, queue: 2 });
    for (const name of ['a', 'b', 'c', 'd']) bench.begin(name);
    expect(bench.events).to.deep.equal(['d: a call of films.title was refused: 1 are at work, and 2 wait']);
    bench.begun[0]?.complete();
    expect(bench.begun.length).to.equal(2);
    bench.begun[1]?.next(1);
    bench.begun[1]?.complete();
    bench.begun[2]?.complete();
    expect(bench.events.slice(1)).to.deep.equal(['a done', 'b item', 'b done', 'c done']);
  });

  it('lets nobody pass those who wait', () => {
    const bench = new Bench({ maxConcurrent: () => most, queue: 5 });
    let most = 1;
    for (const name of ['a', 'b']) bench.begin(name);
    most = 2;
    bench.begin('c');
    expect(bench.begun.length).to.equal(1);
    bench.begun[0]?.complete();
    expect(bench.begun.length).to.equal(3);
    bench.begun[1]?.next(1);
    bench.begun[2]?.next(1);
    expect(bench.events).to.deep.equal(['a done', 'b item', 'c item']);
  });

  it('gives up a wait that is too long, and one whose caller has left', async () => {
    const bench = new Bench({ maxConcurrent: 1, queue: 3, queueTime: '50 ms' });
    bench.begin('a');
    const b = bench.begin('b');
    bench.begin('c');
    b.unsubscribe();
    await bench.clock.advance(49);
    expect(bench.events).to.deep.equal([]);
    await bench.clock.advance(1);
    expect(bench.events).to.deep.equal(['c: a call of films.title waited 50 ms']);
    bench.begun[0]?.complete();
    expect(bench.begun.length).to.equal(1);
    expect(bench.clock.pending).to.equal(0);
  });

  it('lets ten thousand that wait through one after the other, each of which ends at once', () => {
    const gate = new Subject<number>();
    let first = true;
    const service = bulkhead({ maxConcurrent: 1, queue: 10_000 })<undefined, number>(() => {
      if (!first) return of(1);
      first = false;
      return gate;
    });
    let done = 0;
    for (let at = 0; at < 10_000; at++) service(call).subscribe({ complete: () => (done += 1) });
    gate.complete();
    expect(done).to.equal(10_000);
  });

  it('waits with the policies outside it admitted, and settles them when it gives up', async () => {
    const clock = virtualClock();
    const log: string[] = [];
    const outer: Policy<number> = {
      name: 'outer',
      initial: 0,
      admit: (open) => ({ state: open + 1, within: { ms: 30, until: 'end', late: () => new Error('late') as never } }),
      settle(open, { kind }) {
        log.push(`${kind} with ${open} open`);
        return { state: open - 1 };
      },
    };
    const service = fuse(
      [anyPolicy(outer), bulkhead({ maxConcurrent: 1, queue: 9, clock }).policy],
      clock,
    )<undefined, number>(() => new Subject());
    service(call).subscribe({ error: () => log.push('a failed') });
    await clock.advance(10);
    service(call).subscribe({ error: () => log.push('b failed') });
    service(call)
      .subscribe({ error: () => log.push('c failed') })
      .unsubscribe();
    await clock.advance(20);
    expect(log).to.deep.equal(['cancel with 3 open', 'error with 2 open', 'a failed']);
    await clock.advance(10);
    expect(log.slice(3)).to.deep.equal(['error with 1 open', 'b failed']);
    expect(clock.pending).to.equal(0);
  });

  it('never has more at work than it may, and loses no place, whatever comes, ends, fails and leaves', () => {
    const step = tuple(constantFrom('come', 'leave', 'item', 'end', 'fail', 'again'), nat());
    assert(
      property(
        integer({ min: 1, max: 4 }),
        integer({ min: 0, max: 3 }),
        array(step, { maxLength: 60 }),
        (most, queue, steps) => {
          const bench = new Bench({ maxConcurrent: most, queue });
          const callers: Subscription[] = [];
          const working = () => bench.begun.filter(({ observed }) => observed);
          for (const [what, pick] of steps) {
            const answer = working()[pick % Math.max(1, working().length)];
            if (what === 'come') callers.push(bench.begin(String(callers.length)));
            else if (what === 'leave') callers[pick % Math.max(1, callers.length)]?.unsubscribe();
            else if (what === 'item') answer?.next(1);
            else if (what === 'end') answer?.complete();
            else if (what === 'fail') answer?.error(meshError('Broken', 'cut'));
            // Its end brings another call, from within.
            else callers[pick % Math.max(1, callers.length)]?.add(() => void callers.push(bench.begin('again')));
            expect(working().length).to.be.at.most(most);
          }
          // Who leaves may bring another.
          while (callers.some(({ closed }) => !closed)) callers.forEach((caller) => caller.unsubscribe());
          expect([working().length, bench.clock.pending]).to.deep.equal([0, 0]);
          const before = bench.begun.length;
          for (let at = 0; at < most; at++) bench.begin('last');
          expect(bench.begun.length - before).to.equal(most);
        },
      ),
      { numRuns: 1_000, seed: 11 },
    );
  });

  it('is an operator', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, clock }) => {
      const source = cold('--a--|');
      const two = source.pipe(bulkhead({ maxConcurrent: 1, queue: 1, clock }));
      expectObservable(two, '^').toBe('--a--|');
      expectObservable(two, '-^').toBe('-------a--|');
      expectSubscriptions(source.subscriptions).toBe(['^----!', '-----^----!']);
    });
  });
});
