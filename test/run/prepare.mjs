// Makes the tree ready to run: the dependencies that package-lock.json records, and the compiled output of every source.
// Uses Node alone, for it runs before any dependency is there.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';
import { locked } from './lock.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const sources = ['framework', 'transports', 'services', 'examples', 'bench', 'test'];
const lockFile = join(root, 'package-lock.json');
const stamp = join(root, 'dist', 'build.stamp');

/** Installs and builds what is not up to date; throws an error whose message says what failed. */
export async function prepare(say = (line) => process.stderr.write(`${line}\n`)) {
  requireNode();
  if (missingPackages().length === 0 && upToDate()) return;
  await locked(join(root, 'dist', 'prepare.lock'), say, async () => {
    await installDependencies(say);
    await build(say);
  });
}

/** Installs what package-lock.json records, when it isn't there. No install script runs. */
export async function installDependencies(say) {
  const missing = missingPackages();
  if (missing.length === 0) return;
  say(`installing dependencies (${missing.length} missing or of another version)`);
  const started = Date.now();
  await npm(['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], 3, say);
  const native = missingPackages();
  if (native.length > 0) {
    say(`adding native parts that the installation left out: ${native.join(', ')}`);
    await npm(['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...native], 1, say);
  }
  say(`dependencies are there (${seconds(started)})`);
}

/** Compiles the sources into dist, and removes output whose source is gone. */
export async function build(say) {
  if (upToDate()) return;
  say('building');
  const started = Date.now();
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await run(process.execPath, [tsc, '-p', root, '--pretty', 'false'], {
    capture: true,
    cwd: root,
  });
  if (code !== 0) throw new Error(`the build failed\n${output.trimEnd()}`);
  prune(join(root, 'dist'));
  await bundleForBrowsers();
  writeFileSync(stamp, '');
  utimesSync(stamp, started / 1_000, started / 1_000);
  say(`built (${seconds(started)})`);
}

/** `millrace/browser`, one file with all that it needs. */
async function bundleForBrowsers() {
  const { build: bundle } = await import('esbuild');
  await bundle({
    entryPoints: [join(root, 'dist', 'transports', 'rsocket', 'bundle.js')],
    outfile: join(root, 'dist', 'browser', 'millrace.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`Node 20.19 or later is needed; this is ${process.versions.node}`);
}

async function npm(args, attempts, say) {
  const cli = process.env.npm_execpath;
  const command = cli?.endsWith('.js') ? [process.execPath, cli] : ['npm'];
  for (let attempt = 1; ; attempt += 1) {
    const { code, output } = await run(command[0], [...command.slice(1), ...args], { capture: true, cwd: root });
    if (code === 0) return;
    if (attempt === attempts) throw new Error(`npm ${args[0]} failed with code ${code}\n${output.trimEnd()}`);
    say(`npm ${args[0]} failed with code ${code}, trying again`);
  }
}

/** What package-lock.json records and this platform needs, but node_modules lacks, as name@version. */
function missingPackages() {
  const wanted = packagesOf(lockFile);
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== '' && fitsPlatform(entry))
    .filter(([path, entry]) => installed[path]?.version !== entry.version || !existsSync(join(root, path)))
    .map(([path, entry]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${entry.version}`);
}

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

function fitsPlatform({ os, cpu, libc, optional, peer }) {
  if (optional && peer) return false;
  const fits = (list, value) => list === undefined || list.includes(value);
  return fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, libcName());
}

function libcName() {
  if (process.platform !== 'linux') return undefined;
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}

function upToDate() {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  const inputs = ['tsconfig.json', 'package.json', 'package-lock.json'].map((file) => join(root, file));
  const newer = (path) => statSync(path).mtimeMs >= built;
  return (
    !inputs.some(newer) &&
    !sources.some((folder) => existsSync(join(root, folder)) && anyNewer(join(root, folder), newer))
  );
}

function anyNewer(folder, newer) {
  return (
    newer(folder) ||
    readdirSync(folder, { withFileTypes: true }).some((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? anyNewer(path, newer) : entry.name.endsWith('.ts') && newer(path);
    })
  );
}

function prune(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) prune(path);
    else if (/\.(d\.ts|js)(\.map)?$/.test(entry.name) && !hasSource(path)) rmSync(path);
  }
}

function hasSource(output) {
  const source = relative(join(root, 'dist'), output).replace(/\.(d\.ts|js)(\.map)?$/, '.ts');
  return !sources.some((folder) => source.startsWith(`${folder}/`)) || existsSync(join(root, source));
}

function seconds(since) {
  return `${((Date.now() - since) / 1_000).toFixed(1)} s`;
}
