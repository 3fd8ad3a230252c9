import { expect } from 'chai';
import { nextTurn } from 'millrace';
import { seeded, virtualClock } from 'millrace/testing';

describe('a virtual clock with many timers', () => {
  it('runs them in order, whichever are stopped and whenever they are set', async () => {
    const random = seeded(11);
    const clock = virtualClock();
    const due: string[] = [];
    const wanted: { readonly at: number; readonly n: number }[] = [];
    const stops = Array.from({ length: 3000 }, (_, n) => {
      const at = Math.floor(random() * 500);
      const stop = clock.after(at, () => due.push(`${clock.now()} ${n}`));
      return { at, n, stop };
    });
    for (const { at, n, stop } of stops) {
      if (random() < 0.5) stop();
      else wanted.push({ at, n });
    }
    expect(clock.pending).to.equal(wanted.length);
    await clock.advance(500);
    const inOrder = wanted.toSorted((one, other) => one.at - other.at || one.n - other.n);
    expect(due).to.deep.equal(inOrder.map(({ at, n }) => `${at} ${n}`));
    expect(clock.pending).to.equal(0);
  });

  it('takes all turns that one takes after another before it moves on', async () => {
    const clock = virtualClock();
    const log: string[] = [];
    clock.after(1, () => {
      let turns = 0;
      const turn = (): void => {
        log.push(`turn ${++turns}`);
        if (turns < 8) nextTurn(turn);
      };
      nextTurn(turn);
    });
    clock.after(2, () => log.push('timer'));
    await clock.advance(2);
    expect(log.at(-1)).to.equal('timer');
    expect(log).to.have.length(9);
  });

  it('moves on in the end where somebody takes turns for ever', async () => {
    const clock = virtualClock();
    let over = false;
    const turn = (): void => {
      if (!over) nextTurn(turn);
    };
    turn();
    await clock.advance(100);
    over = true;
    expect(clock.now()).to.equal(100);
  });
});

describe('a virtual clock until a promise settles', () => {
  it('moves as far as that takes', async () => {
    const clock = virtualClock();
    const stop = clock.every(100, () => undefined);
    const result = new Promise<string>((resolve) => clock.after(2500, () => resolve('done')));
    expect(await clock.until(result)).to.equal('done');
    expect(clock.now()).to.equal(2500);
    stop();
  });

  it('does not move for one that has settled', async () => {
    const clock = virtualClock();
    clock.after(5, () => expect.fail('too far'));
    expect(await clock.until(Promise.resolve(1))).to.equal(1);
    expect(clock.now()).to.equal(0);
  });

  it('rejects as the promise does', async () => {
    const clock = virtualClock();
    const result = new Promise((_, reject) => clock.after(5, () => reject(new Error('broken'))));
    expect(await clock.until(result).catch(String)).to.equal('Error: broken');
  });

  it('gives up after a time, and where no timer is left', async () => {
    const clock = virtualClock();
    const never = new Promise(() => undefined);
    const why = (within?: string) => clock.until(never, within).catch((error: Error) => error.message);
    expect(await why()).to.equal('at 0 ms of virtual time no timer is left to wait for');
    clock.every(100, () => undefined);
    expect(await why('1 min')).to.equal('nothing came of it by 60000 ms of virtual time, within 60000 ms');
    expect(clock.now()).to.equal(60_000);
  });
});
