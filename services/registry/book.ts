/** What a registry has written down: instances with all that is known of them, who was taken out, and what has changed. */
import { Subject } from 'rxjs';
import {
  type Clock,
  type Instance,
  type InstanceStatus,
  keyOf,
  type MeshError,
  meshError,
  type Sighting,
  SightingsHash,
} from '../../framework/index.js';
import { Graves } from './graves.js';
import { type Change, Journal } from './journal.js';
import type { Lease } from './lease-book.js';
import { Ledger } from './ledger.js';
import { isCut, type Marks } from './replica.js';
import * as set from './settings.js';
import { type Stamp, StampClock } from './stamps.js';

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

/** An instance, until when it lives, and when what of it was said. */
export interface Held {
  readonly entry: Entry;
  readonly lease: Lease;
  readonly marks: Marks;
}

/** What is remembered of one that was taken out. */
export interface Grave {
  readonly dirty: number;
  /** It wished so itself, or an operator did. */
  readonly cancelled?: Stamp | undefined;
  /** Its lease ended after that sign of life. */
  readonly evicted?: Stamp | undefined;
}

/** Something that other registries are to hear of. */
export interface Told {
  readonly key: string;
  /** It is nothing but a sign of life. */
  readonly renewal: boolean;
}

export class Book {
  /** One run of one registry: versions of another mean nothing here. */
  readonly epoch: string;
  readonly stamps: StampClock;
  readonly journal: Journal;
  readonly graves: Graves<Grave>;
  /** What operators said of those whose leases ended: they may be back. */
  readonly overrides: Graves<{ readonly status: InstanceStatus; readonly stamp: Stamp }>;
  readonly ledger = new Ledger();
  readonly changes = new Subject<Change>();
  readonly told = new Subject<Told>();
  private readonly held = new Map<string, Held>();
  private readonly hash = new SightingsHash();

  constructor(
    readonly clock: Clock,
    readonly get: set.Settings,
  ) {
    this.epoch = `${clock.wall().toString(36)}-${Math.floor(clock.random() * 2 ** 32).toString(36)}`;
    this.stamps = new StampClock(clock, this.epoch, () => get(set.CLOCK_DRIFT));
    this.journal = new Journal(clock, { time: () => get(set.JOURNAL_TIME), most: () => get(set.JOURNAL_MOST) });
    const most = (): number => get(set.TOMBSTONES_MOST);
    this.graves = new Graves(clock, { time: () => get(set.TOMBSTONE_TIME), most });
    this.overrides = new Graves(clock, { time: () => get(set.OVERRIDE_TIME), most });
  }

  get size(): number {
    return this.held.size;
  }

  /** Of all instances, as watchers have it. */
  get hashText(): string {
    return this.hash.text;
  }

  get all(): ReadonlyMap<string, Held> {
    return this.held;
  }

  at(key: string): Held | undefined {
    return this.held.get(key);
  }

  /** Throws Rejected where there is no place for one more. */
  makeRoom(): void {
    const most = this.get(set.INSTANCES_MOST);
    if (this.size >= most) throw full(most);
  }

  /** Writes down what everybody is to hear of. */
  put({ entry: about, lease, marks }: Omit<Held, 'entry'> & { readonly entry: Omit<Entry, 'version'> }): Entry {
    const key = keyOf(about.instance);
    const before = this.held.get(key);
    if (before !== undefined) this.hash.remove(before.entry);
    const change = this.journal.add(key, before === undefined ? 'ADDED' : 'MODIFIED', about.instance);
    const entry: Entry = { ...about, version: change.version };
    this.keep({ entry, lease, marks });
    this.hash.add(entry);
    this.changes.next(change);
    return entry;
  }

  /** Writes down what changes nothing for those who look for instances. */
  keep(held: Held): void {
    const key = keyOf(held.entry.instance);
    const before = this.held.get(key);
    if (before !== undefined) this.ledger.remove(knownOf(before));
    this.held.set(key, held);
    this.ledger.add(knownOf(held));
  }

  /** Writes down a sign of life, which isn't in the ledger. */
  touch(held: Held): void {
    this.held.set(keyOf(held.entry.instance), held);
  }

  /** Takes an instance out; undefined for one that isn't known. */
  remove(key: string, grave: Omit<Grave, 'dirty'>): Entry | undefined {
    const held = this.held.get(key);
    if (held === undefined) return undefined;
    const { instance } = held.entry;
    this.held.delete(key);
    this.hash.remove(held.entry);
    this.ledger.remove(knownOf(held));
    this.graves.dig(key, { ...grave, dirty: instance.dirty });
    this.changes.next(this.journal.add(key, 'DELETED', instance));
    return held.entry;
  }

  /** Forgets what is too old. */
  trim(): void {
    this.graves.trim();
    this.overrides.trim();
  }

  close(): void {
    this.changes.complete();
    this.told.complete();
  }
}

/** When its channel broke, as far as that counts. */
export function cutOf(marks: Marks, before: Lease | undefined, now: number): number | undefined {
  return isCut(marks) ? (before?.cut ?? now) : undefined;
}

function knownOf({ entry, marks }: Held): { readonly instance: Instance; readonly marks: Marks } {
  return { instance: entry.instance, marks };
}

function full(most: number): MeshError {
  return meshError('Rejected', `the registry is full: it has ${most} instances`, { code: 'MILLRACE_REGISTRY_FULL' });
}
