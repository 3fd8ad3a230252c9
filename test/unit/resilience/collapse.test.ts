import { expect } from 'chai';
import { array, assert, integer, property, tuple } from 'fast-check';
import { from, Observable, of, Subject, throwError } from 'rxjs';
import { type Call, callOf, collapse, type CollapseOptions, meshError, type Service } from 'millrace';
import { virtualClock } from 'millrace/testing';

interface Title {
  readonly id: string;
  readonly name?: string;
}

const ask = (id: string, parts: Partial<Call<string>> = {}): Call<string> =>
  callOf({ interaction: 'response', method: 'films.title', request: id, ...parts });

function rig(
  below?: (call: Call<readonly string[]>) => Observable<Title>,
  options: Partial<CollapseOptions<string, Title>> = {},
) {
  const clock = virtualClock();
  const batches: Call<readonly string[]>[] = [];
  const sources: Subject<Title>[] = [];
  let left = 0;
  const next: Service<readonly string[], Title> = (call) =>
    new Observable((to) => {
      batches.push(call);
      const source = new Subject<Title>();
      sources.push(source);
      to.add(() => (left += 1));
      to.add((below?.(call) ?? source).subscribe(to));
    });
  const service = collapse<string, Title>({ keyOf: (id) => id, keyOfReply: ({ id }) => id, clock, ...options })(next);
  function read(call: Call<string>) {
    const log: string[] = [];
    const subscription = service(call).subscribe({
      next: ({ id, name }) => log.push(name ?? id),
      error: (error: unknown) => log.push(String(error)),
      complete: () => log.push('complete'),
    });
    return { log, leave: () => subscription.unsubscribe() };
  }
  return { clock, batches, sources, read, left: () => left, requests: () => batches.map(({ request }) => request) };
}

const named = ({ request }: Call<readonly string[]>) =>
  from(request.toReversed().map((id) => ({ id, name: `film ${id}` })));

