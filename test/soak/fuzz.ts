/** Millions of mutated frames against codecs and connections, guided by coverage; what is found is made small and printed. */
import { fuzz, replay } from '../fuzz/fuzz.js';
import { instrumentedCopy } from '../fuzz/instrumented.js';
import { minimal } from '../fuzz/minimal.js';
import type { Figures } from '../fuzz/report.js';
import { targets } from '../fuzz/targets.js';

/** Plays so many frames in all, each target its share; returns whether nothing went wrong. */
export async function soakFuzz(frames: number, seed: number): Promise<boolean> {
  console.log(`${count(frames)} frames from seed ${seed}; once more: npm run soak -- fuzz ${frames} ${seed}`);
  const copy = instrumentedCopy();
  const remove = (): void => copy.remove();
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const started = Date.now();
  let played = 0;
  let right = true;
  for (const [target, { share }] of Object.entries(targets)) {
    let told = Date.now();
    const { figures, fault } = await fuzz({
      folder: copy.folder,
      frames: { [target]: frames * share },
      seeds: [seed],
      progress(now) {
        if (Date.now() - told < 10_000) return;
        told = Date.now();
        console.log(`  ${described(now)}`);
      },
    });
    for (const each of figures) {
      played += each.frames;
      console.log(`✓ ${described(each)}`);
    }
    if (fault === undefined) continue;
    right = false;
    console.log(`✗ ${target}, seed ${seed}, after ${fault.iteration} inputs: ${fault.what}`);
    const smallest = await minimal(fault.inputs, async (line) => (await replay(target, line)) !== undefined);
    if (smallest === undefined) console.log('  none of these does it alone:');
    for (const line of smallest === undefined ? fault.inputs : [smallest]) console.log(`  ${target} ${line}`);
    break;
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`${right ? '✓' : '✗'} ${count(played)} frames in ${seconds} s`);
  return right;
}

function described({ target, frames, inputs, corpus, edges, counters, seconds }: Figures): string {
  const rate = Math.round(frames / Math.max(seconds, 0.001));
  const reached = counters === 0 ? '' : `, ${edges} of ${counters} edges`;
  return `${target}: ${count(frames)} frames in ${count(inputs)} inputs, ${count(rate)} a second; corpus of ${corpus}${reached}`;
}

const count = (number: number): string => number.toLocaleString('en');
