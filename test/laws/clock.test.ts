import { expect } from 'chai';
import { interval, take, timer } from 'rxjs';
import { nextTurn, schedulerOf, systemClock } from 'millrace';
import { virtualClock } from 'millrace/testing';

describe('a virtual clock', () => {
  it('runs what falls due in the order of time, then of asking', async () => {
    const clock = virtualClock();
    const log: string[] = [];
    const say = (what: string) => () => log.push(`${what} at ${clock.now()}`);
    clock.after(20, say('late'));
    clock.after(10, say('first'));
    clock.after(10, say('second'));
    clock.after(30, say('too late'));
    await clock.advance(20);
    expect(log).to.deep.equal(['first at 10', 'second at 10', 'late at 20']);
    expect([clock.now(), clock.pending]).to.deep.equal([20, 1]);
  });

  it('runs at once what is asked for in the past, in the next step', async () => {
    const clock = virtualClock();
    let ran = 0;
    clock.after(-5, () => (ran += 1));
    expect(ran).to.equal(0);
    await clock.advance(0);
    expect(ran).to.equal(1);
  });

  it('runs within one step what that step sets', async () => {
    const clock = virtualClock();
    const at: number[] = [];
    clock.after(5, () => {
      at.push(clock.now());
      clock.after(5, () => at.push(clock.now()));
    });
    await clock.advance(10);
    expect(at).to.deep.equal([5, 10]);
  });

  it('drains promises and turns before the next timer', async () => {
    const clock = virtualClock();
    const log: string[] = [];
    clock.after(1, () => {
      void Promise.resolve().then(() => log.push('promise'));
      nextTurn(() => log.push('turn'));
    });
    clock.after(1, () => log.push('timer'));
    await clock.advance(1);
    expect(log).to.deep.equal(['promise', 'turn', 'timer']);
  });

  it('repeats until it is stopped, also from within', async () => {
    const clock = virtualClock();
    let outside = 0;
    let inside = 0;
    const stopOutside = clock.every(10, () => (outside += 1));
    const stopInside = clock.every(10, () => {
      inside += 1;
      if (inside === 2) stopInside();
    });
    await clock.advance(35);
    stopOutside();
    await clock.advance(35);
    expect([outside, inside, clock.pending]).to.deep.equal([3, 2, 0]);
  });

  it('forgets what is stopped', async () => {
    const clock = virtualClock();
    let ran = 0;
    const stop = clock.after(5, () => (ran += 1));
    stop();
    stop();
    await clock.advance(10);
    expect([ran, clock.pending]).to.deep.equal([0, 0]);
  });

  it('has chance from its seed, from 0 up to 1', () => {
    const draw = (seed: number): number[] => {
      const clock = virtualClock(seed);
      return Array.from({ length: 1000 }, () => clock.random());
    };
    expect(draw(3)).to.deep.equal(draw(3));
    expect(draw(3)).to.not.deep.equal(draw(4));
    for (const number of draw(5)) expect(number).to.be.within(0, 1 - Number.EPSILON);
    const mean = draw(6).reduce((sum, number) => sum + number) / 1000;
    expect(mean).to.be.within(0.45, 0.55);
  });

  it('begins at a date that a test may choose', async () => {
    const clock = virtualClock(1, Date.UTC(2000, 0, 1));
    await clock.advance(1500);
    expect([clock.now(), clock.wall()]).to.deep.equal([1500, Date.UTC(2000, 0, 1) + 1500]);
  });
});

describe('a clock as a scheduler', () => {
  it('moves timers and intervals of RxJS', async () => {
    const clock = virtualClock();
    const time = schedulerOf(clock);
    const seen: string[] = [];
    timer(15, time).subscribe(() => seen.push(`timer at ${clock.now()}`));
    interval(10, time)
      .pipe(take(3))
      .subscribe((n) => seen.push(`${n} at ${clock.now()}`));
    await clock.advance(100);
    expect(seen).to.deep.equal(['0 at 10', 'timer at 15', '1 at 20', '2 at 30']);
    expect(clock.pending).to.equal(0);
  });

  it('leaves no timer behind one who leaves', async () => {
    const clock = virtualClock();
    const subscription = interval(10, schedulerOf(clock)).subscribe();
    await clock.advance(25);
    subscription.unsubscribe();
    expect(clock.pending).to.equal(0);
  });

  it('holds no more for an interval that has ticked long than for a new one', async () => {
    const clock = virtualClock();
    let held = 0;
    const counting = {
      ...clock,
      after(ms: number, work: () => void) {
        const stop = clock.after(ms, work);
        return () => {
          held += 1;
          stop();
        };
      },
    };
    const subscription = interval(10, schedulerOf(counting)).subscribe();
    await clock.advance(1000);
    held = 0;
    subscription.unsubscribe();
    expect(held).to.be.at.most(2);
  });
});

describe('the system clock', () => {
  it('goes on, fires once, and stops what is stopped', async () => {
    const before = systemClock.now();
    let stopped = 0;
    const stop = systemClock.after(0, () => (stopped += 1));
    stop();
    await new Promise<void>((resolve) => {
      const alive = setInterval(() => undefined, 1000);
      systemClock.after(1, () => {
        clearInterval(alive);
        resolve();
      });
    });
    expect(systemClock.now()).to.be.greaterThan(before);
    expect(stopped).to.equal(0);
    expect(systemClock.random()).to.be.within(0, 1);
  });
});
