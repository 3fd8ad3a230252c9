import { expect } from 'chai';
import { concat, firstValueFrom, lastValueFrom, of, throwError, toArray } from 'rxjs';
import { callOf, type ErrorTag, fallback, meshError, type Service } from 'millrace';
import { lawsOf } from 'millrace/testing';
import { failureOf } from './failure-of.js';
import { marbles } from './marbles.js';

const call = callOf({ interaction: 'stream', method: 'films.title', request: 'tt1' });
const fails =
  (tag: ErrorTag): Service<string, string> =>
  () =>
    throwError(() => meshError(tag, `it was ${tag}`));

describe('fallback', () => {
  for (const law of lawsOf(() => fallback(() => of('instead')))) it(law.name, () => law.check());

  it('answers in the place of a failure, and is told of it and of the call', async () => {
    const service = fallback((error, { request }) => of(`${error.tag} ${String(request)}`, 'more'))(fails('Broken'));
    expect(await lastValueFrom(service(call).pipe(toArray()))).to.deep.equal(['Broken tt1', 'more']);
  });

  it('goes from one alternative to the next, each told of the failure before it', async () => {
    const service = fallback(
      () => throwError(() => meshError('Slow', 'the cache is slow')),
      ({ message }) => [message],
    )(fails('Broken'));
    expect(await firstValueFrom(service(call))).to.equal('the cache is slow');
  });

  it('fails with the last failure where all do, and the first is its cause', () => {
    const failure = failureOf(fallback(() => throwError(() => meshError('Slow', 'no cache')))(fails('Broken'))(call));
    expect(failure).to.include({ tag: 'Slow', message: 'no cache' });
    expect(failure?.cause).to.include({ tag: 'Broken' });
    const thrown = fallback(() => {
      throw new Error('a bug');
    })(fails('Broken'));
    expect(failureOf(thrown(call))).to.include({ tag: 'Defect', message: 'a bug' });
  });

  it('has no answer to what the caller did wrong', () => {
    for (const tag of ['Invalid', 'Unknown', 'Denied', 'Unauthenticated', 'Canceled'] as const) {
      expect(failureOf(fallback(() => of('instead'))(fails(tag))(call))).to.include({ tag });
    }
    expect(failureOf(fallback({ when: () => false }, () => of('instead'))(fails('Broken'))(call))).to.include({
      tag: 'Broken',
    });
  });

  it('lets a stream fail that has begun', async () => {
    const service = fallback(() => of('instead'))<string, string>(() =>
      concat(
        of('a'),
        throwError(() => meshError('Broken', 'later')),
      ),
    );
    const seen: string[] = [];
    service(call).subscribe({ next: (value) => seen.push(value), error: ({ tag }) => seen.push(tag as string) });
    expect(seen).to.deep.equal(['a', 'Broken']);
  });

  it('is an operator', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const [source, other] = [cold('--#', {}, meshError('Broken', 'no')), cold('--b-c|')];
      expectObservable(source.pipe(fallback(() => other))).toBe('----b-c|');
      expectSubscriptions(source.subscriptions).toBe('^-!');
      expectSubscriptions(other.subscriptions).toBe('--^----!');
    });
  });
});
