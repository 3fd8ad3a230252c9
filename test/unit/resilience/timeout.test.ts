import { expect } from 'chai';
import { type MeshError, meshError, timeout } from 'millrace';
import { lawsOf } from 'millrace/testing';
import { marbles } from './marbles.js';

const slow = (what: string): MeshError => meshError('Slow', what, { code: 'MILLRACE_TIMEOUT' });

describe('timeout', () => {
  for (const law of lawsOf(() => timeout())) it(law.name, () => law.check());

  it('ends what has not begun to answer, and cancels it', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, clock }) => {
      const source = cold('------a|');
      const late = slow('the call did not begin to answer within 5 ms');
      expectObservable(source.pipe(timeout(5, { clock }))).toBe('-----#', {}, late);
      expectSubscriptions(source.subscriptions).toBe('^----!');
    });
  });

  it('lets what has begun go on', () => {
    marbles(({ cold, expectObservable, clock }) => {
      expectObservable(cold('---a------b|').pipe(timeout(5, { clock }))).toBe('---a------b|');
    });
  });

  it('ends what has not ended, where that is what is wanted', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, clock }) => {
      const source = cold('---a------b|');
      const late = slow('the call did not end within 5 ms');
      expectObservable(source.pipe(timeout(5, { until: 'end', clock }))).toBe('---a-#', { a: 'a' }, late);
      expectSubscriptions(source.subscriptions).toBe('^----!');
    });
  });

  it('wants a time', () => {
    expect(() => timeout('soon')).to.throw("'soon' is not a duration");
  });
});
