/** The instances that a registry knows, what operators say of them, and what has changed. Nothing here waits or speaks to anybody. */
import { Subject, type Observable } from 'rxjs';
import {
  type Clock,
  type Instance,
  type InstanceStatus,
  keyOf,
  type MeshError,
  meshError,
  type Sighting,
  SightingsHash,
  type Stop,
} from '../../framework/index.js';
import { type Admit, admitted } from './admission.js';
import { Graves } from './graves.js';
import { type Action, type Change, Journal } from './journal.js';
import { evictionOf, type Lease } from './lease-book.js';
import * as set from './settings.js';
import { suspectsOf } from './suspicion.js';

/** When things happened to an instance, milliseconds since 1970; 0 for never. */
export interface LeaseTimes {
  readonly registered: number;
  readonly renewed: number;
  readonly evicted: number;
  /** When it first was UP. */
  readonly up: number;
  readonly updated: number;
}

/** An instance with all that the registry knows of it. */
export interface Entry extends Sighting {
  readonly times: LeaseTimes;
  /** The version of its last change. */
  readonly version: number;
}

interface Held {
  entry: Entry;
  lease: Lease;
}

/** What happened, for logs. */
export type StoreNews =
  | { readonly kind: 'evicted'; readonly instance: Instance }
  | { readonly kind: 'preserving'; readonly on: boolean; readonly known: number };

export interface StoreOptions {
  readonly clock: Clock;
  readonly settings: set.Settings;
  readonly tell?: (news: StoreNews) => void;
  readonly admit?: Admit;
}

/** Milliseconds between looks at who is overdue. */
const LOOK = 1000;
/** Channels that break one after the other within so many milliseconds are waited for, but for no longer than that in all. */
const SOON = 100;
const SETTLED = 700;
/** The share that may be evicted is that of so many milliseconds. */
const MINUTE = 60_000;

export class RegistryStore {
  /** One run of one registry: versions of another mean nothing here. */
  readonly epoch: string;
  private readonly held = new Map<string, Held>();
  private readonly overrides = new Map<string, { readonly status: InstanceStatus; readonly at: number }>();
  /** When instances that were taken out had last changed: what replicas say of an earlier time is old. */
  private readonly tombstones: Graves<{ readonly dirty: number }>;
  private readonly journal: Journal;
  private readonly hash = new SightingsHash();
  private readonly news = new Subject<Change>();
  private readonly clock: Clock;
  private readonly get: set.Settings;
  private lastLook: number;
  private lastPass: number;
  private preserving = false;
  /** Channels that break at present: when the first did, and the last. */
  private burst: { readonly first: number; last: number } | undefined;
  private soon: Stop | undefined;
  /** When instances were evicted, in the last minute. */
  private evictions: readonly number[] = [];
  private readonly stopLooking: Stop;

  constructor(private readonly options: StoreOptions) {
    const { clock, settings } = options;
    this.clock = clock;
    this.get = settings;
    this.epoch = `${clock.wall().toString(36)}-${Math.floor(clock.random() * 2 ** 32).toString(36)}`;
    this.journal = new Journal(clock, {
      time: () => settings(set.JOURNAL_TIME),
      most: () => settings(set.JOURNAL_MOST),
    });
    this.tombstones = new Graves(clock, {
      time: () => settings(set.TOMBSTONE_TIME),
      most: () => settings(set.TOMBSTONES_MOST),
    });
    this.lastLook = this.lastPass = clock.now();
    this.stopLooking = clock.every(LOOK, () => this.look());
  }

  get version(): number {
    return this.journal.version;
  }

  get size(): number {
    return this.held.size;
  }

  /** Whether nobody is evicted at present though leases have ended. */
  get isPreserving(): boolean {
    return this.preserving;
  }

  /** Of all instances, as {@link hashOf} makes it. */
  get hashText(): string {
    return this.hash.text;
  }

  /** Each change when it is made. Hot. */
  get changes(): Observable<Change> {
    return this.news;
  }

  get entries(): Iterable<Entry> {
    return map(this.held.values(), ({ entry }) => entry);
  }

  entry(key: string): Entry | undefined {
    return this.held.get(key)?.entry;
  }

  /** The last change of each instance since a version; undefined where that isn't known any more. */
  since(version: number): ReadonlyMap<string, Change> | undefined {
    return this.journal.since(version);
  }

  /** Of changes after that version all are remembered. */
  get horizon(): number {
    return this.journal.horizon;
  }

  /** What changed lately, the newest last. */
  get recent(): readonly Change[] {
    return this.journal.recent;
  }

