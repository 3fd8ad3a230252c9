/** Marbles in which policies' time is the scheduler's. */
import { expect } from 'chai';
import { TestScheduler } from 'rxjs/testing';
import type { Clock } from 'millrace';

type Marbles = Parameters<Parameters<TestScheduler['run']>[0]>[0] & {
  readonly clock: Clock;
};

/** Runs a test with marbles; `chance` is what the clock's random gives each time. */
export function marbles(work: (helpers: Marbles) => void, chance = 0.5): void {
  const scheduler = new TestScheduler((actual, expected) => {
    expect(actual).to.deep.equal(expected);
  });
  const clock: Clock = {
    now: () => scheduler.now(),
    wall: () => scheduler.now(),
    after(ms, work) {
      const action = scheduler.schedule(() => work(), ms);
      return () => action.unsubscribe();
    },
    every(ms, work) {
      const action = scheduler.schedule(function () {
        work();
        this.schedule(undefined, ms);
      }, ms);
      return () => action.unsubscribe();
    },
    random: () => chance,
  };
  scheduler.run((helpers) => work({ ...helpers, clock }));
}
