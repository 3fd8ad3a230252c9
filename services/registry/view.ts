/** What those who share an interest may know: kept once for all of them, and changed by what changes. */
import {
  type Clock,
  type Instance,
  type Interest,
  keyOf,
  type Sighting,
  SightingsHash,
} from '../../framework/index.js';
import type { Stop } from '../../framework/index.js';
import type { Change } from './journal.js';
import type { RegistryStore } from './store.js';

/** Whether somebody with that interest is to hear of an instance. */
export function concerns({ apps, services, vips, regions }: Interest, instance: Instance): boolean {
  if (apps !== undefined && !apps.some((app) => app.toUpperCase() === instance.app)) return false;
  if (services !== undefined && !services.some((service) => instance.services.includes(service))) return false;
  if (vips !== undefined && !vips.some((vip) => instance.vip.split(',').includes(vip))) return false;
  return regions === undefined || instance.region === '' || regions.includes(instance.region);
}

/** What has changed between two versions, or all there is where `from` is 0. */
export interface Difference {
  readonly from: number;
  readonly version: number;
  readonly hash: string;
  readonly put: readonly Sighting[];
  readonly gone: readonly string[];
}

interface Logged {
  readonly version: number;
  readonly key: string;
}

/** Differences that several ask for are made once; so many are kept until the next change. */
const KEPT = 64;

export class View {
  /** Readers to be woken once a tick after something has changed. */
  readonly readers = new Set<() => void>();
  /** The last change that readers were woken for. */
  stirred = 0;
  private readonly members = new Map<string, Sighting>();
  private readonly hash = new SightingsHash();
  private readonly made = new Map<number, Difference>();
  private log: Logged[] = [];
  private first = 0;
  private ticking: Stop | undefined;

  constructor(
    private readonly store: RegistryStore,
    private readonly interest: Interest,
    private readonly clock: Clock,
    private readonly tick: () => number,
  ) {
    for (const { instance, suspect } of store.entries) {
      if (!concerns(interest, instance)) continue;
      this.members.set(keyOf(instance), { instance, suspect });
      this.hash.add({ instance, suspect });
    }
    this.log = store.recent.map(({ version, key }) => ({ version, key }));
  }

  /** Whether somebody who knows that version can be told of what came later only. */
  knows(version: number): boolean {
    return version > 0 && version >= this.store.horizon && version <= this.store.version;
  }

  changed({ key, version }: Change): void {
    const before = this.members.get(key);
    const entry = this.store.entry(key);
    const now = entry !== undefined && concerns(this.interest, entry.instance) ? entry : undefined;
    if (before === undefined && now === undefined) return;
    if (before !== undefined) this.hash.remove(before);
    if (now === undefined) this.members.delete(key);
    else {
      const { instance, suspect } = now;
      this.members.set(key, { instance, suspect });
      this.hash.add(now);
    }
    this.made.clear();
    this.log.push({ version, key });
    this.trim();
    this.ticking ??= this.clock.after(this.tick(), () => this.wake(), true);
  }

  /** All there is. */
  all(): Difference {
    return this.kept(0, () => ({ put: [...this.members.values()], gone: [] }));
  }

  /** What has changed since a version that the view knows. */
  since(from: number): Difference {
    return this.kept(from, () => {
      const keys = new Set<string>();
      for (let at = this.log.length - 1; at >= this.first; at--) {
        const change = this.log[at];
        if (change === undefined || change.version <= from) break;
        keys.add(change.key);
      }
      const put: Sighting[] = [];
      const gone: string[] = [];
      for (const key of keys) {
        const member = this.members.get(key);
        if (member === undefined) gone.push(key);
        else put.push(member);
      }
      return { put, gone };
    });
  }

  close(): void {
    this.ticking?.();
    this.ticking = undefined;
  }

  private kept(from: number, make: () => Pick<Difference, 'put' | 'gone'>): Difference {
    const known = this.made.get(from);
    if (known !== undefined) return known;
    const difference = { ...make(), from, version: this.store.version, hash: this.hash.text };
    if (this.made.size < KEPT) this.made.set(from, difference);
    return difference;
  }

  private wake(): void {
    this.ticking = undefined;
    this.stirred = this.log.at(-1)?.version ?? 0;
    for (const wake of [...this.readers]) wake();
  }

  private trim(): void {
    const { horizon } = this.store;
    for (let oldest = this.log[this.first]; oldest !== undefined && oldest.version <= horizon;) {
      this.first += 1;
      oldest = this.log[this.first];
    }
    if (this.first < 1024 || this.first * 2 < this.log.length) return;
    this.log = this.log.slice(this.first);
    this.first = 0;
  }
}
