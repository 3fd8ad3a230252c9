/** Three hops between four processes under load, with figures. */
import { described, runChain } from '../conformance/chain.js';
import { chainCases, chainSizes, faultsOf } from '../conformance/chain-cases.js';

/** Runs each case for so many seconds; returns whether memory and the items under way stayed within bounds. */
export async function soakHops(seconds: number): Promise<boolean> {
  let well = true;
  for (const chain of chainSizes.flatMap((size) => chainCases(size, seconds))) {
    const figures = await runChain(chain.options);
    const faults = faultsOf(chain, figures);
    console.log(`${faults.length === 0 ? '✓' : '✗'} ${described(chain.options, figures)}`);
    for (const fault of faults) console.log(`  ${fault}`);
    if (faults.length > 0) well = false;
  }
  return well;
}
