/** What somebody hears of a registry: everything first, then what changes, merged for as long as they have no time to listen. */
import { filter, type Observable, type Subscription } from 'rxjs';
import {
  type Changes,
  type Clock,
  hashOf,
  type Instance,
  type Interest,
  keyOf,
  type Sighting,
} from '../../framework/index.js';
import type { Change } from './journal.js';
import type { RegistryStore } from './store.js';

/** Whether somebody with that interest is to hear of an instance. */
export function concerns({ apps, services, vips, regions }: Interest, instance: Instance): boolean {
  if (apps !== undefined && !apps.some((app) => app.toUpperCase() === instance.app)) return false;
  if (services !== undefined && !services.some((service) => instance.services.includes(service))) return false;
  if (vips !== undefined && !vips.some((vip) => instance.vip.split(',').includes(vip))) return false;
  return regions === undefined || instance.region === '' || regions.includes(instance.region);
}

/**
 * Changes for as long as they are read; a reader that is slow is told once of all that changed meanwhile. Those of one tick are told
 * together.
 */
export async function* watch(
  store: RegistryStore,
  interest: Interest,
  clock: Clock,
  tick: () => number,
): AsyncGenerator<Changes> {
  const told = new Map<string, Sighting>();
  const stirred = new Stirred(store.changes, interest);
  try {
    const { since } = interest;
    let version = since?.epoch === store.epoch && store.since(since.version) !== undefined ? since.version : 0;
    if (version > 0) remember(store, interest, version, told);
    for (let first = true; ; first = false) {
      if (!first && !(await stirred.next(clock, tick()))) return;
      const known = version === 0 ? undefined : store.since(version);
      const changes =
        known === undefined ? everything(store, interest, told) : news(store, interest, version, known, told);
      version = store.version;
      if (first || changes.put.length > 0 || changes.gone.length > 0) yield changes;
    }
  } finally {
    stirred.close();
  }
}

/** Waits for changes, and a tick more, so that those that come together are told together. */
class Stirred {
  private readonly watching: Subscription;
  private changed = false;
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(changes: Observable<Change>, interest: Interest) {
    // An instance that concerned the reader may not any more: only the kind of interest that never changes is left out here.
    const mine = ({ instance }: Change): boolean =>
      concerns({ ...(interest.apps === undefined ? {} : { apps: interest.apps }) }, instance);
    this.watching = changes.pipe(filter(mine)).subscribe({
      next: () => {
        this.changed = true;
        this.wake();
      },
      complete: () => {
        this.ended = true;
        this.wake();
      },
    });
  }

  /** False when there will be no more. */
  async next(clock: Clock, tick: number): Promise<boolean> {
    if (!this.changed && !this.ended) await new Promise<void>((done) => (this.wake = done));
    if (this.ended) return false;
    await new Promise<void>((done) => void clock.after(tick, done, true));
    this.changed = false;
    return true;
  }

  close(): void {
    this.watching.unsubscribe();
    this.ended = true;
    this.wake();
  }
}

/** What a reader that goes on from a version knows already. */
function remember(store: RegistryStore, interest: Interest, version: number, told: Map<string, Sighting>): void {
  for (const entry of store.entries) {
    if (entry.version <= version && concerns(interest, entry.instance))
      told.set(keyOf(entry.instance), sighting(entry));
  }
}

function everything(store: RegistryStore, interest: Interest, told: Map<string, Sighting>): Changes {
  told.clear();
  for (const entry of store.entries) {
    if (concerns(interest, entry.instance)) told.set(keyOf(entry.instance), sighting(entry));
  }
  const put = [...told.values()];
  return { epoch: store.epoch, from: 0, version: store.version, hash: hashOf(put), put, gone: [] };
}

function news(
  store: RegistryStore,
  interest: Interest,
  from: number,
  changes: ReadonlyMap<string, Change>,
  told: Map<string, Sighting>,
): Changes {
  const put: Sighting[] = [];
  const gone: string[] = [];
  for (const key of changes.keys()) {
    const entry = store.entry(key);
    if (entry !== undefined && concerns(interest, entry.instance)) {
      const now = sighting(entry);
      told.set(key, now);
      put.push(now);
    } else if (told.delete(key) || entry === undefined) gone.push(key);
  }
  return { epoch: store.epoch, from, version: store.version, hash: hashOf(told.values()), put, gone };
}

function sighting({ instance, suspect }: Sighting): Sighting {
  return { instance, suspect };
}
