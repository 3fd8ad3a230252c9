// `bench mesh`: what a call costs above the wire, policy by policy, in interleaved rounds.

import { writeFile } from 'node:fs/promises';
import type { Command } from '../command.js';
import { count, someOf, text, type Values } from '../options.js';
import { startPair, type Pair } from '../wire/pair.js';
import { type MeshPeerName, meshPeerNames } from '../wire/peer.js';
import { progress } from '../wire/progress.js';
import { type Round, type Row, rowOf } from '../wire/row.js';

const options = {
  json: text('FILE', 'writes the rows to a file'),
  only: someOf('PEER,…', 'only these', meshPeerNames),
  rounds: count('N', 'rounds of each (7)'),
  profile: text('FOLDER', 'writes a CPU profile of each process; slows all of them'),
};

export const meshCommand: Command<typeof options> = {
  about: 'what policies and stacks cost a call, 256 at once',
  options,
  run,
};

const CASE = 'unary-100B-c256';
const firstWarmUpMs = 2_000;
const warmUpMs = 300;
const roundMs = 1_000;
/** CPU seconds for 100,000 calls that the default stacks may add to those of the contract alone. */
const GOAL = 0.15;

async function run({ json, only, rounds = 7, profile }: Values<typeof options>): Promise<void> {
  const names = only ?? meshPeerNames;
  const say = progress(rounds * names.length);
  const contenders: { readonly peer: MeshPeerName; readonly pair: Pair; readonly rounds: Round[] }[] = [];
  for (const peer of names) contenders.push({ peer, pair: await startPair(peer, `mesh-${peer}`, profile), rounds: [] });
  for (let round = 1; round <= rounds; round += 1) {
    for (const { peer, pair, rounds: done } of contenders) {
      say(`round ${round} of ${rounds}, ${peer}`);
      await pair.load(CASE, round === 1 ? firstWarmUpMs : warmUpMs);
      done.push(await pair.load(CASE, roundMs));
    }
  }
  for (const { pair } of contenders) await pair.stop();
  say.end();
  const rows = contenders.map(({ peer, rounds: done }) => rowOf(CASE, peer, done));
  process.stdout.write(`${tableOf(rows)}\n\n${acceptance(rows)}\n`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);
}

function tableOf(rows: readonly Row[]): string {
  const contract = rows.find(({ peer }) => peer === 'contract');
  const lines = rows.map(({ peer, cpuSecondsPer100k: cpu, opsPerSecond, p50ms, p99ms }) => [
    peer,
    cpu.toFixed(3),
    contract === undefined
      ? '-'
      : `${cpu >= contract.cpuSecondsPer100k ? '+' : ''}${(cpu - contract.cpuSecondsPer100k).toFixed(3)}`,
    String(opsPerSecond),
    p50ms.toFixed(2),
    p99ms.toFixed(2),
  ]);
  return [['', 'CPU s / 100k', 'over contract', 'calls / s', 'p50 ms', 'p99 ms'], ...lines]
    .map((line) => line.map((cell, at) => (at === 0 ? cell.padEnd(16) : cell.padStart(15))).join(''))
    .join('\n');
}

function acceptance(rows: readonly Row[]): string {
  const cpuOf = (peer: MeshPeerName): number | undefined => rows.find((row) => row.peer === peer)?.cpuSecondsPer100k;
  const [all, alone] = [cpuOf('default-stacks'), cpuOf('contract')];
  const what = `default stacks - contract, CPU s / 100k`;
  if (all === undefined || alone === undefined) return `${what}: not measured in this run (goal ${GOAL} at most)`;
  const over = all - alone;
  return `${what}: ${over.toFixed(3)} (goal ${GOAL} at most: ${over <= GOAL ? 'met' : 'missed'})`;
}
