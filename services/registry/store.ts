/** The instances that a registry knows, and what they and operators say of them. Nothing here waits or speaks to anybody. */
import type { Observable } from 'rxjs';
import {
  type Clock,
  type Instance,
  type InstanceStatus,
  keyOf,
  type MeshError,
  meshError,
} from '../../framework/index.js';
import { type Admit, admitted } from './admission.js';
import { Book, type Entry, type Held, type LeaseTimes, type Told } from './book.js';
import type { Change } from './journal.js';
import { type LeaseNews, LeaseWatch } from './lease-watch.js';
import type { Marks } from './replica.js';
import { Replicas } from './replicas.js';
import type { Settings } from './settings.js';
import { NEVER, type Stamp } from './stamps.js';

export type { Entry, LeaseTimes } from './book.js';
/** What happened, for logs. */
export type StoreNews = LeaseNews;

export interface StoreOptions {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly tell?: (news: StoreNews) => void;
  readonly admit?: Admit;
}

/** Who says something: what another registry says is not told to others, for it tells them itself. */
export interface Said {
  /** Another registry, for somebody. */
  readonly replica?: boolean;
  /** When it was said, by the instance's own time. */
  readonly dirty?: number | undefined;
}

export class RegistryStore {
  /** One run of one registry: versions of another mean nothing here. */
  readonly epoch: string;
  /** For other registries. */
  readonly replicas: Replicas;
  private readonly book: Book;
  private readonly watch: LeaseWatch;
  private readonly clock: Clock;
  private holding: string | undefined;

  constructor(private readonly options: StoreOptions) {
    const { clock, settings, tell } = options;
    this.clock = clock;
    this.book = new Book(clock, settings);
    this.epoch = this.book.epoch;
    this.watch = new LeaseWatch(this.book, (news) => tell?.(news));
    this.replicas = new Replicas(this.book, this.watch);
  }

  get version(): number {
    return this.book.journal.version;
  }

  get size(): number {
    return this.book.size;
  }

  /** Whether nobody is evicted at present though leases have ended. */
  get isPreserving(): boolean {
    return this.watch.preserving;
  }

  /** Of all instances, as {@link hashOf} makes it. */
  get hashText(): string {
    return this.book.hashText;
  }

  /** Each change when it is made. Hot. */
  get changes(): Observable<Change> {
    return this.book.changes;
  }

  /** What other registries are to hear of, when it happens. Hot. */
  get told(): Observable<Told> {
    return this.book.told;
  }

  get entries(): Iterable<Entry> {
    return entriesOf(this.book.all);
  }

  entry(key: string): Entry | undefined {
    return this.book.at(key)?.entry;
  }

  /** The last change of each instance since a version; undefined where that isn't known any more. */
  since(version: number): ReadonlyMap<string, Change> | undefined {
    return this.book.journal.since(version);
  }

  /** Of changes after that version all are remembered. */
  get horizon(): number {
    return this.book.journal.horizon;
  }

  /** What changed lately, the newest last. */
  get recent(): readonly Change[] {
    return this.book.journal.recent;
  }

  /** Whether it may be asked who is there: not before it has caught up with other registries. */
  get isReady(): boolean {
    return this.holding === undefined;
  }

  /** Throws Unavailable where it may not be asked yet, who else may be; instances may register all the same. */
  requireReady(): void {
    if (this.holding !== undefined) throw notReady(this.holding);
  }

  /** Answers nobody who looks for instances until {@link open}; `why` is what they hear. */
  hold(why: string): void {
    this.holding = why;
  }

  open(): void {
    this.holding = undefined;
  }

  /**
   * Takes an instance in, or what is new of it, and renews its lease. Of a replica an earlier version than what is known is passed over.
   * Throws Rejected where the registry is full, and what the hook before registrations throws.
   */
  register(given: Instance, replica = false): Entry {
    const instance = replica ? given : admitted(given, this.options.admit);
    const key = keyOf(instance);
    const known = this.book.at(key);
    if (known === undefined) this.book.makeRoom();
    if (replica && this.isBuried(key, instance.dirty)) throw gone(key);
    const [now, wall, stamp] = [this.clock.now(), this.clock.wall(), this.book.stamps.next()];
    const operator = this.operatorOf(key, instance, stamp);
    const older = known !== undefined && known.entry.instance.dirty > instance.dirty;
    const taken: Instance = { ...(older ? known.entry.instance : instance), override: operator.status };
    const { renewal, duration } = taken.lease;
    const times: LeaseTimes = {
      registered: known?.entry.times.registered ?? wall,
      renewed: wall,
      evicted: 0,
      up: known?.entry.times.up || (taken.status === 'UP' ? wall : 0),
      updated: wall,
    };
    const lease = { renewal, duration, renewed: now, heard: now, cut: undefined };
    const unchanged = known !== undefined && same(known.entry.instance, taken);
    const marks: Marks = {
      said: known !== undefined && (older || unchanged) ? known.marks.said : stamp,
      born: stamp,
      renewed: stamp,
      broken: known?.marks.broken ?? NEVER,
      override: operator.stamp,
    };
    this.book.graves.forget(key);
    this.book.overrides.forget(key);
    if (unchanged && !known.entry.suspect) this.book.keep({ entry: { ...known.entry, times }, lease, marks });
    else this.book.put({ entry: { instance: taken, suspect: false, times }, lease, marks });
    if (!replica) this.tell(key);
    return this.book.at(key)?.entry ?? { instance: taken, suspect: false, times, version: this.version };
  }

