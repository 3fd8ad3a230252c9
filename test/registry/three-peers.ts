/** Three registries that replicate to each other over a network that fails, and instances that come, change and go meanwhile. */
import { meshError, type Param } from 'millrace';
import { seeded, virtualClock } from 'millrace/testing';
import { from as observableFrom, mergeMap, Observable } from 'rxjs';
import { type HostClock, hostClock } from '../../framework/testing/host-clock.js';
import type { PeerLink } from '../../services/registry/peer-link.js';
import { Replication } from '../../services/registry/replication.js';
import { RegistryStore } from '../../services/registry/store.js';
import { Crowd } from './crowd.js';

export const NAMES = ['a', 'b', 'c'] as const;

/** A mistake to plant: each is what a real one would be. News that is lost, as long as all is compared, does no harm. */
export type Plant =
  | 'news is lost'
  | 'news is lost, and nothing compared'
  | 'those who were taken out are forgotten'
  | 'only news is told'
  | 'serves at once';

/** One life of a registry. */
export interface Node {
  readonly name: string;
  readonly clock: HostClock;
  readonly store: RegistryStore;
  readonly replication: Replication;
}

export interface Outcome {
  /** What should not have been. */
  readonly broken: readonly string[];
  readonly kills: number;
  readonly partitions: number;
  readonly registered: number;
  readonly cancelled: number;
  /** How often a registry took over what another knew before it served. */
  readonly caughtUp: number;
}

/** Milliseconds of churn, and of quiet after it, in which all that goes on by itself comes round. */
const CHURN = 60_000;
const QUIET = 60_000;
const STEP = 250;

const VALUES: Readonly<Record<string, unknown>> = {
  'registry.peer-compare': '5 s',
  'registry.peer-time': '500 ms',
  'registry.peer-retry-most': '2 s',
  'registry.peer-queue': 12,
  'registry.peer-batch': 5,
};
const FORGETFUL = { 'registry.tombstones-most': 0 };

