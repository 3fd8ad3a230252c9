// `npm test`: dependencies, build, lint, format and tests; the last line says how many passed and failed.
//   npm test                         everything
//   npm run test:unit                the fast part: units, laws, architecture
//   npm test -- --grep 'PATTERN'     the tests whose title matches (no lint); other mocha options work too
//   npm test -- test/unit/x.test.ts  the tests of these files (no lint)
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { forwardSignals, run } from './run/child.mjs';
import { ensureDebianPackages } from './run/debian.mjs';
import { prepare, root } from './run/prepare.mjs';

const everything = ['dist/test/**/*.test.js'];
const fast = ['dist/test/unit/**/*.test.js', 'dist/test/laws/**/*.test.js', 'dist/test/architecture.test.js'];

const ci = process.env.CI === 'true';
const args = process.argv.slice(2);
const unit = args.includes('--unit');
const files = args
  .filter((arg) => arg.endsWith('.test.ts'))
  .map((arg) => `dist/${arg.replace(/^\.\//, '').replace(/\.ts$/, '.js')}`);
const options = args.filter((arg) => arg !== '--unit' && !arg.endsWith('.test.ts'));
const focused = options.length > 0 || files.length > 0;

const say = (line) => process.stdout.write(`${line}\n`);
const counts = { passed: 0, failed: 0, skipped: 0 };

forwardSignals();
try {
  await prepare(say);
  if (!focused) await lint();
  if (!focused && !unit) await debianPackages();
  await tests();
} catch (error) {
  fail(error.message);
}
if (counts.passed + counts.failed === 0) fail('no test ran');
process.exitCode = counts.failed === 0 ? 0 : 1;
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
say(`${counts.passed} passed, ${counts.failed} failed${skipped}`);

async function lint() {
  await check('lint', ['node_modules/oxlint/bin/oxlint', '--deny-warnings']);
  await check('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']);
}

async function check(name, command) {
  say(name);
  const { code, output } = await run(process.execPath, command, { capture: true, cwd: root });
  if (code !== 0) fail(`${name} failed\n${output.trimEnd()}`);
}

async function debianPackages() {
  const missing = await ensureDebianPackages(say);
  missing.forEach(ci ? fail : say);
}

async function tests() {
  const report = join(root, 'dist', `counts-${process.pid}.json`);
  const selected = files.length > 0 ? files : unit ? fast : everything;
  say('tests');
  const mocha = ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', '--reporter', 'test/run/reporter.mjs'];
  const strict = ci ? ['--forbid-only', '--forbid-pending'] : [];
  const { code, leftBehind } = await run(
    process.execPath,
    [...mocha, '--timeout', '10000', ...strict, ...options, ...selected],
    { cwd: root, env: { ...process.env, TEST_COUNTS: report } },
  );
  const counted = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { passed: 0, failed: 0, skipped: 0 };
  rmSync(report, { force: true });
  for (const kind of Object.keys(counted)) counts[kind] += counted[kind];
  if (code !== 0 && counted.failed === 0) fail(`the test run ended with code ${code}`);
  if (leftBehind) fail('the tests left processes behind; they have been killed');
}

function fail(message) {
  say(`✗ ${message}`);
  counts.failed += 1;
}
