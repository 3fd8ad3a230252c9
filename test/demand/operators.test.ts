import { expect } from 'chai';
import * as rxjs from 'rxjs';
import type { Bound, OperatorCase, Pipeline } from './operator-case.js';
import { operatorCases, otherExports } from './operator-cases.js';
import { drive, type Run } from './rig.js';

describe('every RxJS operator', () => {
  it('has a row in the table', () => {
    const exported = Object.keys(rxjs).filter((name) => /^[a-z]/.test(name) && !otherExports.includes(name));
    expect(Object.keys(operatorCases).sort()).to.deep.equal(exported.sort());
  });

  for (const [name, row] of Object.entries(operatorCases)) {
    it(`${name} ${behaviour(row)}`, async () => {
      check(await drive(row.pipeline, { patience: row.gives === 'none' ? 2 : 12 }), row, cutsChain(name, row));
    });
    const { twin } = row;
    if (twin === undefined) continue;
    it(`the twin of ${name}, ${spoken(twin.pipeline)}, keeps demand`, async () => {
      check(await drive(twin.pipeline), twin, false);
    });
  }
});

/** `share` has a twin, and cuts the chain. */
function cutsChain(name: string, row: OperatorCase): boolean {
  return row.category === 'cuts' || name === 'share';
}

function check(run: Run, bound: Bound, cut: boolean): void {
  const { per = 1, extra = 0, gives = 'all' } = bound;
  for (const { requested, delivered, produced, turns } of run.steps) {
    expect(delivered, 'delivered').to.be.at.most(requested);
    if (gives === 'all') expect(delivered, 'delivered').to.equal(requested);
    if (gives === 'none') expect(delivered, 'delivered').to.equal(0);
    if (typeof gives === 'number') expect(delivered, 'delivered').to.equal(Math.min(requested, gives));
    if (cut) expect(produced, 'produced, one a turn').to.be.at.most(turns + 1);
    else if (bound.everything) expect(produced, 'produced').to.be.greaterThan(2 * delivered + 100);
    else expect(produced, `produced for ${delivered} delivered`).to.be.at.most(per * delivered + extra);
  }
  if (gives === 'some') expect(run.values, 'delivered').to.have.length.greaterThan(0);
  expectEnd(run, bound, cut);
  expect(run.afterwards, 'produced after the sink had left').to.equal(0);
  if (cut) {
    expect(run.warnings).to.include('MILLRACE_NO_GATE');
    expect(new Set(run.found), 'what the sources found').to.deep.equal(new Set(['nothing']));
  } else {
    expect(run.warnings).to.deep.equal([]);
    expect(run.found, 'what the sources found').to.not.include(bound.shared ? 'nothing' : 'another sink');
    expect(run.found, 'what the sources found').to.not.include('nothing');
  }
}

function expectEnd(run: Run, bound: Bound, cut: boolean): void {
  if (bound.fails !== undefined) expect(String(run.end)).to.match(bound.fails);
  else if (typeof bound.gives === 'number') expect(run.end).to.equal('complete');
  else if (!cut) expect(run.end).to.equal(undefined);
}

function behaviour({ category, per = 1, extra = 0, everything }: OperatorCase): string {
  if (category === 'cuts') return 'cuts the chain: one item a turn and a warning';
  const taken = everything
    ? 'takes everything'
    : `takes at most ${per} for each item${extra === 0 ? '' : ` and ${extra}`}`;
  return (
    { keeps: 'keeps demand', absorbs: 'absorbs it', expands: 'expands', twin: 'needs its twin', none: 'gives nothing' }[
      category
    ] + `: ${taken}`
  );
}

/** A pipeline as it is written, without its argument. */
function spoken(pipeline: Pipeline): string {
  return String(pipeline)
    .replace(/^\([^)]*\) => /, '')
    .replace(/\s+/g, ' ');
}
