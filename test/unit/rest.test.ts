import { expect } from 'chai';
import { GateSink, NOTHING, nextTurn, pull } from 'millrace';
import { virtualClock } from 'millrace/testing';

describe('a supply that pins something', () => {
  it('is told to rest when nobody has asked for long, and is taken from again later', async () => {
    const clock = virtualClock();
    const events: string[] = [];
    let next = 0;
    const source = pull<number>(
      () => ({
        take() {
          events.push(`take ${next}`);
          return next < 3 ? next++ : NOTHING;
        },
        close: () => events.push('close'),
        rest: () => events.push('rest'),
      }),
      { idle: '10 s', clock },
    );
    const taken: number[] = [];
    const sink = new GateSink<number>({
      next: (n) => taken.push(n),
      error: () => undefined,
      complete: () => undefined,
    });
    source.subscribe(sink);
    sink.request(1);
    await new Promise<void>((resolve) => nextTurn(resolve));
    expect(taken).to.deep.equal([0]);
    await clock.advance(10_000);
    expect(events).to.deep.equal(['take 0']);
    await clock.advance(10_000);
    expect(events).to.deep.equal(['take 0', 'rest']);
    sink.request(1);
    await new Promise<void>((resolve) => nextTurn(resolve));
    expect(taken).to.deep.equal([0, 1]);
    sink.unsubscribe();
    expect(events).to.deep.equal(['take 0', 'rest', 'take 1', 'close']);
    expect(clock.pending).to.equal(0);
  });
});
