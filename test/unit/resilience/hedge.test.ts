import { expect } from 'chai';
import { NEVER, Observable, of, throwError } from 'rxjs';
import { type Call, callOf, hedge, type HedgeOptions, meshError, type Service } from 'millrace';
import { lawsOf, virtualClock } from 'millrace/testing';
import { assert, integer, property, tuple } from 'fast-check';

const asked = (parts: Partial<Call<undefined>> = {}) =>
  callOf({ interaction: 'response', method: 'films.title', request: undefined, idempotencyKey: 'k', ...parts });

/** A service whose attempts, in their order, do what is said, and a log of what became of them. */
function rig(attempts: readonly (() => Observable<string>)[], options: HedgeOptions = {}) {
  const clock = virtualClock();
  const log: string[] = [];
  let begun = 0;
  const below: Service<undefined, string> = () =>
    new Observable<string>((to) => {
      const at = begun++;
      let ended = false;
      log.push(`begin ${at} at ${clock.now()}`);
      const inner = (attempts[at] ?? (() => NEVER))().subscribe({
        next: (value) => to.next(value),
        error: (error: unknown) => ((ended = true), to.error(error)),
        complete: () => ((ended = true), to.complete()),
      });
      return () => {
        inner.unsubscribe();
        if (!ended) log.push(`cancel ${at} at ${clock.now()}`);
      };
    });
  const after = (ms: number, then: () => Observable<string>) => () =>
    new Observable<string>((to) => {
      const stop = clock.after(ms, () => void to.add(then().subscribe(to)));
      return stop;
    });
  const service = hedge({ delay: '50 ms', budget: 1, clock, ...options })(below);
  function ask(call = asked()) {
    return service(call).subscribe({
      next: (value) => log.push(`${value} at ${clock.now()}`),
      error: (error: unknown) => log.push(`error ${String(error)} at ${clock.now()}`),
      complete: () => log.push('complete'),
    });
  }
  return { clock, log, ask, after, service };
}

