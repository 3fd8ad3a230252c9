import { expect } from 'chai';
import { Observable, of, range, Subject } from 'rxjs';
import {
  callOf,
  fault,
  FaultControl,
  faultHandlers,
  type FaultInjection,
  Faults,
  faulty,
  type Service,
} from 'millrace';
import { lawsOf, virtualClock } from 'millrace/testing';
import { failureOf } from './failure-of.js';

const ask = (method = 'films.title', baggage: Readonly<Record<string, string>> = {}) =>
  callOf({ interaction: 'stream', method, request: undefined, baggage: new Map(Object.entries(baggage)) });
const three: Service<undefined, number> = () => range(1, 3);

function seen(answer: Observable<unknown>): string[] {
  const log: string[] = [];
  answer.subscribe({
    next: (value) => log.push(String(value)),
    error: (error: unknown) => log.push(String(error)),
    complete: () => log.push('complete'),
  });
  return log;
}

describe('fault', () => {
  for (const law of lawsOf(() => fault(new Faults()))) it(law.name, () => law.check());

  it('delays a call by so much, and leaves no timer when the caller leaves', async () => {
    const clock = virtualClock();
    const service = fault({ delay: 300 }, clock)(three);
    const log = seen(service(ask()));
    await clock.advance(299);
    expect(log).to.deep.equal([]);
    await clock.advance(1);
    expect(log).to.deep.equal(['1', '2', '3', 'complete']);
    service(ask()).subscribe().unsubscribe();
    expect(clock.pending).to.equal(0);
  });

  it('fails a call by its tag without performing it', () => {
    let calls = 0;
    const service = fault({ error: 'Slow' })<undefined, number>(() => of(++calls));
    expect(failureOf(service(ask()))).to.include({ tag: 'Slow', code: 'MILLRACE_FAULT' });
    expect(calls).to.equal(0);
  });

  it('breaks an answer off after so many items, and cancels the rest', () => {
    let left = 0;
    const endless: Service<undefined, number> = () =>
      new Observable((to) => {
        to.add(() => (left += 1));
        [1, 2, 3].forEach((value) => to.next(value));
      });
    const log = seen(fault({ abort: 2 })(endless)(ask()));
    expect(log).to.deep.equal(['1', '2', 'MeshError: films.title broke off after 2 items, by a fault on purpose']);
    expect(left).to.equal(1);
  });

  it('is for the calls of its scope only', () => {
    const when = { method: 'films.*', baggage: { experiment: 'a' } };
    const service = fault({ error: 'Slow', when })(three);
    const hit = [ask('films.title', { experiment: 'a' }), ask('films.title'), ask('filmsx.title', { experiment: 'a' })];
    expect(hit.map((call) => failureOf(service(call))?.tag)).to.deep.equal(['Slow', undefined, undefined]);
  });

  it('is for a part of the calls, by the seed of the clock', () => {
    const hits = (seed: number) => {
      const service = fault({ error: 'Slow', share: 0.1 }, virtualClock(seed))(three);
      return Array.from({ length: 1_000 }, () => failureOf(service(ask()))).filter((error) => error !== undefined)
        .length;
    };
    expect(hits(1)).to.be.within(70, 130);
    expect(hits(1)).to.equal(hits(1));
  });

  it('works in any pipe', () => {
    expect(failureOf(of(1).pipe(faulty({ error: 'Broken' })))).to.include({ tag: 'Broken' });
  });

  it('refuses what can not be', () => {
    const wrong: readonly FaultInjection[] = [{}, { delay: -1 }, { abort: 1.5 }, { error: 'Slow', share: 2 }];
    for (const each of wrong) expect(() => fault(each)).to.throw('a fault ');
  });
});

describe('faults in force', () => {
  it('end when their holder goes, and after their longest time', async () => {
    const clock = virtualClock();
    const faults = new Faults({ clock, longest: '1 min' });
    const service = fault(faults)(three);
    const holder = faults.hold({ error: 'Slow' }).subscribe();
    expect(failureOf(service(ask()))?.tag).to.equal('Slow');
    holder.unsubscribe();
    expect(failureOf(service(ask()))).to.equal(undefined);
    const second = seen(faults.hold({ error: 'Slow' }));
    await clock.advance(60_000);
    expect(second).to.include('complete');
    expect(faults.present).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });

  it('are no more than they may be', () => {
    const faults = new Faults({ max: 1 });
    const first = faults.hold({ delay: 1 }).subscribe();
    expect(failureOf(faults.hold({ delay: 1 }))).to.include({ tag: 'Rejected', code: 'MILLRACE_FAULTS' });
    first.unsubscribe();
  });

  it('are held by a channel, and end with it however it ends', () => {
    const faults = new Faults();
    const ends: readonly ((asked: Subject<FaultInjection>, leave: () => void) => void)[] = [
      (_asked, leave) => leave(),
      (asked) => asked.error(new Error('the connection was lost')),
      (asked) => asked.next({ error: 'Slow', share: 7 }),
    ];
    for (const end of ends) {
      const asked = new Subject<FaultInjection>();
      const channel = faultHandlers(faults)
        .hold(asked)
        .subscribe({ error: () => undefined });
      asked.next({ error: 'Slow' });
      asked.next({ delay: 10 });
      expect(faults.present).to.have.length(2);
      end(asked, () => channel.unsubscribe());
      expect(faults.present).to.deep.equal([]);
    }
  });

  it('outlast the end of what the holder asks for, while it stays', () => {
    const faults = new Faults();
    const channel = faultHandlers(faults)
      .hold(of({ delay: 1 }))
      .subscribe();
    expect(faults.present).to.have.length(1);
    channel.unsubscribe();
    expect(faults.present).to.have.length(0);
  });

  it('are read from what anybody sends, and refused where it is not a fault', async () => {
    const { validate } = FaultControl.methods.hold.request['~standard'];
    const good = { delay: 5, error: 'Slow', share: 0.5, when: { method: 'films.*', baggage: { a: 'b' } } };
    expect(await validate(good)).to.deep.equal({ value: good });
    const many = Object.fromEntries(Array.from({ length: 17 }, (_none, at) => [`n${at}`, 'x']));
    const bad = [
      null,
      1,
      {},
      { delay: '5' },
      { error: 'toString' },
      { delay: 1, more: 1 },
      { delay: 1, when: { baggage: many } },
    ];
    for (const each of bad) expect(await validate(each)).to.have.property('issues');
  });
});
