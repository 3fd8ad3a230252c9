import { expect } from 'chai';
import { Observable } from 'rxjs';
import { type Agnostic, callOf, filters, gradient2, limit, Limiter, type Priority, type Service } from 'millrace';
import { type VirtualClock, virtualClock } from 'millrace/testing';

/** Callers wait so long. */
const PATIENCE = 100;
const WORKERS = 20;
const WORK = 10;
/** Calls that the server can do in a millisecond. */
const CAPACITY = WORKERS / WORK;

/** A server with workers and a queue; it does the work of those who have left too, as a database does. */
function serverOf(clock: VirtualClock): Service<undefined, number> {
  const queue: (() => void)[] = [];
  let busy = 0;
  function work(done: () => void): void {
    busy += 1;
    clock.after(WORK * (0.5 + clock.random()), () => {
      busy -= 1;
      done();
      const next = queue.shift();
      if (next !== undefined) work(next);
    });
  }
  return () =>
    new Observable((to) => {
      const done = (): void => {
        to.next(1);
        to.complete();
      };
      if (busy < WORKERS) work(done);
      else queue.push(done);
    });
}

interface Load {
  /** Good answers by priority, as parts of what was asked. */
  readonly good: Readonly<Record<'critical' | 'bulk', number>>;
  /** Good answers as a part of what the server can do. */
  readonly goodput: number;
  /** The longest that one of a hundred good answers took, in milliseconds. */
  readonly p99: number;
}

/** Asks for `times` the capacity, whatever comes of it, for three seconds after one to settle in; a tenth is critical. */
async function offered(times: number, guard: (clock: VirtualClock) => Agnostic): Promise<Load> {
  const clock = virtualClock(3);
  const service = filters(guard(clock))(serverOf(clock));
  const asked = { critical: 0, bulk: 0 };
  const good = { critical: 0, bulk: 0 };
  const took: number[] = [];
  function ask(priority: Priority & ('critical' | 'bulk')): void {
    const begun = clock.now();
    const counts = begun >= 1_000;
    if (counts) asked[priority] += 1;
    const call = service(callOf({ interaction: 'response', priority, request: undefined })).subscribe({
      next() {
        if (!counts) return;
        good[priority] += 1;
        took.push(clock.now() - begun);
      },
      error: () => undefined,
    });
    if (!call.closed) call.add(clock.after(PATIENCE, () => call.unsubscribe()));
  }
  const arrivals = (): void => {
    const now = clock.now();
    if (now >= 4_000) return;
    ask(clock.random() < 0.1 ? 'critical' : 'bulk');
    clock.after(-Math.log(1 - clock.random()) / (CAPACITY * times), arrivals);
  };
  arrivals();
  await clock.advance(4_200);
  took.sort((a, b) => a - b);
  return {
    good: { critical: good.critical / asked.critical, bulk: good.bulk / asked.bulk },
    goodput: (good.critical + good.bulk) / (CAPACITY * 3_000),
    p99: took[Math.floor(took.length * 0.99)] ?? Infinity,
  };
}

describe('a service that is asked for five times what it can do', function () {
  this.timeout(30_000);

  it('does nearly nothing in time without a limit', async () => {
    expect((await offered(5, () => filters())).goodput).to.be.below(0.1);
  });

  it('does nearly all it can with one, and the critical calls first', async () => {
    const load = await offered(5, (clock) => limit(new Limiter({ clock })));
    expect(load.goodput).to.be.above(0.9);
    expect(load.good.critical).to.be.above(0.994);
    expect(load.good.bulk).to.be.below(0.25);
  });

  it('answers within three times an unloaded call where the most is set to twice its workers', async () => {
    const unloaded = await offered(0.2, () => filters());
    const load = await offered(5, (clock) => limit(new Limiter({ clock, algorithm: gradient2({ max: 2 * WORKERS }) })));
    expect(load.goodput).to.be.above(0.9);
    expect(load.good.critical).to.be.above(0.994);
    expect(load.p99).to.be.below(3 * unloaded.p99);
  });
});
