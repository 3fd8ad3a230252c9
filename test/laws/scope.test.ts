/** Whose state a policy of a fused stack keeps. */
import { expect } from 'chai';
import { NEVER, of, Subject, throwError } from 'rxjs';
import { anyPolicy, breaker, bulkhead, callOf, fuse, meshError, type Policy, type Service } from 'millrace';
import { failureOf } from '../unit/resilience/failure-of.js';

/** Says in the reply's metadata, by its name, how many calls came before. */
function counted(name: string, scope?: 'service' | 'method') {
  const policy: Policy<number> = {
    name,
    initial: 0,
    ...(scope === undefined ? {} : { scope }),
    admit(state, { reply }) {
      reply.set(name, String(state));
      return { state: state + 1 };
    },
    settle: (state) => ({ state }),
  };
  return anyPolicy(policy);
}

function seen(service: Service<string, number>, method: string, name: string): number {
  const call = callOf({ interaction: 'stream', method, request: '' });
  service(call).subscribe();
  return Number(call.reply.metadata.get(name));
}

const call = (method: string) => callOf({ interaction: 'stream', method, request: '' });

describe('the state of a policy', () => {
  it('is the service’s, or that of each of its methods, as the policy says', () => {
    const service = fuse([counted('all'), counted('each', 'method')])<string, number>(() => of(1));
    const methods = ['films.title', 'films.title', 'films.browse', 'films.title', 'films.browse'];
    const before = methods.map((method) => {
      const asked = call(method);
      service(asked).subscribe();
      return [...asked.reply.metadata.values()].join(' ');
    });
    expect(before).to.deep.equal(['0 0', '1 1', '2 0', '3 2', '4 1']);
  });

  it('is forgotten of the methods that were not called for longest, past a bound', () => {
    const service = fuse([counted('each', 'method')], undefined, undefined, 4)<string, number>(() => of(1));
    const last = ['a', 'b', 'a', 'c', 'a', 'd', 'a', 'e', 'a'].map((method) => seen(service, method, 'each')).at(-1);
    expect(last).to.equal(4);
    expect(seen(service, 'b', 'each')).to.equal(0);
  });

  it('outlives being forgotten for the calls that are out', () => {
    const source = new Subject<number>();
    const service = fuse(
      [bulkhead({ maxConcurrent: 1 }).policy],
      undefined,
      undefined,
      2,
    )<string, number>(() => source);
    const got: number[] = [];
    service(call('a')).subscribe((item) => got.push(item));
    for (const method of ['b', 'c', 'd']) service(call(method)).subscribe();
    expect(failureOf(service(call('a')))).to.equal(undefined);
    source.next(1);
    source.complete();
    expect(got).to.deep.equal([1]);
  });

  it('of a breaker and of a bulkhead is that of each method', () => {
    const broken: Service<string, number> = ({ method }) =>
      method === 'films.title' ? throwError(() => meshError('Broken', 'cut')) : of(1);
    const guarded = breaker({ minimumCalls: 2 })(broken);
    for (const _ of [1, 2]) failureOf(guarded(call('films.title')));
    expect(failureOf(guarded(call('films.title')))?.code).to.equal('MILLRACE_BREAKER');
    expect(failureOf(guarded(call('films.browse')))).to.equal(undefined);
    const narrow = bulkhead({ maxConcurrent: 1 })<string, number>(() => NEVER);
    for (const method of ['films.title', 'films.browse']) expect(failureOf(narrow(call(method)))).to.equal(undefined);
    expect(failureOf(narrow(call('films.title')))?.code).to.equal('MILLRACE_BULKHEAD');
  });
});
