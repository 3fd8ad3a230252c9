import { expect } from 'chai';
import { array, assert, nat, property, record } from 'fast-check';
import { capacityOf, fixedLimit, leasesOf, Limiter, LeaseSharer, limit, callOf } from 'millrace';
import { virtualClock } from 'millrace/testing';
import { EMPTY, Subject } from 'rxjs';
import { failureOf } from './failure-of.js';

const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
const fresh = { used: 0, granted: 0 };

describe('leases of one capacity', () => {
  it('are limit × ttl ÷ latency', () => {
    expect(capacityOf({ limit: 20, latency: 50 }, 1_000)).to.equal(400);
    expect(capacityOf({ limit: 1, latency: 5_000 }, 1_000)).to.equal(1);
  });

  it('are equal for those who want all', () => {
    expect(leasesOf(90, [fresh, fresh, fresh])).to.deep.equal([30, 30, 30]);
  });

  it('give what an idle one does not want to those who used theirs up', () => {
    expect(
      leasesOf(100, [
        { used: 50, granted: 50 },
        { used: 0, granted: 50 },
      ]),
    ).to.deep.equal([99, 1]);
    expect(
      leasesOf(100, [
        { used: 30, granted: 30 },
        { used: 10, granted: 30 },
        { used: 30, granted: 30 },
      ]),
    ).to.deep.equal([40, 20, 40]);
  });

  it('take turns where there are more to hold them than requests to give', () => {
    const three = [fresh, fresh, fresh];
    const rounds = [0, 1, 2].map((from) => leasesOf(1, three, from));
    expect(rounds).to.deep.equal([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  it('add up to the capacity, never to more, and leave out nobody where there is one for each', () => {
    const holder = record({ used: nat(1_000), granted: nat(1_000) });
    assert(
      property(nat(5_000), array(holder, { minLength: 1, maxLength: 50 }), nat(100), (capacity, all, from) => {
        const grants = leasesOf(capacity, all, from);
        expect(sum(grants)).to.equal(capacity);
        if (capacity >= all.length) expect(Math.min(...grants)).to.be.at.least(1);
        expect(grants.every((grant) => Number.isInteger(grant) && grant >= 0)).to.equal(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a sharer of leases', () => {
  it('holds to the capacity while ten connections come, use, idle and go', async () => {
    const clock = virtualClock();
    const limiter = await busy(clock);
    const sharer = new LeaseSharer({ limiter, ttl: '1 s' });
    const capacity = capacityOf(limiter.view, 1_000);
    expect(capacity).to.equal(1_000);
    const held = new Map<number, number>();
    const used = new Map<number, number>();
    const connections = Array.from({ length: 10 }, (_none, id) =>
      sharer.share(() => used.get(id) ?? 0).subscribe(({ requests }) => held.set(id, requests)),
    );
    expect([...held.keys()]).to.have.length(10);
    expect(sum([...held.values()])).to.equal(1_000);
    // One uses all it gets, the others nothing.
    for (let half = 0; half < 4; half++) {
      used.set(0, (used.get(0) ?? 0) + (held.get(0) ?? 0));
      await clock.advance(500);
      expect(sum([...held.values()])).to.be.at.most(capacity);
    }
    expect(held.get(0)).to.be.above(450);
    expect(held.get(1)).to.equal(1);
    // Nine go; a new one has something at once.
    connections.slice(1).forEach((each) => each.unsubscribe());
    for (let id = 1; id < 10; id++) held.delete(id);
    const late = sharer.share(() => 0).subscribe(({ requests }) => held.set(99, requests));
    expect(held.get(99)).to.be.above(100);
    expect(sum([...held.values()])).to.be.at.most(capacity);
    late.unsubscribe();
    connections[0]?.unsubscribe();
    expect(clock.pending).to.equal(0);
  });

  it('grants the whole use of a life, over two halves, what the service bears', async () => {
    const clock = virtualClock();
    const sharer = new LeaseSharer({ limiter: await busy(clock), ttl: '1 s' });
    let used = 0;
    let held = 0;
    const connection = sharer.share(() => used).subscribe(({ requests }) => (held = requests));
    const uses: number[] = [];
    for (let half = 0; half < 6; half++) {
      uses.push(held);
      used += held;
      await clock.advance(500);
    }
    expect(uses).to.deep.equal([1_000, 500, 500, 500, 500, 500]);
    connection.unsubscribe();
  });

  it('remakes leases at once when the limit has changed much, and not when it has a little', async () => {
    const clock = virtualClock();
    let next = 20;
    const limiter = new Limiter({ clock, algorithm: { ...fixedLimit(20), sampled: () => next } });
    const seen: number[] = [];
    const sharer = new LeaseSharer({ limiter, ttl: '1 s' });
    const connection = sharer.share(() => 0).subscribe(({ requests }) => seen.push(requests));
    expect(seen).to.deep.equal([20_000]);
    const answer = (now: number): void => {
      next = now;
      const call = callOf({ interaction: 'response', request: undefined });
      failureOf(limit(limiter)<undefined, never>(() => EMPTY)(call));
    };
    answer(23);
    expect(seen).to.have.length(1);
    answer(10);
    expect(seen).to.deep.equal([20_000, 10_000]);
    connection.unsubscribe();
  });

  it('refuses a connection past the most', () => {
    const sharer = new LeaseSharer({ limiter: new Limiter({ clock: virtualClock() }), max: 1 });
    const first = sharer.share(() => 0).subscribe();
    expect(failureOf(sharer.share(() => 0))).to.include({ tag: 'Rejected', code: 'MILLRACE_LEASES' });
    first.unsubscribe();
  });
});

/** A limiter of 20 calls at once that has seen calls of 20 ms. */
async function busy(clock: ReturnType<typeof virtualClock>): Promise<Limiter> {
  const limiter = new Limiter({ clock, algorithm: fixedLimit(20) });
  const source = new Subject<number>();
  limit(limiter)<undefined, number>(() => source)(callOf({ interaction: 'response', request: undefined })).subscribe();
  await clock.advance(20);
  source.next(1);
  source.complete();
  return limiter;
}
