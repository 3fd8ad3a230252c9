import { expect } from 'chai';
import { type Call, callOf, meshError, meter, Meters, percentileOf, schedulerOf } from 'millrace';
import { lawsOf, virtualClock } from 'millrace/testing';
import { NEVER, type Observable, of, Subject, throwError, timer } from 'rxjs';

const callAt = (method: string, interaction: Call<unknown>['interaction'] = 'response') =>
  callOf({ interaction, method, request: undefined });

describe('the meter of calls', () => {
  for (const law of lawsOf(() => meter(new Meters()))) it(law.name, () => law.check());

  const begin = () => {
    const clock = virtualClock();
    const meters = new Meters({ clock });
    const ask = (answer: () => Observable<unknown>, method = 'films.title') =>
      meter(meters, { clock, tags: { side: 'server' } })<undefined, unknown>(answer)(callAt(method)).subscribe({
        error: () => undefined,
      });
    const told = () =>
      meters.measure().map((each) => {
        const value = 'value' in each ? each.value : each.histogram.count;
        return `${each.name} ${each.tags['method']} ${each.tags['outcome'] ?? ''} ${value}`;
      });
    return { clock, meters, ask, told };
  };

  it('tells how many there were of each method, how they ended, and how many are open', () => {
    const { ask, told, meters } = begin();
    ask(() => of(1));
    ask(() => of(1));
    ask(() => throwError(() => meshError('Slow', 'late')));
    ask(() => throwError(() => new Error('bug')), 'films.all');
    ask(() => NEVER, 'films.all').unsubscribe();
    ask(() => NEVER, 'films.all');
    expect(told().sort()).to.deep.equal([
      'calls films.all Defect 1',
      'calls films.all canceled 1',
      'calls films.title Slow 1',
      'calls films.title ok 2',
      'calls.open films.all  1',
      'calls.open films.title  0',
    ]);
    expect([...meters.matching({ tags: { side: 'server' } })]).to.have.length(6);
  });

  it('takes the time to the first item, and counts an answer that breaks off later by itself', async () => {
    const { ask, told, meters, clock } = begin();
    const source = new Subject<number>();
    ask(() => source);
    ask(() => timer(90, schedulerOf(clock)));
    await clock.advance(30);
    source.next(1);
    await clock.advance(5000);
    source.error(meshError('Broken', 'lost'));
    expect(told()).to.deep.equal([
      'calls.open films.title  0',
      'calls films.title ok 2',
      'calls.cut films.title Broken 1',
    ]);
    const [, time] = meters.measure();
    if (time === undefined || !('histogram' in time)) throw new Error('no timer');
    expect([time.histogram.min, percentileOf(time.histogram, 100)]).to.deep.equal([30, 90]);
  });

  it('counts as one the methods that are too many', () => {
    const clock = virtualClock();
    const meters = new Meters({ clock });
    const service = meter(meters, { clock, methods: 2 })<undefined, number>(() => of(1));
    for (let at = 0; at < 100; at++) service(callAt(`films.m${at}`)).subscribe();
    const timed = meters
      .measure({ name: 'calls' })
      .map((each) => [each.tags['method'], 'histogram' in each && each.histogram.count]);
    expect(timed).to.deep.equal([
      ['films.m0', 1],
      ['films.m1', 1],
      ['overflow', 98],
    ]);
  });
});