  /**
   * Takes an instance in, or what is new of it, and renews its lease. Of a replica an earlier version than what is known is passed over.
   * Throws Rejected where the registry is full, and what the hook before registrations throws.
   */
  register(given: Instance, replica = false): Entry {
    const instance = replica ? given : admitted(given, this.options.admit);
    const key = keyOf(instance);
    const known = this.held.get(key);
    if (known === undefined && this.held.size >= this.get(set.INSTANCES_MOST)) throw full(this.held.size);
    const [now, wall] = [this.clock.now(), this.clock.wall()];
    const tomb = this.tombstones.get(key);
    if (replica && tomb !== undefined && tomb.dirty >= instance.dirty) throw gone(key);
    this.tombstones.forget(key);
    const older = known !== undefined && known.entry.instance.dirty > instance.dirty;
    const override = this.overrideOf(key, instance);
    const taken: Instance = { ...(older ? known.entry.instance : instance), override };
    const { renewal, duration } = taken.lease;
    const times: LeaseTimes = {
      registered: known?.entry.times.registered ?? wall,
      renewed: wall,
      evicted: 0,
      up: known?.entry.times.up || (taken.status === 'UP' ? wall : 0),
      updated: wall,
    };
    const lease: Lease = { renewal, duration, renewed: now, cut: undefined };
    if (known !== undefined && !known.entry.suspect && same(known.entry.instance, taken)) {
      known.lease = lease;
      known.entry = { ...known.entry, times };
      return known.entry;
    }
    return this.put(key, { instance: taken, suspect: false, times }, lease, known === undefined ? 'ADDED' : 'MODIFIED');
  }

  /** Renews a lease; false for an instance that isn't known. */
  renew(key: string): boolean {
    const held = this.held.get(key);
    if (held === undefined) return false;
    held.lease = { ...held.lease, renewed: this.clock.now(), cut: undefined };
    held.entry = { ...held.entry, times: { ...held.entry.times, renewed: this.clock.wall() } };
    this.touchOverride(key);
    if (held.entry.suspect) this.put(key, { ...held.entry, suspect: false }, held.lease, 'MODIFIED');
    return true;
  }

  /** Takes an instance out, as it wishes itself; false for one that isn't known. */
  cancel(key: string): boolean {
    return this.remove(key) !== undefined;
  }

  /** Its channel has broken: it is suspect shortly, if not too many channels break together. */
  cut(key: string): void {
    const held = this.held.get(key);
    if (held === undefined) return;
    const now = this.clock.now();
    held.lease = { ...held.lease, cut: now };
    this.burst ??= { first: now, last: now };
    this.burst.last = now;
    this.soon ??= this.clock.after(SOON, () => this.settle());
  }

  /** What an operator says of an instance, which holds before its own word; UNKNOWN takes it back. False for one that isn't known. */
  override(key: string, status: InstanceStatus, dirty = 0): boolean {
    const held = this.held.get(key);
    if (held === undefined) return false;
    if (status === 'UNKNOWN') this.overrides.delete(key);
    else this.overrides.set(key, { status, at: this.clock.now() });
    const { instance } = held.entry;
    return this.change(held, { ...instance, override: status, dirty: Math.max(instance.dirty, dirty) });
  }

  /**
   * Adds to an instance's metadata, until it registers a later version of itself: it isn't the instance's own word, and leaves the time
   * of that as it is. False for one that isn't known. Source: Eureka's `InstanceResource.updateMetadata`.
   */
  annotate(key: string, metadata: Readonly<Record<string, string>>): boolean {
    const held = this.held.get(key);
    if (held === undefined) return false;
    const { instance } = held.entry;
    return this.change(held, { ...instance, metadata: { ...instance.metadata, ...metadata } });
  }

  /** Sets what an instance says of itself, for it; false for one that isn't known. */
  restate(key: string, status: InstanceStatus): boolean {
    const held = this.held.get(key);
    if (held === undefined) return false;
    return this.change(held, { ...held.entry.instance, status });
  }

  /** Whether a replica tells of a time before the instance was taken out. */
  isBuried(key: string, dirty: number): boolean {
    const tomb = this.tombstones.get(key);
    return tomb !== undefined && tomb.dirty >= dirty;
  }

  close(): void {
    this.stopLooking();
    this.soon?.();
    this.news.complete();
  }

  private change(held: Held, instance: Instance): true {
    const key = keyOf(instance);
    const times = { ...held.entry.times, updated: this.clock.wall() };
    this.put(key, { ...held.entry, instance, times }, held.lease, 'MODIFIED');
    return true;
  }

  private put(key: string, about: Omit<Entry, 'version'>, lease: Lease, action: Action): Entry {
    const before = this.held.get(key);
    if (before !== undefined) this.hash.remove(before.entry);
    const change = this.journal.add(key, action, about.instance);
    const entry: Entry = { ...about, version: change.version };
    this.held.set(key, { entry, lease });
    this.hash.add(entry);
    this.news.next(change);
    return entry;
  }

