/** The faults of each MUST line, made in a copy of the compiled code: the line's tests have to see them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { transform } from 'esbuild';
import { root } from '../docs/page.js';
import { idOf, mutated, mutationsOf, type Must, type Mutation } from '../musts/must.js';
import { musts } from '../musts/musts.js';
import { type Title, titlesById, titlesOf } from '../musts/titles.js';
import { type Copy, copyOfDist } from './copy.js';

/** Milliseconds for a test without a fault, and with one that may have it wait for ever. */
const PATIENCE = 20_000;
const SHORT_PATIENCE = 5_000;

/** Checks the lines of these ids, or all; returns whether each has a test that passes, and fails with each fault. */
export async function soakMusts(ids: readonly string[]): Promise<boolean> {
  const titles = titlesById();
  const chosen = musts.filter((must) => ids.length === 0 || ids.includes(idOf(must)));
  if (chosen.length === 0) throw new Error(`no line has an id of ${ids.join(', ')}`);
  const copy = copyOfDist();
  try {
    const tested = chosen.filter((must) => titlesOf(must, titles).length > 0);
    for (const must of chosen) if (!tested.includes(must)) console.log(`✗ ${named(must)}: no test`);
    if (!(await passes(copy, tested, titles))) return false;
    let [made, caught] = [0, 0];
    for (const must of tested) {
      if (typeof must.mutations === 'string') console.log(`· ${named(must)}: no fault to make: ${must.mutations}`);
      for (const mutation of mutationsOf(must)) {
        const { seen, said } = await tried(copy, must, mutation, titlesOf(must, titles));
        made += 1;
        caught += seen ? 1 : 0;
        console.log(`${seen ? '✓' : '✗'} ${named(must)}: ${said}`);
      }
    }
    console.log(`${chosen.length} lines: ${tested.length} with a test, ${made} mutations, ${caught} caught`);
    return tested.length === chosen.length && caught === made;
  } finally {
    copy.remove();
  }
}

function named(must: Must): string {
  return `${idOf(must)} ${must.what}`;
}

/** Without a fault all tests have to pass: else a failure would say nothing. */
async function passes(copy: Copy, tested: readonly Must[], titles: ReadonlyMap<string, readonly Title[]>) {
  const { failures, passed } = await copy.test(
    [...new Set(tested.flatMap((must) => titlesOf(must, titles).map(({ file }) => file)))],
    `^.*(?:${tested.map(idOf).join('|')}): `,
    PATIENCE,
  );
  for (const failure of failures) console.log(`✗ without a fault: ${failure}`);
  if (failures.length === 0) console.log(`✓ without a fault: ${passed} tests pass`);
  return failures.length === 0;
}

/** Runs a line's tests with a fault; they have to fail. */
async function tried(copy: Copy, must: Must, mutation: Mutation, titles: readonly Title[]) {
  const restore = await spoil(copy, mutation);
  const files = [...new Set(titles.map(({ file }) => file))];
  const { failures, passed, ended } = await copy.test(files, `${idOf(must)}: `, SHORT_PATIENCE);
  restore();
  if (ended === 'killed') return { seen: true, said: 'caught, the tests had to be killed' };
  const [failure] = failures;
  if (failure !== undefined) return { seen: true, said: `caught: ${failure.replace(/^MUST-\d\d: /, '')}` };
  return {
    seen: false,
    said: `${passed} tests pass with '${mutation.put}' for '${mutation.find}' in ${mutation.file}`,
  };
}

/** Makes the fault in the copy's compiled file; returns what undoes it. */
async function spoil(copy: Copy, mutation: Mutation): Promise<() => void> {
  const path = `transports/rsocket/${mutation.file}`;
  const source = mutated(readFileSync(`${root}${path}`, 'utf8'), mutation);
  const target = `${copy.folder}/dist/${path.replace(/\.ts$/, '.js')}`;
  const before = readFileSync(target);
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022' });
  writeFileSync(target, code);
  return () => writeFileSync(target, before);
}
