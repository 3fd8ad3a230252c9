/** Looks after the leases of a book: makes suspects of those who fall silent, and evicts those whose leases have ended. */
import { type Clock, type Instance, keyOf, type Stop } from '../../framework/index.js';
import type { Book, Held } from './book.js';
import { evictionOf } from './lease-book.js';
import * as set from './settings.js';
import { suspectsOf } from './suspicion.js';

/** What happened, for logs. */
export type LeaseNews =
  | { readonly kind: 'evicted'; readonly instance: Instance }
  | { readonly kind: 'preserving'; readonly on: boolean; readonly known: number };

/** Milliseconds between looks at who is overdue. */
const LOOK = 1000;
/** Channels that break one after the other within so many milliseconds are waited for, but for no longer than that in all. */
const SOON = 100;
const SETTLED = 700;
/** The share that may be evicted is that of so many milliseconds. */
const MINUTE = 60_000;

export class LeaseWatch {
  /** Whether nobody is evicted at present though leases have ended. */
  preserving = false;
  /** Runs of registries that can't be heard at present: who was last seen there is not silent for that. */
  deaf: ReadonlySet<string> = new Set();
  private readonly clock: Clock;
  private lastLook: number;
  private lastPass: number;
  /** Channels that break at present: when the first did, and the last. */
  private burst: { readonly first: number; last: number } | undefined;
  private soon: Stop | undefined;
  /** When instances were evicted, in the last minute. */
  private evictions: readonly number[] = [];
  private readonly stopLooking: Stop;

  constructor(
    private readonly book: Book,
    private readonly tell: (news: LeaseNews) => void,
  ) {
    this.clock = book.clock;
    this.lastLook = this.lastPass = this.clock.now();
    this.stopLooking = this.clock.every(LOOK, () => this.look());
  }

  /** A channel has broken: its instance is suspect shortly, if not too many break together. */
  broke(): void {
    const now = this.clock.now();
    this.burst ??= { first: now, last: now };
    this.burst.last = now;
    this.soon ??= this.clock.after(SOON, () => this.settle());
  }

  /** Evicts an instance. */
  takeOut({ entry: { instance }, marks }: Held): void {
    const key = keyOf(instance);
    const { override: status } = instance;
    if (status !== 'UNKNOWN') this.book.overrides.dig(key, { status, stamp: marks.override });
    this.book.remove(key, { evicted: marks.renewed });
    this.tell({ kind: 'evicted', instance });
  }

  close(): void {
    this.stopLooking();
    this.soon?.();
  }

  private look(): void {
    const now = this.clock.now();
    const late = now - this.lastLook - LOOK;
    this.lastLook = now;
    // The process has stood still, and could hear nobody: that time isn't counted against anybody.
    if (late > LOOK / 2) this.prolong(late, now);
    this.suspect();
    if (now - this.lastPass >= this.book.get(set.EVICTION_PAUSE)) {
      this.lastPass = now;
      this.evict();
    }
    this.book.trim();
  }

  private prolong(ms: number, now: number): void {
    for (const held of [...this.book.all.values()]) {
      const renewed = Math.min(now, held.lease.renewed + ms);
      this.book.touch({ ...held, lease: { ...held.lease, renewed } });
    }
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
    const { get, all } = this.book;
    const watched = new Map(
      mapped(all, ({ lease, entry, marks }) => ({
        lease,
        suspect: entry.suspect,
        unheard: this.deaf.has(marks.renewed.by),
      })),
    );
    const rules = {
      most: get(set.SUSPECT_MOST),
      window: get(set.SUSPECT_WINDOW),
      tolerance: get(set.OVERDUE),
      unsettled: this.burst?.first ?? Infinity,
    };
    const suspects = suspectsOf(watched, this.clock.now(), rules);
    const told = suspects.length > 0 && !this.isAlone();
    for (const key of suspects) {
      const held = this.book.at(key);
      if (held === undefined) continue;
      this.book.put({ ...held, entry: { ...held.entry, suspect: true } });
      if (told && held.lease.cut !== undefined && held.marks.broken.by === this.book.epoch)
        this.book.told.next({ key, renewal: false });
    }
  }

  /** Whether all that were connected here have lost their channels: it is this registry that is ending, or cut off, and not they. */
  private isAlone(): boolean {
    const own = [...this.book.all.values()].filter(({ marks }) => marks.renewed.by === this.book.epoch);
    return own.length > 1 && own.every(({ lease }) => lease.cut !== undefined);
  }

  private evict(): void {
    const { get, all } = this.book;
    const now = this.clock.now();
    this.evictions = this.evictions.filter((at) => now - at < MINUTE);
    const rules = {
      preserve: get(set.PRESERVE),
      threshold: get(set.PRESERVE_BELOW),
      most: get(set.EVICTION_MOST),
      lately: this.evictions.length,
      tolerance: get(set.OVERDUE),
    };
    const leases = new Map(mapped(all, ({ lease }) => lease));
    const { evict, preserved } = evictionOf(leases, now, rules, () => this.clock.random());
    if (preserved !== this.preserving) {
      this.preserving = preserved;
      this.tell({ kind: 'preserving', on: preserved, known: all.size });
    }
    this.evictions = [...this.evictions, ...evict.map(() => now)];
    for (const key of evict) {
      const held = this.book.at(key);
      if (held !== undefined) this.takeOut(held);
    }
  }
}

function* mapped<T, U>(items: ReadonlyMap<string, T>, to: (item: T) => U): Iterable<readonly [string, U]> {
  for (const [key, item] of items) yield [key, to(item)];
}
