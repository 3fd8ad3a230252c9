/** Many connections, streams and comings and goings, with what each costs; fails where something stays or costs too much. */
import { connectCallClose } from '../scale/churn.js';
import { idleConnections, openStreams } from '../scale/crowds.js';
import type { Finding } from '../scale/host.js';
import { halfOpen, slowSetups } from '../scale/slow.js';

const cases: readonly (() => Promise<Finding>)[] = [
  () => idleConnections(10_000),
  () => openStreams(100_000),
  () => connectCallClose(100_000, 'unix'),
  () => connectCallClose(10_000, 'tcp'),
  // A byte a second against the ten seconds that a SETUP may take.
  () => slowSetups(2000, 1000, 10_000),
  () => halfOpen(3000, 5000),
];

/** Returns whether nothing was wrong. */
export async function soakScale(): Promise<boolean> {
  let right = true;
  for (const run of cases) {
    const { figures, faults } = await run();
    console.log(`${faults.length === 0 ? '✓' : '✗'} ${figures}`);
    for (const fault of faults) console.log(`  ${fault}`);
    if (faults.length > 0) right = false;
  }
  return right;
}
