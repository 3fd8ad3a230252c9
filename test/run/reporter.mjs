// A mocha reporter: a line a suite as it ends, a line for what fails or takes long as it happens, then the failures in full,
// the slowest tests and the counts (also written to the file that TEST_COUNTS names).
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import Mocha from 'mocha';

const { Base } = Mocha.reporters;
const slowMs = 1_000;
const lingerMs = 5_000;

export default class Reporter {
  constructor(runner) {
    const failures = [];
    const finished = [];
    const skipped = [];
    let current = { passed: 0, failed: 0, skipped: 0, started: Date.now() };

    runner.on('suite', (suite) => {
      if (depth(suite) === 1) current = { passed: 0, failed: 0, skipped: 0, started: Date.now() };
    });
    runner.on('pass', (test) => {
      current.passed += 1;
      finished.push(test);
      if (test.duration > slowMs) say(`    ${titleOf(test)} (${ms(test.duration)})`);
    });
    runner.on('fail', (test, error) => {
      current.failed += 1;
      failures.push({ test, error });
      say(`  ✗ ${titleOf(test)}: ${firstLine(error)}`);
    });
    runner.on('pending', (test) => {
      current.skipped += 1;
      skipped.push(test);
    });
    runner.on('suite end', (suite) => {
      if (depth(suite) !== 1) return;
      const { passed, failed, skipped: left, started } = current;
      if (passed + failed + left === 0) return;
      const counts = [`${passed} passed`, failed && `${failed} failed`, left && `${left} skipped`]
        .filter(Boolean)
        .join(', ');
      say(`  ${failed > 0 ? '✗' : '✓'} ${suite.title}: ${counts} (${ms(Date.now() - started)})`);
    });
    runner.once('end', () => {
      for (const test of skipped) say(`  - skipped: ${titleOf(test)}`);
      failures.forEach(({ test, error }, index) => say(`\n${index + 1}) ${titleOf(test)}\n${describe(test, error)}`));
      reportSlowest(finished);
      report({ passed: finished.length, failed: failures.length, skipped: skipped.length });
      watchForLeaks({ passed: finished.length, failed: failures.length, skipped: skipped.length });
    });
  }
}

function reportSlowest(tests) {
  const slowest = tests.filter((test) => test.duration >= 100).sort((a, b) => b.duration - a.duration);
  if (slowest.length > 0) say('\nslowest:');
  for (const test of slowest.slice(0, 5)) say(`  ${ms(test.duration).padStart(7)}  ${titleOf(test)}`);
}

/** Mocha lets the process end by itself; what still keeps it alive some seconds later is a leak, and a failure. */
function watchForLeaks(counts) {
  setTimeout(() => {
    const kinds = process.getActiveResourcesInfo();
    say(`\nthe tests have ended, but this keeps the process alive: ${kinds.join(', ')}`);
    report({ ...counts, failed: counts.failed + 1 });
    process.exit(1);
  }, lingerMs).unref();
}

function report(counts) {
  if (process.env.TEST_COUNTS) writeFileSync(process.env.TEST_COUNTS, JSON.stringify(counts));
  else say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}

function describe(test, error) {
  const parts = [indent(stackOf(error))];
  if (error?.showDiff !== false && error && 'expected' in error && 'actual' in error && error.expected !== undefined) {
    Base.useColors = false;
    parts.unshift(Base.generateDiff(text(error.actual), text(error.expected)).replace(/^\n/, ''));
  }
  if (test.file)
    parts.push(
      indent(
        `in ${relative(process.cwd(), test.file)
          .replace(/^dist\//, '')
          .replace(/\.js$/, '.ts')}`,
      ),
    );
  return parts.join('\n');
}

function stackOf(error) {
  if (!(error instanceof Error)) return String(error);
  const lines = (error.stack ?? String(error)).split('\n');
  const kept = lines.filter((line) => !/^\s+at .*(node_modules\/|node:internal|\(native\))/.test(line));
  const stack = kept.map((line) => line.replace(`${process.cwd()}/`, '').replace('file://', '')).join('\n');
  return error.cause === undefined ? stack : `${stack}\ncaused by ${stackOf(error.cause)}`;
}

function text(value) {
  return typeof value === 'string' ? value : Mocha.utils.stringify(value);
}

function depth(suite) {
  return suite.root ? 0 : 1 + depth(suite.parent);
}

const titleOf = (test) => test.titlePath().join(' › ');
const firstLine = (error) => String(error?.message ?? error).split('\n')[0];
const indent = (lines) => lines.replace(/^/gm, '   ');
const ms = (duration) => (duration < 1_000 ? `${Math.round(duration)} ms` : `${(duration / 1_000).toFixed(1)} s`);
const say = (line) => process.stdout.write(`${line}\n`);
