/** Many seeds of three registries of which two are killed and started again: what was broken, and how much happened. */
import { runPeers } from '../registry/three-peers.js';

/** Runs `count` seeds; returns whether nothing was broken. */
export async function soakPeers(count: number): Promise<boolean> {
  const sums = new Map<string, number>();
  let faults = 0;
  for (let seed = 1; seed <= count; seed++) {
    const { broken, ...counts } = await runPeers(seed);
    for (const what of broken) console.log(`✗ seed ${seed}: ${what}`);
    faults += broken.length;
    for (const [name, number] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + number);
    if (seed % 100 === 0) console.log(`  ${seed} of ${count} seeds`);
  }
  const listed = [...sums].map(([name, number]) => `${name} ${number}`).join(', ');
  console.log(`${faults === 0 ? '✓' : '✗'} ${count} seeds of three registries: ${listed}`);
  return faults === 0;
}