  private remove(key: string): Entry | undefined {
    const held = this.held.get(key);
    if (held === undefined) return undefined;
    const { entry } = held;
    this.held.delete(key);
    this.overrides.delete(key);
    this.hash.remove(entry);
    this.tombstones.dig(key, { dirty: entry.instance.dirty });
    this.news.next(this.journal.add(key, 'DELETED', entry.instance));
    return entry;
  }

  /** Eureka's chain of rules: who says itself that it is down or starting is; then an operator's word, remembered or brought along. */
  private overrideOf(key: string, instance: Instance): InstanceStatus {
    const known = this.overrides.get(key)?.status;
    if (known !== undefined) {
      this.touchOverride(key);
      return known;
    }
    if (instance.override !== 'UNKNOWN') this.overrides.set(key, { status: instance.override, at: this.clock.now() });
    return instance.override;
  }

  private touchOverride(key: string): void {
    const known = this.overrides.get(key);
    if (known !== undefined) this.overrides.set(key, { ...known, at: this.clock.now() });
  }

  private look(): void {
    const now = this.clock.now();
    const late = now - this.lastLook - LOOK;
    this.lastLook = now;
    // The process has stood still, and could hear nobody: that time isn't counted against anybody.
    if (late > LOOK / 2) this.prolong(late);
    this.suspect();
    if (now - this.lastPass >= this.get(set.EVICTION_PAUSE)) {
      this.lastPass = now;
      this.evict();
    }
    forget(this.overrides, now - this.get(set.OVERRIDE_TIME));
    this.tombstones.trim();
  }

  private prolong(ms: number): void {
    const now = this.clock.now();
    for (const held of this.held.values())
      held.lease = { ...held.lease, renewed: Math.min(now, held.lease.renewed + ms) };
  }

  /** Waits until no more channels break, so that all that break together are judged together. */
  private settle(): void {
    this.soon = undefined;
    const { burst } = this;
    const now = this.clock.now();
    if (burst !== undefined && now - burst.last < SOON && now - burst.first < SETTLED) {
      const wait = Math.min(burst.last + SOON, burst.first + SETTLED) - now;
      this.soon = this.clock.after(wait, () => this.settle());
      return;
    }
    this.burst = undefined;
    this.suspect();
  }

  private suspect(): void {
    const watched = new Map(map(this.held, ([key, { lease, entry }]) => [key, { lease, suspect: entry.suspect }]));
    const rules = {
      most: this.get(set.SUSPECT_MOST),
      window: this.get(set.SUSPECT_WINDOW),
      tolerance: this.get(set.OVERDUE),
      unsettled: this.burst?.first ?? Infinity,
    };
    for (const key of suspectsOf(watched, this.clock.now(), rules)) {
      const held = this.held.get(key);
      if (held !== undefined) this.put(key, { ...held.entry, suspect: true }, held.lease, 'MODIFIED');
    }
  }

  private evict(): void {
    const leases = new Map(map(this.held, ([key, { lease }]) => [key, lease]));
    const now = this.clock.now();
    this.evictions = this.evictions.filter((at) => now - at < MINUTE);
    const rules = {
      preserve: this.get(set.PRESERVE),
      threshold: this.get(set.PRESERVE_BELOW),
      most: this.get(set.EVICTION_MOST),
      lately: this.evictions.length,
      tolerance: this.get(set.OVERDUE),
    };
    const { evict, preserved } = evictionOf(leases, now, rules, () => this.clock.random());
    if (preserved !== this.preserving) {
      this.preserving = preserved;
      this.options.tell?.({ kind: 'preserving', on: preserved, known: this.held.size });
    }
    this.evictions = [...this.evictions, ...evict.map(() => now)];
    for (const key of evict) {
      const entry = this.remove(key);
      if (entry !== undefined) this.options.tell?.({ kind: 'evicted', instance: entry.instance });
    }
  }
}

function same(a: Instance, b: Instance): boolean {
  return a.dirty === b.dirty && a.status === b.status && a.override === b.override;
}

function forget(memory: Map<string, { readonly at: number }>, before: number): void {
  for (const [key, { at }] of memory) if (at < before) memory.delete(key);
}

function* map<T, const U>(items: Iterable<T>, to: (item: T) => U): Iterable<U> {
  for (const item of items) yield to(item);
}

function full(most: number): MeshError {
  return meshError('Rejected', `the registry is full: it has ${most} instances`, { code: 'MILLRACE_REGISTRY_FULL' });
}

function gone(key: string): MeshError {
  return meshError('Unknown', `${key} has been taken out since`, { code: 'MILLRACE_REGISTRY_GONE' });
}
