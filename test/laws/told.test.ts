/** What a fused stack tells of its policies' decisions. */
import { expect } from 'chai';
import { NEVER, of, throwError } from 'rxjs';
import { callOf, type Decision, fuse, meshError, type Service } from 'millrace';
import { virtualClock } from 'millrace/testing';
import { again, instead, limiter, within } from './policies.js';

describe('decisions of a fused stack', () => {
  it('are told with the policy, the reason, the code and the moment', async () => {
    const clock = virtualClock();
    const heard: Decision[] = [];
    const failing: Service<string, number> = () => throwError(() => meshError('Unavailable', 'down'));
    const call = callOf({ interaction: 'response', request: '' });
    const policies = [instead(() => of(7)), again(2, 10)];
    fuse(policies, clock, (decision) => heard.push(decision))(failing)(call).subscribe();
    await clock.advance(10);
    expect(heard.map(({ by, why, code }) => [by, why, code])).to.deep.equal([
      ['again', 'again', 'MILLRACE_UNAVAILABLE'],
      ['instead', 'instead', 'MILLRACE_UNAVAILABLE'],
    ]);
    expect((heard[1]?.at ?? 0) - (heard[0]?.at ?? 0)).to.equal(10);
    expect(heard.every((decision) => decision.call === call)).to.equal(true);
  });

  it('tell of a refusal and of a patience that ended', async () => {
    const clock = virtualClock();
    const heard: string[] = [];
    const call = callOf({ interaction: 'response', request: '' });
    const stack = fuse([within(5), limiter(1)], clock, ({ by, why }) => heard.push(`${by} ${why}`));
    const service = stack<string, number>(() => NEVER);
    const quiet = { error: () => undefined };
    service(call).subscribe(quiet);
    service(call).subscribe(quiet);
    await clock.advance(5);
    expect(heard).to.deep.equal(['limiter refused', 'within late']);
  });
});
