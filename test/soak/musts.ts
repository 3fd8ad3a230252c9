/** Each MUST line's fault, made in a copy of the compiled code: the line's tests have to see it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { transform } from 'esbuild';
import { root } from '../docs/page.js';
import { idOf, mutated, type Must, type Mutation } from '../musts/must.js';
import { musts } from '../musts/musts.js';
import { type Title, titlesById, titlesOf } from '../musts/titles.js';
import { type Copy, copyOfDist } from './copy.js';

/** Milliseconds for a test without a fault, and with one that may have it wait for ever. */
const PATIENCE = 20_000;
const SHORT_PATIENCE = 5_000;

/** Checks the lines of these ids, or all; returns whether each has a test that passes, and fails with the line's fault. */
export async function soakMusts(ids: readonly string[]): Promise<boolean> {
  const titles = titlesById();
  const chosen = musts.filter((must) => ids.length === 0 || ids.includes(idOf(must)));
  if (chosen.length === 0) throw new Error(`no line has an id of ${ids.join(', ')}`);
  const copy = copyOfDist();
  try {
    const tested = chosen.filter((must) => titlesOf(must, titles).length > 0);
    for (const must of chosen) if (!tested.includes(must)) console.log(`✗ ${named(must)}: no test`);
    if (!(await passes(copy, tested, titles))) return false;
    const outcomes: Outcome[] = [];
    for (const must of tested) {
      const outcome = await tried(copy, must, titlesOf(must, titles));
      outcomes.push(outcome);
      console.log(`${outcome.well ? '✓' : '✗'} ${named(must)}: ${outcome.said}`);
    }
    const made = outcomes.filter(({ fault }) => fault);
    const caught = made.filter(({ well }) => well);
    console.log(
      `${chosen.length} lines: ${tested.length} with a test, ${made.length} mutations, ${caught.length} caught`,
    );
    return tested.length === chosen.length && caught.length === made.length;
  } finally {
    copy.remove();
  }
}

interface Outcome {
  /** There was a fault to make. */
  readonly fault: boolean;
  readonly well: boolean;
  readonly said: string;
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

async function tried(copy: Copy, must: Must, titles: readonly Title[]): Promise<Outcome> {
  const { mutation } = must;
  if (typeof mutation === 'string') return { fault: false, well: true, said: `no fault to make: ${mutation}` };
  const restore = await spoil(copy, mutation);
  const files = [...new Set(titles.map(({ file }) => file))];
  const { failures, passed, ended } = await copy.test(files, `${idOf(must)}: `, SHORT_PATIENCE);
  restore();
  if (ended === 'killed') return { fault: true, well: true, said: 'caught: the tests had to be killed' };
  if (failures.length > 0)
    return { fault: true, well: true, said: `caught: ${failures[0]?.replace(/^MUST-\d\d: /, '') ?? ''}` };
  return { fault: true, well: false, said: `${passed} tests pass with '${mutation.put}' in ${mutation.file}` };
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
