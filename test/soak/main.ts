/** `npm run soak -- [SECONDS]`: three hops between four processes, a minute each, with figures; fails if memory or the items under way grow. */
import { described, runChain } from '../conformance/chain.js';
import { chainCases, chainSizes, faultsOf } from '../conformance/chain-cases.js';

const seconds = Number(process.argv[2] ?? process.env['MILLRACE_HOPS_SECONDS'] ?? 60);
if (!(seconds > 0)) throw new Error(`'${process.argv[2]}' is not a number of seconds`);

for (const chain of chainSizes.flatMap((size) => chainCases(size, seconds))) {
  const figures = await runChain(chain.options);
  const faults = faultsOf(chain, figures);
  console.log(`${faults.length === 0 ? '✓' : '✗'} ${described(chain.options, figures)}`);
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
