import { expect } from 'chai';
import { NEVER, type Observable, of, Subject, throwError, timer } from 'rxjs';
import {
  answerMeter,
  breaker,
  bulkhead,
  callOf,
  type Call,
  type CommandCounts,
  commandFailureOf,
  commandMeter,
  Commands,
  type CommandsOptions,
  COMMANDS,
  fallback,
  filters,
  type HystrixCommandView,
  meshError,
  type Param,
  Params,
  percentileOf,
  retry,
  schedulerOf,
  type Service,
  timeout,
} from 'millrace';
import { lawsOf, virtualClock, type VirtualClock } from 'millrace/testing';

const callAt = (method = 'films.title', interaction: Call<unknown>['interaction'] = 'response') =>
  callOf({ interaction, method, request: undefined });

describe('the meter of a command', () => {
  for (const law of lawsOf(() => commandMeter(new Commands()))) it(law.name, () => law.check());
  for (const law of lawsOf(() => answerMeter(new Commands()))) it(`of answers: ${law.name}`, () => law.check());

  let clock: VirtualClock;
  let commands: Commands;
  const begin = (options: CommandsOptions = {}): void => {
    clock = virtualClock();
    commands = new Commands({ clock, ...options });
  };
  beforeEach(() => begin());

  const viewOf = (name = 'films.title'): HystrixCommandView => {
    const found = [...commands.commands()].find((each) => each.name === name);
    if (found === undefined) throw new Error(`no command ${name}`);
    return found;
  };
  /** The counts that aren't 0. */
  const counted = (name?: string): Partial<CommandCounts> =>
    Object.fromEntries(Object.entries(viewOf(name).counts).filter(([, count]) => count > 0));
  const ask = (service: Service<undefined, unknown>, call = callAt()) =>
    service(call).subscribe({ error: () => undefined });
  const metered = (answer: () => Observable<unknown>): Service<undefined, unknown> => commandMeter(commands)(answer);
  const failing = (error: unknown) => metered(() => throwError(() => error));

  it('counts what went well, and how long it took', async () => {
    const service = metered(() => timer(40, schedulerOf(clock)));
    ask(service);
    ask(service);
    expect(viewOf()).to.include({ group: 'films', concurrent: 2, open: false });
    await clock.advance(50);
    expect(counted()).to.deep.equal({ success: 2 });
    expect(viewOf()).to.include({ concurrent: 0, maxConcurrent: 2 });
    expect(percentileOf(viewOf().latency, 50)).to.equal(40);
  });

  const failures: readonly (readonly [what: string, error: unknown, as: keyof CommandCounts])[] = [
    ['a bug', new Error('oops'), 'failure'],
    ['a connection that broke', meshError('Broken', 'lost'), 'failure'],
    ['an attempt that took too long', meshError('Slow', 'slow'), 'timeout'],
    ['a deadline that passed', meshError('Late', 'late'), 'timeout'],
    ['a request that was wrong', meshError('Invalid', 'no'), 'badRequest'],
    ['a declared failure', meshError('Failed', 'no', { code: 'films.unknown' }), 'badRequest'],
    ["a stock peer's error", meshError('Failed', 'no'), 'failure'],
    ['an open breaker', meshError('Rejected', 'no', { code: 'MILLRACE_BREAKER' }), 'shortCircuited'],
    ['a full bulkhead', meshError('Rejected', 'no', { code: 'MILLRACE_BULKHEAD' }), 'semaphoreRejected'],
    ["another's refusal", meshError('Rejected', 'no', { code: 'MILLRACE_BREAKER', from: 'tcp a:1' }), 'failure'],
  ];
  for (const [what, error, as] of failures) {
    it(`counts ${what} as ${as}`, () => {
      ask(failing(error));
      expect(counted()).to.deep.equal({ [as]: 1 });
    });
  }

  it('counts who left', () => {
    ask(metered(() => NEVER)).unsubscribe();
    expect(counted()).to.deep.equal({ cancelled: 1 });
    expect(viewOf()).to.include({ concurrent: 0 });
    expect(viewOf().latency.count).to.equal(0);
  });

  it('takes the first item of a stream for its success, and counts it as at work until its end', () => {
    const source = new Subject<number>();
    ask(
      metered(() => source),
      callAt('films.all', 'stream'),
    );
    source.next(1);
    source.next(2);
    expect(counted('films.all')).to.deep.equal({ success: 1, emit: 1 });
    expect(viewOf('films.all').concurrent).to.equal(1);
    source.error(new Error('later'));
    expect(counted('films.all')).to.deep.equal({ success: 1, emit: 1 });
    expect(viewOf('films.all').concurrent).to.equal(0);
  });

  it('forgets after ten seconds, a tenth at a time', async () => {
    const service = metered(() => of(1));
    ask(service);
    await clock.advance(5000);
    ask(service);
    await clock.advance(4999);
    expect(counted()).to.deep.equal({ success: 2 });
    await clock.advance(1);
    expect(counted()).to.deep.equal({ success: 1 });
    await clock.advance(5000);
    expect(counted()).to.deep.equal({});
    expect(viewOf().latency.count).to.equal(0);
    await clock.advance(3_600_000);
    ask(service);
    expect(counted()).to.deep.equal({ success: 1 });
    expect(viewOf().latency.count).to.equal(1);
  });

  it('sees breaker, bulkhead and timeout within it', async () => {
    let answer = (): Observable<unknown> => NEVER;
    const service = filters(
      commandMeter(commands),
      breaker({ clock, minimumCalls: 2, sleep: '5 s' }),
      bulkhead({ clock, maxConcurrent: 2 }),
      timeout('1 s', { clock }),
    )<undefined, unknown>(() => answer());
    for (let at = 0; at < 3; at++) ask(service);
    expect(counted()).to.deep.equal({ semaphoreRejected: 1 });
    await clock.advance(1000);
    expect(counted()).to.deep.equal({ semaphoreRejected: 1, timeout: 2 });
    ask(service);
    expect(counted()).to.deep.equal({ semaphoreRejected: 1, timeout: 2, shortCircuited: 1 });
    expect(viewOf()).to.include({ open: true, concurrent: 0, maxConcurrent: 2 });
    answer = () => of(1);
    await clock.advance(5000);
    ask(service);
    expect(viewOf()).to.include({ open: false });
    expect(viewOf().counts.success).to.equal(1);
  });

  it('tells a fallback that answered from one that failed, and from none', () => {
    const answers = (answer: () => unknown, when = true) =>
      filters(
        answerMeter(commands),
        fallback({ when: () => when }, () => answer() as Observable<unknown>),
        commandMeter(commands),
      )<undefined, unknown>(() => throwError(() => new Error('oops')));
    ask(answers(() => of('other')));
    expect(counted()).to.deep.equal({ failure: 1, fallbackSuccess: 1 });
    ask(answers(() => throwError(() => new Error('as well'))));
    expect(counted()).to.deep.equal({ failure: 2, fallbackSuccess: 1, fallbackFailure: 1, exceptionThrown: 1 });
    ask(answers(() => of('other'), false));
    expect(counted()).to.include({ failure: 3, fallbackMissing: 1, exceptionThrown: 2 });
  });

  it('does not take a second attempt that went well for a fallback', async () => {
    let tries = 0;
    const service = filters(
      answerMeter(commands),
      retry({ clock }),
      commandMeter(commands),
    )<undefined, unknown>(() => ((tries += 1) < 2 ? throwError(() => meshError('Unavailable', 'no')) : of(1)));
    ask(service);
    await clock.advance(2000);
    expect(counted()).to.deep.equal({ failure: 1, success: 1 });
  });

  it('goes by the breaker where one is named', () => {
    begin({ open: ({ name }) => name === 'films.title' });
    ask(metered(() => of(1)));
    ask(
      metered(() => of(1)),
      callAt('films.all'),
    );
    expect([viewOf().open, viewOf('films.all').open]).to.deep.equal([true, false]);
  });

  it('keeps so many commands apart, and counts the others as one', () => {
    const params = Params.empty.with(COMMANDS, 2);
    begin({ settings: <T>(param: Param<T>) => params.get(param) });
    const service = metered(() => of(1));
    for (let at = 0; at < 100; at++) ask(service, callAt(`films.m${at}`));
    expect([...commands.commands()].map(({ name, counts }) => [name, counts.success])).to.deep.equal([
      ['films.m0', 1],
      ['films.m1', 1],
      ['overflow', 98],
    ]);
  });

  it('lets nothing into a name that a page could take for HTML', () => {
    ask(
      metered(() => of(1)),
      callAt('<img src=x onerror="alert(1)">.a'),
    );
    ask(
      metered(() => of(1)),
      callAt('<img src=x onerror="alert(1)">.a'),
    );
    const [only, ...others] = commands.commands();
    expect(others).to.have.length(0);
    expect(only?.name).to.match(/^[\w.]+$/);
    expect(only?.counts.success).to.equal(2);
  });

  it('reads the errors of others by their tags', () => {
    expect(commandFailureOf(meshError('Unavailable', 'no'))).to.equal('failure');
    expect(commandFailureOf(meshError('Canceled', 'no'))).to.equal('cancelled');
    expect(commandFailureOf(meshError('Quota', 'no'))).to.equal('badRequest');
  });

  it('sums the commands of a group up as its pool', async () => {
    begin({ properties: () => ({ executionIsolationSemaphoreMaxConcurrentRequests: 4 }) });
    ask(metered(() => of(1)));
    ask(failing(meshError('Rejected', 'no', { code: 'MILLRACE_BULKHEAD' })));
    ask(
      metered(() => NEVER),
      callAt('films.all'),
    );
    expect(commands.pools()).to.deep.equal([
      {
        name: 'films',
        active: 1,
        queued: 0,
        maxActive: 2,
        executed: 1,
        rejected: 1,
        completed: 1,
        size: 8,
        queueSize: 0,
        window: 10_000,
      },
    ]);
  });

  it('is an operator as well', () => {
    of(1).pipe(commandMeter(commands)).subscribe();
    expect(counted('unknown')).to.deep.equal({ success: 1, emit: 1 });
  });
});
