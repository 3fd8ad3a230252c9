import { expect } from 'chai';
import { concat, defer, EMPTY, map, type Observable, retry, share, shareReplay, tap } from 'rxjs';
import { type Agnostic, filters, fuse, lift } from 'millrace';
import { lawsOf } from 'millrace/testing';
import { again, counter, instead, limiter, logged, within } from './policies.js';

const lawful: readonly (readonly [string, () => Agnostic])[] = [
  ['the empty filter', () => filters()],
  ['a lifted tap', () => lift(() => tap())],
  ['a lifted retry', () => lift(() => retry({ count: 0 }))],
  ['a fused stack of nothing', () => fuse([])],
  ['a fused counter', () => fuse([counter({ open: 0, most: 0, ended: 0 })])],
  ['a fused limiter', () => fuse([limiter(1)])],
  ['a fused timeout', () => fuse([within(60_000)])],
  ['a fused retry', () => fuse([again(3)])],
  [
    'a fused stack of them all',
    () => fuse([logged('outer', []), within(60_000), again(2), limiter(5), logged('inner', [])]),
  ],
  [
    'fused stacks one behind the other',
    () =>
      filters(
        fuse([again(2)]),
        fuse([limiter(2)]),
        lift(() => tap()),
      ),
  ],
];

for (const [name, filter] of lawful) {
  describe(`${name} obeys the laws of filters: it`, () => {
    for (const law of lawsOf(filter)) it(law.name, () => law.check());
  });
}

describe('the laws of filters', () => {
  const broken: readonly (readonly [string, RegExp, () => Agnostic])[] = [
    [
      'adds an item',
      /passes values/,
      () =>
        lift(
          <T>() =>
            (source: Observable<T>) =>
              concat(source, [0 as T]),
        ),
    ],
    ['changes an item', /passes values/, () => lift(() => map((value) => (Number(value) + 1) as typeof value))],
    [
      'subscribes before it is subscribed',
      /no work before/,
      () => (next) => (call) => {
        const answer = next(call);
        answer.subscribe({ error: () => undefined }).unsubscribe();
        return answer;
      },
    ],
    ['hides the gate', /gate/, () => lift(() => share())],
    ['swallows errors', /passes values/, () => fuse([instead(() => EMPTY)])],
    [
      'keeps an old answer',
      /subscribed again/,
      () => (next) => {
        let kept: ReturnType<typeof next> | undefined;
        return (call) => (kept ??= next(call).pipe(shareReplay(1)));
      },
    ],
    [
      'subscribes twice',
      /again|cancel|no work/,
      () => (next) => (call) =>
        defer(() => {
          const extra = next(call).subscribe({ error: () => undefined });
          return next(call).pipe(tap({ unsubscribe: () => extra.unsubscribe() }));
        }),
    ],
    ['changes the call', /the call/, () => (next) => (call) => next({ ...call, method: 'another' })],
  ];
  for (const [what, law, filter] of broken) {
    it(`catch a filter that ${what}`, async () => {
      const caught: string[] = [];
      for (const { name, check } of lawsOf(filter)) {
        await check().catch(() => caught.push(name));
      }
      expect(caught.join('; ')).to.match(law);
    });
  }
});
