/** Many seeds of five services in a simulated network: what was broken, and how often each fault and each end of a call came. */
import { runSeed } from '../simulation/five.js';

/** Runs `count` seeds from `first` on; returns whether nothing was broken. */
export async function soakSeeds(count: number, first = 1): Promise<boolean> {
  const faults = new Map<string, number>();
  const recoveries = new Map<string, number>();
  const ends = new Map<string, number>();
  let broken = 0;
  for (let seed = first; seed < first + count; seed++) {
    const report = await runSeed(seed);
    add(faults, Object.entries(report.faults));
    add(recoveries, Object.entries(report.recoveries));
    add(ends, Object.entries(report.ends));
    const wrong = report.timers === 0 ? report.broken : [...report.broken, `${report.timers} timers are left`];
    for (const what of wrong) console.log(`✗ seed ${seed}: ${what}`);
    broken += wrong.length;
    if ((seed - first + 1) % 100 === 0) console.log(`  ${seed - first + 1} of ${count} seeds`);
  }
  console.log(
    `${broken === 0 ? '✓' : '✗'} ${count} seeds of five services; faults: ${listed(faults)}; recoveries: ${listed(recoveries)}; calls: ${listed(ends)}`,
  );
  return broken === 0;
}

function add(sums: Map<string, number>, counts: readonly (readonly [string, number])[]): void {
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
}

function listed(sums: ReadonlyMap<string, number>): string {
  return [...sums].map(([name, count]) => `${name} ${count}`).join(', ');
}
