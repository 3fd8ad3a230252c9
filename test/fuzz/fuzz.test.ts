import { expect } from 'chai';
import { fuzz, replay } from './fuzz.js';
import { type Copy, instrumentedCopy } from './instrumented.js';
import { plants } from './plants.js';
import { regressions } from './regressions.js';
import { targets } from './targets.js';

/** Frames of all targets together, of each of the two seeds. */
const FRAMES = 45_000;
const FIXED = 1;

/** A live connection is ten times slower than one in memory. */
const FEWER = 0.5;

describe('fuzzing', function () {
  this.timeout(60_000);
  let copy: Copy;
  before(() => (copy = instrumentedCopy()));
  after(() => copy.remove());

  describe('by mutated frames and random streams', () => {
    const chance = Date.now() % 1_000_000;
    before(() => console.log(`    seeds ${FIXED} and ${chance}`));

    const groups: Readonly<Record<string, RegExp>> = {
      'what reads bytes without a connection': /^codec/,
      'a server': /^server/,
      'a client': /^client/,
      'connections over TCP': /^tcp/,
      'connections over WebSocket': /^websocket/,
      'connections over Unix sockets': /^unix/,
    };
    for (const [title, members] of Object.entries(groups)) {
      it(`does no harm to ${title}`, async () => {
        const those = Object.entries(targets).filter(([name]) => members.test(name));
        const frames = Object.fromEntries(
          those.map(([name, { share }]) => [
            name,
            FRAMES * share * (/^(?:codec|server|client)/.test(name) ? 1 : FEWER),
          ]),
        );
        const { fault, figures } = await fuzz({ folder: copy.folder, frames, seeds: [FIXED, chance] });
        expect(fault, `npm run soak -- fuzz ${FRAMES} ${fault?.seed}`).to.equal(undefined);
        for (const each of figures) expect(each.corpus, each.target).to.be.above(20);
        expect(figures).to.have.length(those.length * 2);
      });
    }

    for (const { name, target, input } of regressions) {
      it(`does no harm again: ${name}`, async () => expect(await replay(target, input)).to.equal(undefined));
    }
  });

  describe('with a bug that was planted', () => {
    for (const { name, target, file, bug, says } of plants) {
      it(`finds ${name}`, async () => {
        const repair = copy.plant(file, bug);
        try {
          const { fault } = await fuzz({ folder: copy.folder, frames: { [target]: 50_000 }, seeds: [FIXED] });
          expect(fault?.what).to.match(says);
          expect(await replay(target, fault?.inputs[0] ?? '', copy.folder)).to.match(says);
        } finally {
          repair();
        }
      });
    }
  });
});
