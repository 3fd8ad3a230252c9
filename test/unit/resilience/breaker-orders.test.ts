/** A breaker, whatever comes, ends, leaves and takes time. */
import { expect } from 'chai';
import { array, assert, constantFrom, integer, nat, property, tuple } from 'fast-check';
import { of, Subject, type Subscription } from 'rxjs';
import { breaker, type BreakerChange, callOf, meshError } from 'millrace';
import { virtualClock } from 'millrace/testing';

const call = callOf({ interaction: 'response', method: 'films.title', request: undefined });
const SLEEP = 1_000;
const WINDOW = 10_000;

describe('a breaker in any order of events', () => {
  it('sends no more trials than it may, is never stuck, and says each move from where it was', () => {
    const step = tuple(constantFrom('come', 'come', 'come', 'answer', 'fail', 'refuse', 'leave', 'wait'), nat(1_500));
    assert(
      property(integer({ min: 1, max: 4 }), array(step, { maxLength: 80 }), (trials, steps) => {
        let now = 0;
        const clock = { ...virtualClock(), now: () => now };
        const moves: BreakerChange[] = [];
        const begun: Subject<number>[] = [];
        let healthy = false;
        const changed = (move: BreakerChange): void => void moves.push(move);
        const options = { clock, changed, minimumCalls: 3, window: WINDOW, sleep: SLEEP, trials };
        const service = breaker(options)<undefined, number>(() => {
          if (healthy) return of(1);
          const answer = new Subject<number>();
          begun.push(answer);
          return answer;
        });
        const callers: Subscription[] = [];
        const come = (): void => void callers.push(service(call).subscribe({ error: () => undefined }));
        for (let at = 0; at < 3; at++) {
          come();
          begun.at(-1)?.error(meshError('Broken', 'cut'));
        }
        expect(moves.at(-1)?.to).to.equal('open');
        now += SLEEP;
        let trial = -Infinity;
        let first = 0;
        for (const [what, pick] of steps) {
          const working = begun.filter(({ observed }) => observed);
          const one = working[pick % Math.max(1, working.length)];
          const before = begun.length;
          const kind = moves.at(-1)?.to;
          const out = begun.slice(first).filter(({ observed }) => observed).length;
          if (what === 'come') come();
          else if (what === 'answer') one?.next(1);
          else if (what === 'fail') one?.error(meshError('Broken', 'cut'));
          else if (what === 'refuse') one?.error(meshError('Denied', 'no'));
          else if (what === 'leave') callers[pick % Math.max(1, callers.length)]?.unsubscribe();
          else now += pick;
          const after = moves.at(-1)?.to;
          if (after !== 'half-open' || begun.length === before) continue;
          if (kind !== 'half-open') first = before;
          // One more each sleep, where those that are out say nothing.
          else if (out >= trials) expect(now - trial).to.be.at.least(SLEEP);
          trial = now;
        }
        moves.forEach(({ from }, at) => expect(from).to.equal(moves[at - 1]?.to ?? 'closed'));
        callers.forEach((caller) => caller.unsubscribe());
        healthy = true;
        // What it still counts, being closed, may open it rightly.
        now += (moves.at(-1)?.to ?? 'closed') === 'closed' ? WINDOW : SLEEP;
        let failures = 0;
        for (let at = 0; at <= trials; at++) service(call).subscribe({ error: () => (failures += 1) });
        expect([failures, moves.at(-1)?.to ?? 'closed']).to.deep.equal([0, 'closed']);
      }),
      { numRuns: 2_000, seed: 5 },
    );
  });
});
