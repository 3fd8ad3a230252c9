// `bench registry`: how soon a registration is seen by those who watch, and what many instances and their changes cost.

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from '../command.js';
import { count, type Values } from '../options.js';
import { progress } from '../wire/progress.js';
import { Crowd, instance, type Registered } from './crowd.js';
import type { Used } from './server.js';

const options = {
  watchers: count('N', 'applications that are registered and watch (1000)'),
  instances: count('N', 'instances of the second part (10000)'),
  seconds: count('N', 'seconds of churn (10)'),
};

export const registryCommand: Command<typeof options> = {
  about: 'registration to visibility, and what instances and churn cost a registry',
  options,
  run,
};

const CONNECTIONS = 20;
const REGISTRATIONS = 100;
const SUBSCRIBERS = 100;
const CHURN = 100;
/** Milliseconds within which 99 of 100 who watch are to see a registration. */
const GOAL = 50;

async function run({ watchers = 1000, instances = 10_000, seconds = 10 }: Values<typeof options>): Promise<void> {
  const say = progress(3);
  say(`${watchers} applications register and watch`);
  const lines = [await visibility(watchers)];
  say(`${instances} instances, ${SUBSCRIBERS} watch, ${CHURN} changes a second`);
  lines.push(await churn(instances, seconds, say));
  say.end();
  process.stdout.write(`${lines.join('\n\n')}\n`);
}

async function visibility(watchers: number): Promise<string> {
  const { child, port } = await server();
  const crowd = await Crowd.at(port, CONNECTIONS);
  const seen: number[] = [];
  let begun = 0;
  let wanted = '';
  let left = 0;
  let all: () => void = () => undefined;
  for (let at = 0; at < watchers; at += 1) await crowd.register(at);
  for (let at = 0; at < watchers; at += 1) {
    await crowd.watch(at, ({ put }) => {
      if (!put.some(({ instance: { id } }) => id === wanted)) return;
      seen.push(performance.now() - begun);
      left -= 1;
      if (left === 0) all();
    });
  }
  for (let at = 0; at < REGISTRATIONS; at += 1) {
    const done = new Promise<void>((resolve) => (all = resolve));
    left = watchers;
    wanted = `bench-${watchers + at}`;
    begun = performance.now();
    await Promise.all([crowd.register(watchers + at), done]);
    await delay(20);
  }
  await crowd.close();
  child.kill();
  seen.sort((a, b) => a - b);
  const at = (part: number): string =>
    (seen[Math.min(seen.length - 1, Math.floor(seen.length * part))] ?? 0).toFixed(1);
  const met = Number(at(0.99)) < GOAL ? 'met' : 'missed';
  return [
    `registration to visibility, ${watchers} registered and watching, ${REGISTRATIONS} more one after the other`,
    `  p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, the last ${at(1)} ms (goal: p99 under ${GOAL} ms: ${met})`,
  ].join('\n');
}

async function churn(instances: number, seconds: number, say: (step: string) => void): Promise<string> {
  const { child, port } = await server();
  const empty = await used(child);
  const crowd = await Crowd.at(port, CONNECTIONS);
  const all: Registered[] = [];
  for (let at = 0; at < instances; at += 100) {
    const some = Array.from({ length: Math.min(100, instances - at) }, (_, index) => crowd.register(at + index));
    all.push(...(await Promise.all(some)));
  }
  const full = await used(child);
  let told = 0;
  let puts = 0;
  let bytes = 0;
  for (let at = 0; at < SUBSCRIBERS; at += 1) {
    await crowd.watch(at, (changes) => {
      if (changes.from === 0) return;
      told += 1;
      puts += changes.put.length;
      if (at === 0) bytes += JSON.stringify(changes).length;
    });
  }
  say(`${seconds} s of churn`);
  const before = await used(child);
  const begun = performance.now();
  let made = 0;
  while (performance.now() - begun < seconds * 1000) {
    const due = Math.floor(((performance.now() - begun) / 1000) * CHURN);
    for (; made < due; made += 1) {
      const at = (made * 7919) % instances;
      all[at]?.change(instance(at, 2 + made));
    }
    await delay(5);
  }
  const wall = (performance.now() - begun) / 1000;
  while (puts < made * SUBSCRIBERS) await delay(10);
  const after = await used(child);
  await crowd.close();
  child.kill();
  const mib = (size: number): string => (size / 2 ** 20).toFixed(0);
  return [
    `${instances} instances, ${SUBSCRIBERS} watch all of them, ${(made / wall).toFixed(0)} changes a second for ${wall.toFixed(0)} s`,
    `  memory of the registry: ${mib(full.heapBytes - empty.heapBytes)} MiB of heap for the instances and their channels, ${mib(after.rssBytes)} MiB in all`,
    `  CPU of the registry: ${(((after.cpuSeconds - before.cpuSeconds) / wall) * 100).toFixed(0)} % of a core`,
    `  ${(told / SUBSCRIBERS / wall).toFixed(1)} messages a second to each who watches, ${(bytes / Math.max(1, made)).toFixed(0)} bytes of JSON for a change`,
  ].join('\n');
}

async function server(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(fileURLToPath(new URL('server.js', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [address] = (await once(child, 'message')) as [string];
  return { child, port: Number(new URL(address).port) };
}

async function used(child: ChildProcess): Promise<Used> {
  child.send('used');
  const [said] = (await once(child, 'message')) as [Used];
  return said;
}
