/**
 * `npm run soak -- fuzz [FRAMES] [SEED]`: mutated frames against all that reads a peer's bytes, see fuzz.ts.
 * `npm run soak -- scale`: many connections and streams, and what each costs, see scale.ts.
 * `npm run soak -- [SECONDS] [SEEDS]`: three hops between four processes, a minute each, with figures, and 1,000 seeds of a simulated
 * mesh; fails if memory or the items under way grow, or a promise is broken.
 */
import { described, runChain } from '../conformance/chain.js';
import { chainCases, chainSizes, faultsOf } from '../conformance/chain-cases.js';
import { soakFuzz } from './fuzz.js';
import { soakScale } from './scale.js';
import { soakSeeds } from './seeds.js';

const [name, first, second] = process.argv.slice(2);
if (name === 'fuzz')
  process.exit((await soakFuzz(Number(first ?? 5_000_000), Number(second ?? Date.now() % 1_000_000))) ? 0 : 1);

if (name === 'scale') process.exit((await soakScale()) ? 0 : 1);

const seconds = Number(process.argv[2] ?? process.env['MILLRACE_HOPS_SECONDS'] ?? 60);
const seeds = Number(process.argv[3] ?? 1000);
if (!(seconds > 0)) throw new Error(`'${process.argv[2]}' is not a number of seconds`);

for (const chain of chainSizes.flatMap((size) => chainCases(size, seconds))) {
  const figures = await runChain(chain.options);
  const faults = faultsOf(chain, figures);
  console.log(`${faults.length === 0 ? '✓' : '✗'} ${described(chain.options, figures)}`);
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

if (!(await soakSeeds(seeds))) process.exitCode = 1;