  /** Renews a lease; false for an instance that isn't known. */
  renew(key: string, { replica = false }: Said = {}): boolean {
    const held = this.book.at(key);
    if (held === undefined) return false;
    const now = this.clock.now();
    const { suspect } = held.entry;
    const renewed: Held = {
      entry: { ...held.entry, suspect: false, times: { ...held.entry.times, renewed: this.clock.wall() } },
      lease: { ...held.lease, renewed: now, heard: now, cut: undefined },
      marks: { ...held.marks, renewed: this.book.stamps.next() },
    };
    if (suspect) this.book.put(renewed);
    else this.book.touch(renewed);
    if (!replica) this.tell(key, !suspect && held.lease.cut === undefined);
    return true;
  }

  /** Takes an instance out, as it or an operator wishes; false for one that isn't known. */
  cancel(key: string, { replica = false }: Said = {}): boolean {
    const known = this.book.remove(key, { cancelled: this.book.stamps.next() }) !== undefined;
    if (known && !replica) this.tell(key);
    return known;
  }

  /**
   * Its channel to this registry has broken: it is suspect shortly, if not too many channels break together, and if it has given no sign
   * of life to another registry since. Other registries hear of it then, unless all channels to this one are broken.
   */
  cut(key: string): void {
    const held = this.book.at(key);
    if (held === undefined || held.marks.renewed.by !== this.epoch) return;
    const marks = { ...held.marks, broken: this.book.stamps.next() };
    this.book.touch({ ...held, marks, lease: { ...held.lease, cut: this.clock.now() } });
    this.watch.broke();
  }

  /** What an operator says of an instance, which holds before its own word; UNKNOWN takes it back. False for one that isn't known. */
  override(key: string, status: InstanceStatus, { replica = false, dirty = 0 }: Said = {}): boolean {
    const held = this.book.at(key);
    if (held === undefined) return false;
    const { instance } = held.entry;
    const stamp = this.book.stamps.next();
    const said = dirty > instance.dirty ? stamp : held.marks.said;
    const changed = { ...instance, override: status, dirty: Math.max(instance.dirty, dirty) };
    return this.change(held, changed, { ...held.marks, override: stamp, said }, replica);
  }

  /**
   * Adds to an instance's metadata, until it registers a later version of itself: it isn't the instance's own word, and leaves the time
   * of that as it is. False for one that isn't known. Source: Eureka's `InstanceResource.updateMetadata`.
   */
  annotate(key: string, metadata: Readonly<Record<string, string>>): boolean {
    const held = this.book.at(key);
    if (held === undefined) return false;
    const { instance } = held.entry;
    const marks = { ...held.marks, said: this.book.stamps.next() };
    return this.change(held, { ...instance, metadata: { ...instance.metadata, ...metadata } }, marks, false);
  }

  /** Sets what an instance says of itself, for it; false for one that isn't known. */
  restate(key: string, status: InstanceStatus, { replica = false }: Said = {}): boolean {
    const held = this.book.at(key);
    if (held === undefined) return false;
    const marks = { ...held.marks, said: this.book.stamps.next() };
    return this.change(held, { ...held.entry.instance, status }, marks, replica);
  }

  /** Whether a replica tells of a time before the instance was taken out. */
  isBuried(key: string, dirty: number): boolean {
    const grave = this.book.graves.get(key);
    return grave !== undefined && grave.dirty >= dirty;
  }

  close(): void {
    this.watch.close();
    this.book.close();
  }

  private change(held: Held, instance: Instance, marks: Marks, replica: boolean): true {
    const times = { ...held.entry.times, updated: this.clock.wall() };
    this.book.put({ entry: { ...held.entry, instance, times }, lease: held.lease, marks });
    if (!replica) this.tell(keyOf(instance));
    return true;
  }

  /** Eureka's chain of rules: what an operator said, remembered or brought along. Who says itself that it is down or starting is. */
  private operatorOf(key: string, given: Instance, stamp: Stamp): { status: InstanceStatus; stamp: Stamp } {
    const known = this.book.at(key);
    const remembered = this.book.overrides.get(key);
    if (known !== undefined && (known.entry.instance.override !== 'UNKNOWN' || given.override === 'UNKNOWN'))
      return { status: known.entry.instance.override, stamp: known.marks.override };
    if (known === undefined && remembered !== undefined) return remembered;
    // An instance that was cancelled and is back takes nothing along of what others may still remember.
    const cancelled = this.book.graves.get(key)?.cancelled !== undefined;
    return { status: given.override, stamp: given.override !== 'UNKNOWN' || cancelled ? stamp : NEVER };
  }

  private tell(key: string, renewal = false): void {
    this.book.told.next({ key, renewal });
  }
}

function same(a: Instance, b: Instance): boolean {
  return a.dirty === b.dirty && a.status === b.status && a.override === b.override;
}

function* entriesOf(all: ReadonlyMap<string, Held>): Iterable<Entry> {
  for (const { entry } of all.values()) yield entry;
}

function gone(key: string): MeshError {
  return meshError('Unknown', `${key} has been taken out since`, { code: 'MILLRACE_REGISTRY_GONE' });
}

function notReady(why: string): MeshError {
  return meshError('Unavailable', `this registry is not ready: ${why}`, {
    code: 'MILLRACE_REGISTRY_NOT_READY',
    after: 1000,
  });
}
