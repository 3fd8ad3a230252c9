/** Settings that change while policies use them. */
import { expect } from 'chai';
import { firstValueFrom, NEVER, of, throwError } from 'rxjs';
import { breaker, bulkhead, callOf, meshError, retry, type Service, throttle, timeout } from 'millrace';
import { virtualClock } from 'millrace/testing';
import { failureOf } from './failure-of.js';

const call = callOf({ interaction: 'response', method: 'films.title', request: undefined });
const failing: Service<undefined, number> = () => throwError(() => meshError('Broken', 'cut'));

describe('a setting that is a function', () => {
  it('says how many calls a breaker wants to see, and how long it sleeps', async () => {
    const clock = virtualClock();
    let minimumCalls = 100;
    let sleep: string | number = '5 s';
    const service = breaker({ clock, minimumCalls: () => minimumCalls, sleep: () => sleep })(failing);
    const codes = () => failureOf(service(call))?.code;
    for (let at = 0; at < 30; at++) expect(codes()).to.equal('MILLRACE_BROKEN');
    minimumCalls = 20;
    sleep = 100;
    expect([codes(), codes()]).to.deep.equal(['MILLRACE_BROKEN', 'MILLRACE_BREAKER']);
    await clock.advance(100);
    expect(codes()).to.equal('MILLRACE_BROKEN');
  });

  it('says how many calls a bulkhead lets in, and how many wait how long', async () => {
    const clock = virtualClock();
    const set = { maxConcurrent: 1, queue: 0, queueTime: '1 s' };
    const service = bulkhead({
      clock,
      maxConcurrent: () => set.maxConcurrent,
      queue: () => set.queue,
      queueTime: () => set.queueTime,
    })<undefined, number>(() => NEVER);
    const codes: string[] = [];
    const ask = (): void => void service(call).subscribe({ error: ({ code }: { code: string }) => codes.push(code) });
    ask();
    ask();
    expect(codes).to.have.length(1);
    set.maxConcurrent = 2;
    ask();
    set.queue = 1;
    set.queueTime = '20 ms';
    ask();
    expect(codes).to.have.length(1);
    await clock.advance(20);
    expect(codes).to.have.length(2);
  });

  it('says how often is tried again, how long an attempt may take, and how much is held back', async () => {
    const clock = virtualClock();
    let asked = 0;
    let maxAttempts = 1;
    const tried = retry({ clock, maxAttempts: () => maxAttempts })<undefined, number>(() => {
      asked += 1;
      return throwError(() => meshError('Rejected', 'full'));
    });
    await clock.until(firstValueFrom(tried(call)).catch(() => undefined));
    maxAttempts = 4;
    await clock.until(firstValueFrom(tried(call)).catch(() => undefined));
    expect(asked).to.equal(1 + 4);

    let time = '1 h';
    const timed = timeout(() => time, { clock })<undefined, number>(() => NEVER);
    timed(call).subscribe({ error: () => undefined });
    time = '10 ms';
    const began = clock.now();
    await clock.until(firstValueFrom(timed(call)).catch(() => undefined));
    expect(clock.now() - began).to.equal(10);

    let multiplier = 1_000;
    let came = 0;
    const held = throttle({ clock: { ...clock, random: () => 0.1 }, multiplier: () => multiplier })<undefined, number>(
      () => {
        came += 1;
        return came === 1 ? of(1) : throwError(() => meshError('Rejected', 'full'));
      },
    );
    for (let at = 0; at < 10; at++) failureOf(held(call));
    expect(came).to.equal(10);
    multiplier = 1;
    failureOf(held(call));
    expect(came).to.equal(10);
  });

  it('that comes to mean nothing is passed over: the last good one holds', () => {
    let minimumCalls = 2;
    const service = breaker({ minimumCalls: () => minimumCalls })(failing);
    failureOf(service(call));
    minimumCalls = -1;
    failureOf(service(call));
    expect(failureOf(service(call))?.code).to.equal('MILLRACE_BREAKER');
  });

  it('is refused at once where it is a value that means nothing', () => {
    expect(() => breaker({ failureRate: 2 })).to.throw('from 0 to 1');
    expect(() => breaker({ mode: 'ajar' as 'auto' })).to.throw("'ajar' is not");
    expect(() => timeout('soon')).to.throw('a duration');
    expect(() => throttle({ multiplier: 0.5 })).to.throw('multiplier from 1');
  });
});
