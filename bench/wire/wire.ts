// `bench wire`: the same calls over raw TCP, stock rsocket-js and Millrace, in interleaved rounds.

import { writeFile } from 'node:fs/promises';
import type { Command } from '../command.js';
import { count, flag, someOf, text, type Values } from '../options.js';
import { caseNames, quickCases, type CaseName } from './case.js';
import { startPair, type Pair } from './pair.js';
import { peerNames, type PeerName } from './peer.js';
import { progress } from './progress.js';
import { rowOf, type Round, type Row } from './row.js';
import { acceptance, table } from './table.js';

const options = {
  json: text('FILE', 'writes the rows to a file'),
  quick: flag(`only ${quickCases.join(' and ')}, with fewer rounds; under two minutes`),
  only: someOf('PEER,…', 'only these peers', peerNames),
  cases: someOf('CASE,…', 'only these cases', caseNames),
  rounds: count('N', 'rounds a peer and case (4, or 3 when quick, and 2 where the machine is too busy)'),
  profile: text('FOLDER', 'writes a CPU profile of each process; slows all of them'),
};

export const wireCommand: Command<typeof options> = {
  about: 'CPU, throughput and latency of calls, streams and notifications over the wire, peer by peer',
  options,
  run,
};

const firstWarmUpMs = 1_500;
const warmUpMs = 200;
const roundMs = 800;
/** A whole run has so much time; where its share is over, a case has two rounds. Rounds that were asked for are all made. */
const budgetMs = { quick: 90_000, whole: 300_000 };

async function run({ json, quick, only, cases, rounds, profile }: Values<typeof options>): Promise<void> {
  const names = cases ?? (quick ? quickCases : caseNames);
  const peers = only ?? peerNames;
  const plan = { peers, rounds: rounds ?? (quick ? 3 : 4), profile };
  const share = rounds === undefined ? (quick ? budgetMs.quick : budgetMs.whole) / names.length : Infinity;
  const say = progress(names.length * plan.rounds * peers.length);
  const started = performance.now();
  const rows: Row[] = [];
  for (const [at, name] of names.entries()) rows.push(...(await compare(name, plan, started + (at + 1) * share, say)));
  say.end();
  process.stdout.write(`${table(rows)}\n\n${acceptance(rows)}\n`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);
}

interface Plan {
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly profile: string | undefined;
}

interface Contender {
  readonly peer: PeerName;
  readonly pair: Pair;
  readonly rounds: Round[];
}

/** Fresh processes for each case; while one pair works the others wait. Past the deadline two rounds must do. */
async function compare(
  name: CaseName,
  { peers, rounds, profile }: Plan,
  deadline: number,
  say: (step: string) => void,
): Promise<Row[]> {
  const contenders: Contender[] = [];
  for (const peer of peers)
    contenders.push({ peer, pair: await startPair(peer, `${peer}-${name}`, profile), rounds: [] });
  for (let round = 1; round <= rounds && (round <= 2 || performance.now() < deadline); round += 1) {
    for (const contender of contenders) {
      say(`${name}, round ${round} of ${rounds}, ${contender.peer}`);
      await contender.pair.load(name, round === 1 ? firstWarmUpMs : warmUpMs);
      contender.rounds.push(await contender.pair.load(name, roundMs));
    }
  }
  for (const { pair } of contenders) await pair.stop();
  return contenders.map((contender) => rowOf(name, contender.peer, contender.rounds));
}