/** Runs a seed to its end. */
export async function runPeers(seed: number, plant?: Plant): Promise<Outcome> {
  const clock = virtualClock(seed);
  const chance = seeded(seed ^ 0x9e3779b9);
  const nodes = new Map<string, Node>();
  const values = plant === 'those who were taken out are forgotten' ? { ...VALUES, ...FORGETFUL } : VALUES;
  const settings = <T>(param: Param<T>): T => param.parse(values[param.name] ?? param.initial);
  const broken: string[] = [];
  const counts = { kills: 0, partitions: 0, caughtUp: 0 };
  /** Pairs that hear nothing of each other. */
  const apart = new Set<string>();
  const crowd = new Crowd(clock, chance, () => [...nodes.values()]);
  const pair = (one: string, other: string): string => [one, other].sort().join('');

  /** One message, there or back: undefined where it is lost. */
  const travel = (one: string, other: string, arrive: () => void, lost: () => void): void => {
    clock.after(1 + 19 * chance(), () => {
      if (apart.has(pair(one, other)) || chance() < 0.02) lost();
      else arrive();
    });
  };

  function ask<T>(self: Node['name'], other: string, work: (node: Node) => Observable<T>): Observable<T> {
    return new Observable<T>((to) => {
      // What is lost is never heard of again, or refused at once.
      let whole = true;
      const lost = (): void => {
        whole = false;
        if (chance() < 0.5) to.error(meshError('Broken', `${other} was lost`));
      };
      travel(
        self,
        other,
        () => {
          const node = nodes.get(other);
          if (node === undefined) return to.error(meshError('Unavailable', `${other} is down`));
          work(node).subscribe({
            next: (answer) => travel(other, self, () => to.next(copied(answer)), lost),
            error: (error) => to.error(error),
            complete: () => void clock.after(20, () => whole && to.complete()),
          });
        },
        lost,
      );
    });
  }

  const link = (self: string, other: string): PeerLink => ({
    name: other,
    push: (given) => {
      let batch = given;
      if (plant === 'only news is told') batch = { ...batch, renewals: [] };
      const gets = plant === 'news is lost' || plant === 'news is lost, and nothing compared' ? 0.8 : 1;
      const sent = copied(chance() < gets ? batch : { ...batch, replicas: [], gone: [] });
      return ask(self, other, ({ replication }) => observableFrom(replication.service.push(sent)));
    },
    sums: () =>
      ask(self, other, ({ replication }) => observableFrom(replication.service.sums())).pipe(
        mergeMap(async (sums) => {
          const mine = nodes.get(self)?.store;
          if (plant === 'serves at once' && mine?.isReady === false) return { ...sums, ready: false };
          return plant === 'news is lost, and nothing compared' && mine?.isReady === true
            ? { ...sums, buckets: mine.replicas.buckets }
            : sums;
        }),
      ),
    pull: (wanted) =>
      ask(self, other, ({ replication }) => observableFrom([...replication.service.pull(copied(wanted))])),
    close: () => undefined,
  });

  function start(name: string): void {
    const skew = Math.round((chance() - 0.5) * 100);
    const host = hostClock(clock, chance);
    const own: HostClock = { ...host, wall: () => host.wall() + skew };
    const store = new RegistryStore({ clock: own, settings });
    const others = NAMES.filter((other) => other !== name);
    const replication = new Replication({
      store,
      links: others.map((other) => link(name, other)),
      name,
      clock: own,
      settings,
      tell: (news) => {
        if (news.kind !== 'ready') return;
        const peer = nodes.get(news.peer ?? '');
        const settled = crowd.settled();
        const known = others.some((other) => nodes.get(other)?.store.isReady === true && !apart.has(pair(name, other)));
        if (peer !== undefined) counts.caughtUp += 1;
        if (!known) return;
        for (const key of settled) {
          if (
            store.entry(key) === undefined &&
            others.every((other) => nodes.get(other)?.store.entry(key) !== undefined)
          )
            broken.push(`${name} served at ${clock.now()} ms without ${key}`);
        }
      },
    });
    const takenOut = new Set<string>();
    store.changes.subscribe(({ key, action }) => {
      if (!crowd.isCancelled(key)) return;
      if (action === 'DELETED') takenOut.add(key);
      else if (action === 'ADDED' && takenOut.has(key)) broken.push(`${name} brought ${key} back at ${clock.now()} ms`);
    });
    nodes.set(name, { name, clock: own, store, replication });
  }

  function kill(name: string): void {
    const node = nodes.get(name);
    if (node === undefined) return;
    counts.kills += 1;
    nodes.delete(name);
    node.clock.die();
    node.replication.stop();
    clock.after(500 + chance() * 12_000, () => {
      if (!nodes.has(name)) start(name);
    });
  }

  for (const name of NAMES) start(name);
  await clock.advance(3000);
  crowd.begin(16);
  await clock.advance(3000);
  const end = clock.now() + CHURN;
  while (clock.now() < end) {
    await clock.advance(STEP);
    // Two of the three are killed now and then; never both that know, before another has caught up.
    const dice = chance();
    if (dice < 0.03) kill(chance() < 0.5 ? 'b' : 'c');
    else if (dice < 0.04) {
      const [one, other] = chance() < 0.5 ? ['a', 'b'] : ['b', 'c'];
      if (one === undefined || other === undefined || apart.size > 0) continue;
      apart.add(pair(one, other));
      counts.partitions += 1;
      clock.after(1000 + chance() * 5000, () => apart.delete(pair(one, other)));
    }
    crowd.stir();
  }
  apart.clear();
  await clock.advance(QUIET);
  const all = NAMES.map((name) => nodes.get(name)).filter((node) => node !== undefined);
  if (all.length !== NAMES.length) broken.push(`only ${all.length} registries are left`);
  for (const { name, store } of all) {
    if (!store.isReady) broken.push(`${name} is not ready`);
    broken.push(...crowd.faultsOf(name, store));
  }
  const hashes = new Set(all.map(({ store }) => store.hashText));
  if (hashes.size > 1) broken.push(`they know ${hashes.size} different sets: ${all.map(described).join('; ')}`);
  crowd.end();
  for (const { replication, store } of all) {
    replication.stop();
    store.close();
  }
  return { broken, ...counts, registered: crowd.registered, cancelled: crowd.cancelled };
}

/** As over a wire: nothing is shared. */
function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function described({ name, store }: Node): string {
  const ids = [...store.entries].map(
    ({ instance: { id, dirty, override }, suspect }) => `${id}@${dirty % 1e6}${suspect ? '?' : ''}${override[0]}`,
  );
  return `${name}: ${ids.sort().join(' ')}`;
}
