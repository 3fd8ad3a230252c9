/**
 * The process in which code is fuzzed: `worker.js fuzz SEEDS TARGET=FRAMES …` plays inputs that it makes, so many frames of each seed,
 * `worker.js replay TARGET` those that its parent sends. Tells its parent of progress, of each end, and of the first fault, after which
 * it exits with 1.
 */
import { Corpus } from './corpus.js';
import { type Coverage, coverage } from './coverage.js';
import { dice } from './dice.js';
import { type Input, inputOf, written } from './input.js';
import { watchInvariants } from './invariants.js';
import { say } from './report.js';
import type { Target } from './target.js';
import { targets } from './targets.js';
import { watchdog } from './watchdog.js';

/** Inputs between two turns of the event loop, in which stray rejections show. */
const STRETCH = 32;
const CHECK = 512;
const { setImmediate: ownImmediate } = globalThis;
const MIB = 2 ** 20;
/** Bytes that the heap may grow by, from when all has run a while to the end. */
const GROWTH = 64 * MIB;

const [mode, first = '', ...rest] = process.argv.slice(2);
let name = '';
let seed = 0;
const recent: Input[] = [];
let iteration = 0;
/** The parent knows why the process ends. */
let told = false;
const dog = watchdog();

process.on('disconnect', () => {
  told = true;
  process.exit(0);
});
process.on('exit', (code) => {
  if (!told) fail(`the process exits with ${code}`);
});
process.on('uncaughtException', (error) => fail(`an exception that nobody caught: ${textOf(error)}`));
process.on('unhandledRejection', (error) => fail(`a rejection that nobody handled: ${textOf(error)}`));

watchInvariants();
if (mode === 'replay') await replay(first);
else {
  for (const each of rest) {
    const [wanted = '', frames] = each.split('=');
    const target = await made(wanted);
    for (seed of first.split(',').map(Number)) await fuzz(target, Number(frames));
    await target.close();
  }
  await dog.stop();
  say({ kind: 'over' });
  process.disconnect();
}

function made(wanted: string): Promise<Target> {
  name = wanted;
  return targets[name]?.make() ?? Promise.reject(new Error(`there is no target ${name}`));
}

async function fuzz(target: Target, most: number): Promise<void> {
  const counts = target.coverage ?? coverage(true);
  const corpus = new Corpus(target.seeds, dice(seed));
  const started = Date.now();
  let played = 0;
  iteration = 0;
  let last = started;
  let before = 0;
  const report = (kind: 'progress' | 'done'): void => {
    const seconds = (Date.now() - started) / 1000;
    say({
      kind,
      target: name,
      frames: played,
      inputs: iteration,
      corpus: corpus.size,
      edges: counts.edges,
      counters: counts.all,
      seconds,
    });
  };
  await counts.reset();
  while (played < most) {
    const inputs = Array.from({ length: target.batch }, () => corpus.next());
    played += await attempt(target, inputs);
    if ((await counts.news(target.batch === 1)) > 0) await keepNews(target, corpus, counts, inputs);
    if (iteration % CHECK === 0) await attempt(target, [], () => target.check());
    if (iteration % STRETCH === 0) await turn();
    if (before === 0 && played * 10 > most) before = held();
    if (Date.now() - last < 1000) continue;
    last = Date.now();
    report('progress');
  }
  await attempt(target, [], () => target.check());
  await turn();
  const grown = held() - before;
  if (grown > GROWTH) fail(`the heap has grown by ${Math.round(grown / MIB)} MiB`);
  report('done');
}

/** Keeps what reached something new: the only input of a batch, or those that do so again when played alone. */
async function keepNews(target: Target, corpus: Corpus, counts: Coverage, inputs: readonly Input[]): Promise<void> {
  const [only] = inputs;
  if (inputs.length === 1 && only !== undefined) return corpus.keep(only);
  for (const input of inputs) {
    await attempt(target, [input]);
    if ((await counts.news(true)) > 0) corpus.keep(input);
  }
}

/** Plays inputs; returns how many frames that was. */
async function attempt(target: Target, inputs: readonly Input[], work = () => target.play(inputs)): Promise<number> {
  iteration += inputs.length;
  recent.push(...inputs);
  recent.splice(0, recent.length - STRETCH - target.batch);
  dog.playing(() => inputs.map(written).join('\n'));
  try {
    await work();
  } catch (error) {
    fail(textOf(error), inputs.length === 1 ? inputs : recent);
  }
  return inputs.reduce((sum, input) => sum + input.frames.length, 0);
}

async function replay(wanted: string): Promise<void> {
  const target = await made(wanted);
  process.on('message', (line: string) => {
    void attempt(target, [inputOf(line)])
      .then(turn)
      .then(() => say({ kind: 'played' }));
  });
  say({ kind: 'ready' });
}

function turn(): Promise<void> {
  return new Promise((resolve) => ownImmediate(resolve));
}

function held(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function fail(what: string, inputs: readonly Input[] = recent): never {
  process.removeAllListeners('uncaughtException');
  process.removeAllListeners('disconnect');
  if (told) process.exit(1);
  told = true;
  say({ kind: 'fault', what, target: name, seed, iteration, inputs: inputs.map(written) });
  process.exit(1);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
