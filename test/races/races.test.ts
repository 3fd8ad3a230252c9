import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Model, Plan, Script } from './plan.js';
import { race } from './race.js';

const RUNS = 1000;
const models: readonly Model[] = ['response', 'stream', 'channel', 'notify'];

const script = (...ends: readonly Script['end'][]) =>
  fc.record({
    items: fc.integer({ min: 0, max: 5 }),
    end: fc.constantFrom(...ends),
    pulled: fc.boolean(),
  });

/** Plans in which nothing happens but the call itself. */
const calm = {
  caller: fc.constantFrom<'client' | 'server'>('client', 'server'),
  answer: script('complete', 'error'),
  request: script('complete', 'error'),
  asks: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
  window: fc.constantFrom(1, 2, 3, 32),
  cancel: fc.constant(false),
  leave: fc.boolean(),
  close: fc.constant(undefined),
  cuts: fc.constant<readonly number[]>([]),
  room: fc.constantFrom(40, 64 * 1024),
};

const races: Readonly<Record<string, object>> = {
  'a cancel against the end': { cancel: fc.constant(true), answer: script('complete', 'never') },
  'an error against what is asked for': {
    answer: script('error'),
    asks: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 5 }),
  },
  'a close against everything': { cancel: fc.boolean(), close: fc.constantFrom('client', 'server', 'cut') },
  'a resumption against a cancel': {
    cancel: fc.boolean(),
    cuts: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 3 }),
  },
};

/** Nobody can leave a notify. */
const own: { readonly [K in Model]?: object } = { notify: { answer: script('complete', 'error') } };

describe('in any order of its events', function () {
  this.timeout(60_000);
  const strays: string[] = [];
  const stray = (error: unknown): void => void strays.push(String(error));
  before(() => {
    process.prependListener('unhandledRejection', stray);
    process.prependListener('uncaughtExceptionMonitor', stray);
    process.on('warning', stray);
  });
  after(() => {
    process.off('unhandledRejection', stray);
    process.off('uncaughtExceptionMonitor', stray);
    process.off('warning', stray);
  });

  for (const [what, arbitraries] of Object.entries(races)) {
    for (const model of models) {
      it(`${what} leaves a ${model} with one end on each side`, async () => {
        const plan = fc.record({
          ...calm,
          ...arbitraries,
          ...own[model],
          model: fc.constant(model),
        }) as fc.Arbitrary<Plan>;
        const pace = fc.infiniteStream(fc.constantFrom(0, 0, 1, 3));
        await fc.assert(
          fc.asyncProperty(fc.scheduler(), pace, plan, async (scheduler, turns, chosen) => {
            strays.length = 0;
            const faults = await race(scheduler, turns, chosen);
            expect([...faults, ...strays].join('\n')).to.equal('');
          }),
          { numRuns: RUNS },
        );
      });
    }
  }
});
