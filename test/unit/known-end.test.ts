import { expect } from 'chai';
import { fromIterable, GateSink, nextTurn } from 'millrace';

describe('fromIterable of what has a known length', () => {
  const sources: readonly (readonly [string, Iterable<number>])[] = [
    ['an array', [1, 2, 3]],
    ['a set', new Set([1, 2, 3])],
  ];
  for (const [what, items] of sources) {
    it(`completes with the last item of ${what}, though no more is asked for`, async () => {
      const events: (number | string)[] = [];
      const sink = new GateSink<number>({
        next: (n) => events.push(n),
        error: () => events.push('error'),
        complete: () => events.push('complete'),
      });
      fromIterable(items).subscribe(sink);
      sink.request(3);
      await new Promise<void>((resolve) => nextTurn(resolve));
      expect(events).to.deep.equal([1, 2, 3, 'complete']);
    });
  }
});
