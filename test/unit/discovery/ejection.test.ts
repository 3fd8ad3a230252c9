import { expect } from 'chai';
import * as ejection from '../../../framework/discovery/ejection.js';

const { GOOD, ejectable, failed, succeeded, trialDue, tried, undecided } = ejection;

describe('the standing of an endpoint', () => {
  const out: ejection.Standing = { kind: 'ejected', at: 1000, calls: 500, trying: false };
  const after = (faults: number, may = true): ejection.Standing => {
    let standing: ejection.Standing = GOOD;
    for (let at = 0; at < faults; at++) standing = failed(standing, false, 1000, 500, 5, may);
    return standing;
  };

  it('is lost by five failures in a row', () => {
    expect(after(4)).to.deep.equal({ kind: 'in', faults: 4 });
    expect(after(5)).to.deep.equal(out);
  });

  it('is restored by one success between', () => {
    expect(succeeded(after(4), false)).to.equal(GOOD);
  });

  it('is kept where too many have lost theirs', () => {
    expect(after(9, false)).to.deep.equal({ kind: 'in', faults: 9 });
  });

  it('is tried again after the pause and a hundred calls, or half a minute', () => {
    expect(trialDue(out, 1999, 600, 1000)).to.equal(false);
    expect(trialDue(out, 2000, 599, 1000)).to.equal(false);
    expect(trialDue(out, 2000, 600, 1000)).to.equal(true);
    expect(trialDue(out, 30_999, 501, 1000)).to.equal(false);
    expect(trialDue(out, 31_000, 501, 1000)).to.equal(true);
    expect(trialDue(tried(out), 31_000, 700, 1000)).to.equal(false);
  });

  it('comes back by a trial that succeeds, and by nothing else', () => {
    expect(succeeded(tried(out), false)).to.deep.equal(tried(out));
    expect(succeeded(tried(out), true)).to.equal(GOOD);
  });

  it('is lost for another pause by a trial that fails', () => {
    expect(failed(tried(out), true, 2500, 700, 5, true)).to.deep.equal({ ...out, at: 2500, calls: 700 });
    expect(failed(tried(out), false, 2500, 700, 5, true)).to.deep.equal(tried(out));
  });

  it('is tried again at once when the caller of the trial has left', () => {
    expect(undecided(tried(out), true)).to.deep.equal(out);
    expect(undecided(tried(out), false)).to.deep.equal(tried(out));
  });

  it('may be lost by a tenth, by one at least, and never by the only one', () => {
    expect([1, 2, 5, 10, 19, 20, 100].map((all) => ejectable(all, 0.1))).to.deep.equal([0, 1, 1, 1, 1, 2, 10]);
  });
});
