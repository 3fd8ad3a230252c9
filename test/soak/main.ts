/**
 * `npm run soak -- [NAME …]`, one of these, or all without a name; with `[SECONDS] [SEEDS]` instead of a name the first two. Fails
 * if memory or the items under way grow, a promise is broken, or a fault goes unseen.
 * - `hops [SECONDS]`: three hops between four processes, a minute each, with figures
 * - `seeds [COUNT]`: 1,000 seeds of a simulated mesh
 * - `peers [COUNT]`: 1,000 seeds of three registries of which two are killed and started again
 * - `musts [ID …]`: a fault for each MUST line of the specification, which its test has to see
 * - `fuzz [FRAMES] [SEED]`: five million mutated frames against all that reads a peer's bytes
 * - `scale`: many connections, streams and comings and goings, and what each costs
 */
import { soakFuzz } from './fuzz.js';
import { soakHops } from './hops.js';
import { soakMusts } from './musts.js';
import { soakPeers } from './peers.js';
import { soakScale } from './scale.js';
import { soakSeeds } from './seeds.js';

const [first = '', ...rest] = process.argv.slice(2);
const seconds = process.env['MILLRACE_HOPS_SECONDS'] ?? '60';

const soaks: Readonly<Record<string, () => Promise<boolean>>> = {
  hops: () => soakHops(positive(rest[0] ?? seconds)),
  seeds: () => soakSeeds(positive(rest[0] ?? '1000')),
  peers: () => soakPeers(positive(rest[0] ?? '1000')),
  musts: () => soakMusts(rest),
  fuzz: () => soakFuzz(positive(rest[0] ?? '5000000'), positive(rest[1] ?? `${1 + (Date.now() % 1_000_000)}`)),
  scale: () => soakScale(),
};

function positive(said: string): number {
  const number = Number(said);
  if (number > 0) return number;
  throw new Error(`'${said}' is not a number above 0`);
}

async function all(ofThem: readonly (() => Promise<boolean>)[]): Promise<boolean> {
  let well = true;
  for (const soak of ofThem) well = (await soak()) && well;
  return well;
}

function chosen(): readonly (() => Promise<boolean>)[] {
  if (first === '') return Object.values(soaks);
  const named = soaks[first];
  if (named !== undefined) return [named];
  const [hops, seeds] = [positive(first), positive(rest[0] ?? '1000')];
  return [() => soakHops(hops), () => soakSeeds(seeds)];
}

process.exit((await all(chosen())) ? 0 : 1);