describe('collapse', () => {
  it('makes one call of those that come within its window, and hands each its own answer', async () => {
    const the = rig(named);
    const first = the.read(ask('1'));
    await the.clock.advance(9);
    const others = ['2', '1'].map((id) => the.read(ask(id)));
    expect(the.batches).to.have.length(0);
    await the.clock.advance(1);
    expect(the.requests()).to.deep.equal([['1', '2']]);
    expect([first, ...others].map(({ log }) => log)).to.deep.equal([
      ['film 1', 'complete'],
      ['film 2', 'complete'],
      ['film 1', 'complete'],
    ]);
    const later = the.read(ask('1'));
    await the.clock.advance(10);
    expect(later.log).to.deep.equal(['film 1', 'complete']);
    expect(the.clock.pending).to.equal(0);
  });

  it('does not wait once a batch is as large as it may be', () => {
    const the = rig(named, { max: 2 });
    const logs = ['1', '2', '3'].map((id) => the.read(ask(id)).log);
    expect(logs).to.deep.equal([['film 1', 'complete'], ['film 2', 'complete'], []]);
    expect(the.requests()).to.deep.equal([['1', '2']]);
  });

  it('does no work before it is subscribed, and performs the call again when it is again', async () => {
    const the = rig(named, { max: 1 });
    the.read(ask('1'));
    the.read(ask('1'));
    expect(the.requests()).to.deep.equal([['1'], ['1']]);
  });

  it('takes out of a batch who leaves before it goes, and makes no call for nobody', async () => {
    const the = rig(named);
    const [one] = [the.read(ask('1')), the.read(ask('2'))];
    one.leave();
    await the.clock.advance(10);
    expect(the.requests()).to.deep.equal([['2']]);
    the.read(ask('3')).leave();
    expect(the.clock.pending).to.equal(0);
    expect(the.batches).to.have.length(1);
  });

  it('cancels a batch that runs when the last who waits has left, once', async () => {
    const the = rig();
    const both = [the.read(ask('1')), the.read(ask('2'))];
    await the.clock.advance(10);
    both[0]?.leave();
    expect(the.left()).to.equal(0);
    both[1]?.leave();
    both[1]?.leave();
    expect(the.left()).to.equal(1);
  });

  it('fails one caller for an answer that is a failure, and all for a failure of the batch', async () => {
    const failureOf = ({ id }: Title) => (id === '1' ? meshError('Failed', 'no film 1') : undefined);
    const the = rig(named, { failureOf });
    const some = ['1', '2'].map((id) => the.read(ask(id)).log);
    await the.clock.advance(10);
    expect(some).to.deep.equal([['MeshError: no film 1'], ['film 2', 'complete']]);
    const failing = rig(() => throwError(() => meshError('Slow', 'late')));
    const all = ['1', '2'].map((id) => failing.read(ask(id)).log);
    await failing.clock.advance(10);
    expect(all).to.deep.equal([['MeshError: late'], ['MeshError: late']]);
  });

  it('fails who was not answered, and passes over answers that nobody asked for', async () => {
    const the = rig(() => of({ id: '9' }, { id: '8' }, { id: '1' }));
    const logs = ['1', '2'].map((id) => the.read(ask(id)).log);
    await the.clock.advance(10);
    expect(logs).to.deep.equal([['1', 'complete'], ['MeshError: the batch ended without an answer to this request']]);
  });

  it('keeps scopes apart', async () => {
    const the = rig(named, { scope: (call) => call.baggage.get('user') ?? '' });
    for (const [id, user] of [
      ['1', 'a'],
      ['2', 'b'],
      ['3', 'a'],
    ] as const) {
      the.read(ask(id, { baggage: new Map([['user', user]]) }));
    }
    await the.clock.advance(10);
    expect(the.requests()).to.deep.equal([['1', '3'], ['2']]);
  });

  it('has the nearest deadline and the dearest priority of its callers', async () => {
    for (const [deadline, wanted] of [
      ['nearest', 50],
      ['farthest', 90],
    ] as const) {
      const the = rig(named, { deadline });
      the.read(ask('1', { deadline: 90, priority: 'bulk' }));
      the.read(ask('2', { deadline: 50, priority: 'critical' }));
      await the.clock.advance(10);
      expect(the.batches[0]).to.include({ deadline: wanted, priority: 'critical', interaction: 'stream' });
    }
  });

  it('answers each caller once with its own, and leaves nothing running, in whatever order they come and go', async () => {
    const step = tuple(integer({ min: 0, max: 4 }), integer({ min: 0, max: 3 }));
    const cases: (readonly (readonly [number, number])[])[] = [];
    assert(
      property(array(step, { maxLength: 24 }), (steps) => void cases.push(steps)),
      { numRuns: 1_000, seed: 11 },
    );
    for (const steps of cases) await interleave(steps);
  });
});

/** Callers come, leave, batches go, answer, fail: as the steps say. */
async function interleave(steps: readonly (readonly [number, number])[]): Promise<void> {
  const the = rig(undefined, { max: 3 });
  const readers: { readonly id: string; readonly log: string[]; leave(): void }[] = [];
  for (const [kind, n] of steps) {
    const source = the.sources.at(-1 - (n % 2));
    if (kind === 0) readers.push({ id: `${n}`, ...the.read(ask(`${n}`)) });
    if (kind === 1) readers[n]?.leave();
    if (kind === 2) await the.clock.advance(10);
    if (kind === 3) source?.next({ id: `${n}` });
    if (kind === 4) source?.error(meshError('Slow', 'late'));
  }
  for (const { id, log } of readers) {
    expect([[], [id, 'complete'], ['MeshError: late']]).to.deep.include(log);
  }
  readers.forEach((reader) => reader.leave());
  expect(the.left()).to.equal(the.batches.length);
  expect(the.clock.pending).to.equal(0);
}