describe('hedge', () => {
  for (const law of lawsOf(() => hedge({ when: () => true, delay: '1 s', floor: 100 })))
    it(law.name, () => law.check());

  it('begins a second attempt after its delay, takes the quicker answer and cancels the other once', async () => {
    const attempts: (() => Observable<string>)[] = [];
    const the = rig(attempts);
    attempts.push(
      the.after(500, () => of('slow')),
      the.after(10, () => of('quick')),
    );
    the.ask();
    await the.clock.advance(1_000);
    expect(the.log).to.deep.equal(['begin 0 at 0', 'begin 1 at 50', 'cancel 0 at 60', 'quick at 60', 'complete']);
    expect(the.clock.pending).to.equal(0);
  });

  it('begins none where the first answers in time', async () => {
    const attempts: (() => Observable<string>)[] = [];
    const the = rig(attempts);
    attempts.push(the.after(40, () => of('first')));
    the.ask();
    await the.clock.advance(1_000);
    expect(the.log).to.deep.equal(['begin 0 at 0', 'first at 40', 'complete']);
  });

  it('tries at once after an error that may be retried, and fails with the last one', async () => {
    const the = rig([
      () => throwError(() => meshError('Rejected', 'full')),
      () => throwError(() => meshError('Unavailable', 'gone')),
    ]);
    the.ask();
    await the.clock.advance(1_000);
    expect(the.log).to.deep.equal(['begin 0 at 0', 'begin 1 at 0', 'error MeshError: gone at 0']);
  });

  it('ends with an error that may not, and cancels what still runs', async () => {
    const the = rig([() => NEVER, () => throwError(() => meshError('Denied', 'no'))]);
    the.ask();
    await the.clock.advance(1_000);
    expect(the.log).to.deep.equal(['begin 0 at 0', 'begin 1 at 50', 'cancel 0 at 50', 'error MeshError: no at 50']);
  });

  it('lets a running attempt go on when another failed', async () => {
    const attempts: (() => Observable<string>)[] = [];
    const the = rig(attempts);
    attempts.push(
      the.after(100, () => of('first')),
      () => throwError(() => meshError('Rejected', 'full')),
    );
    the.ask();
    await the.clock.advance(1_000);
    expect(the.log).to.deep.equal(['begin 0 at 0', 'begin 1 at 50', 'first at 100', 'complete']);
  });

  it('begins none after a server has said when to come back', async () => {
    const the = rig([() => throwError(() => meshError('Rejected', 'later', { after: 100 }))]);
    the.ask();
    await the.clock.advance(1_000);
    expect(the.log).to.deep.equal(['begin 0 at 0', 'error MeshError: later at 0']);
  });

  it('cancels every attempt once when the caller leaves', async () => {
    const the = rig([]);
    const call = the.ask();
    await the.clock.advance(60);
    call.unsubscribe();
    await the.clock.advance(1_000);
    expect(the.log).to.deep.equal(['begin 0 at 0', 'begin 1 at 50', 'cancel 0 at 60', 'cancel 1 at 60']);
    expect(the.clock.pending).to.equal(0);
  });

  it('leaves alone a channel, a call that may do harm twice, and one past its deadline', async () => {
    const the = rig([]);
    the.ask(asked({ interaction: 'channel' }));
    the.ask(asked({ idempotencyKey: undefined }));
    the.ask(asked({ deadline: 20 }));
    await the.clock.advance(1_000);
    expect(the.log).to.deep.equal(['begin 0 at 0', 'begin 1 at 0', 'begin 2 at 0']);
  });

  it('spends no more than its budget: 2 of 100 calls, and one in any case', async () => {
    const the = rig([], { budget: 0.02 });
    for (let i = 0; i < 100; i++) the.ask();
    await the.clock.advance(1_000);
    expect(the.log.filter((line) => line.startsWith('begin'))).to.have.length(103);
    await the.clock.advance(20_000);
    for (let i = 0; i < 3; i++) the.ask();
    await the.clock.advance(1_000);
    expect(the.log.filter((line) => line.startsWith('begin'))).to.have.length(107);
  });

  it('learns its delay from the calls before, and hedges none until it knows enough', async () => {
    const attempts: (() => Observable<string>)[] = [];
    const the = rig(attempts, { delay: 'p90' });
    for (let i = 0; i < 20; i++) attempts.push(the.after(i < 18 ? 10 : 500, () => of('done')));
    for (let i = 0; i < 20; i++) the.ask();
    await the.clock.advance(1_000);
    expect(the.log.filter((line) => line.startsWith('begin'))).to.have.length(20);
    the.log.length = 0;
    the.ask();
    await the.clock.advance(1_000);
    const [, second] = the.log;
    const at = Number(/at ([\d.]+)/.exec(second ?? '')?.[1]) - 1_000;
    expect(at).to.be.within(10, 11);
  });

  it('copies what the quicker answer says beside its items', async () => {
    const clock = virtualClock();
    let begun = 0;
    const service = hedge({ delay: 10, budget: 1, clock })<undefined, number>((call) => {
      if (begun++ === 0) return NEVER;
      call.reply.set('from', 'second');
      return of(1);
    });
    const call = asked();
    service(call).subscribe();
    await clock.advance(10);
    expect(call.reply.metadata.get('from')).to.equal('second');
  });

  it('ends each call once and leaves nothing running, in whatever order answers, failures and leaving come', async () => {
    const end = tuple(integer({ min: 0, max: 100 }), integer({ min: 0, max: 3 }));
    const cases: { readonly ends: readonly (readonly [number, number])[]; readonly leave: number }[] = [];
    assert(
      property(tuple(end, end, end), integer({ min: 0, max: 200 }), (ends, leave) => void cases.push({ ends, leave })),
      { numRuns: 1_000, seed: 7 },
    );
    for (const { ends, leave } of cases) await race(ends, leave);
  });

  it('refuses options that mean nothing', () => {
    expect(() => hedge({ delay: 'soon' })).to.throw();
    expect(() => hedge({ budget: 2 })).to.throw('budget from 0 to 1');
  });
});

/** Three attempts that end at their times as an answer, a failure to retry, one not to, or never; and a caller who leaves. */
async function race(ends: readonly (readonly [number, number])[], leave: number): Promise<void> {
  const clock = virtualClock();
  let open = 0;
  let begun = 0;
  let ended = 0;
  const below: Service<undefined, number> = () =>
    new Observable<number>((to) => {
      const [ms, kind] = ends[begun++] ?? [0, 3];
      open += 1;
      const stop = clock.after(ms, () => {
        if (kind === 0) to.next(1);
        if (kind === 0) to.complete();
        if (kind === 1) to.error(meshError('Rejected', 'full'));
        if (kind === 2) to.error(meshError('Denied', 'no'));
      });
      return () => {
        open -= 1;
        stop();
      };
    });
  const once = (): void => void (ended += 1);
  const call = hedge({ delay: 20, maxAttempts: 3, budget: 1, floor: 10, clock })(below)(asked()).subscribe({
    error: once,
    complete: once,
  });
  await clock.advance(leave);
  call.unsubscribe();
  expect(ended).to.be.at.most(1);
  expect(open).to.equal(0);
  expect(clock.pending).to.equal(0);
}
