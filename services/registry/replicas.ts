/** A registry as other registries see it: what it tells them, and what it makes of what they tell. */
import { keyOf } from '../../framework/index.js';
import { type Book, cutOf, type Held } from './book.js';
import { isExpired, isOverdue, type Lease } from './lease-book.js';
import type { LeaseWatch } from './lease-watch.js';
import { bucketOf, digestOf } from './ledger.js';
import { digestible, type Gone, type Marks, mergedOf, type Renewal, type Replica } from './replica.js';
import { OVERDUE } from './settings.js';
import { isLater, type Stamp } from './stamps.js';

/** What of an instance one registry has and another is to have. */
export interface Account {
  readonly replica?: Replica | undefined;
  readonly gone?: Gone | undefined;
}

/** A sign of life, with or without what else was told. */
interface Heard {
  readonly marks: Pick<Marks, 'renewed'>;
  readonly age: number;
  readonly registered?: number;
  readonly up?: number;
}

export class Replicas {
  constructor(
    private readonly book: Book,
    private readonly watch: LeaseWatch,
  ) {}

  /** Sums of all parts of what is known; parts that are alike need not be compared. */
  get buckets(): readonly string[] {
    return this.book.ledger.buckets;
  }

  /** Runs of registries that can't be heard at present: whom they heard last isn't silent for that. */
  set deaf(epochs: ReadonlySet<string>) {
    this.watch.deaf = epochs;
  }

  /** What is to be told of an instance; empty where nothing is known. */
  account(key: string): Account {
    const held = this.book.at(key);
    if (held !== undefined) return { replica: this.replicaOf(held) };
    const { cancelled, evicted } = this.book.graves.get(key) ?? {};
    if (cancelled === undefined && evicted === undefined) return {};
    return { gone: { key, ...(cancelled && { cancelled }), ...(evicted && { evicted }) } };
  }

  /** An instance's sign of life to tell of, or that it is gone; empty where nothing is known. */
  sign(key: string): Pick<Account, 'gone'> & { readonly renewal?: Renewal } {
    const held = this.book.at(key);
    if (held === undefined) return this.account(key);
    return { renewal: { key, renewed: held.marks.renewed, age: this.age(held), digest: digestOf(knownOf(held)) } };
  }

  /** Keys of all that there is to tell, of those who were taken out too, as they are when it begins. */
  keys(): readonly string[] {
    return [...this.book.graves.keys(), ...this.book.all.keys()];
  }

  /** The accounts of all instances in these parts, of who was taken out as well; of all parts if none are named. */
  *accounts(buckets?: ReadonlySet<number>): Iterable<Account> {
    const wanted = (key: string): boolean => buckets === undefined || buckets.has(bucketOf(key));
    for (const key of this.keys()) if (wanted(key)) yield this.account(key);
  }

  /**
   * Takes what another registry knows of an instance. Returns what that one doesn't know yet; empty where it knows all.
   * Throws Invalid for what was said in a future too far away, and Rejected where the registry is full.
   */
  merge(given: Replica): Account {
    this.hear(given.marks);
    const key = keyOf(given.instance);
    const known = this.book.at(key);
    if (known === undefined) {
      const grave = this.book.graves.get(key);
      if (grave?.cancelled !== undefined && !isLater(given.marks.born, grave.cancelled)) return this.account(key);
      if (grave?.evicted !== undefined && !isLater(given.marks.renewed, grave.evicted)) return this.account(key);
      if (grave?.evicted !== undefined && given.age > given.instance.lease.duration) {
        this.book.graves.dig(key, { ...grave, evicted: given.marks.renewed });
        return this.account(key);
      }
      this.book.makeRoom();
    }
    const merged = known === undefined ? given : mergedOf(knownOf(known), given);
    this.write(known, merged, given);
    return digestible(merged) === digestible(given) ? {} : this.account(key);
  }

  /** An instance was taken out elsewhere. Returns what is known better here: that it registered or gave a sign of life since. */
  bury({ key, cancelled, evicted }: Gone): Account {
    this.hear({ ...(cancelled && { cancelled }), ...(evicted && { evicted }) });
    const held = this.book.at(key);
    if (held === undefined) {
      const grave = this.book.graves.get(key) ?? { dirty: 0 };
      const buried = { cancelled: latestOf(grave.cancelled, cancelled), evicted: latestOf(grave.evicted, evicted) };
      if (buried.cancelled !== grave.cancelled || buried.evicted !== grave.evicted)
        this.book.graves.dig(key, { ...grave, ...buried });
      return {};
    }
    if (cancelled !== undefined && !isLater(held.marks.born, cancelled)) {
      this.book.remove(key, { cancelled });
      return {};
    }
    if (evicted === undefined || isLater(held.marks.renewed, evicted)) return this.account(key);
    if (isExpired(held.lease, this.book.clock.now())) this.watch.takeOut(held);
    return {};
  }

  /** Takes a sign of life that another registry heard; false where it takes the whole account to make sense of it. */
  renewed({ key, renewed, age, digest }: Renewal): boolean {
    this.hear({ renewed });
    const held = this.book.at(key);
    if (held === undefined) {
      const evicted = this.book.graves.get(key)?.evicted;
      return evicted !== undefined && !isLater(renewed, evicted);
    }
    const known = knownOf(held);
    if (digest !== digestOf(known)) return false;
    if (isLater(renewed, held.marks.renewed))
      this.write(held, { ...known, marks: { ...known.marks, renewed } }, { marks: { renewed }, age });
    return true;
  }

  private write(known: Held | undefined, { instance, marks }: Pick<Replica, 'instance' | 'marks'>, given: Heard): void {
    const { book } = this;
    const [now, wall] = [book.clock.now(), book.clock.wall()];
    const fresh = known === undefined || isLater(given.marks.renewed, known.marks.renewed);
    const heard = fresh ? Math.max(known?.lease.heard ?? -Infinity, now - given.age) : known.lease.heard;
    const renewed = Math.max(known?.lease.renewed ?? -Infinity, heard);
    const cut = cutOf(marks, known?.lease, now);
    const { renewal, duration } = instance.lease;
    const lease: Lease = { renewal, duration, renewed, heard, cut };
    // One that another preserves is taken, and no caller is told to call it.
    const suspect =
      known === undefined
        ? isExpired(lease, now)
        : known.entry.suspect && (!fresh || isOverdue(lease, now, book.get(OVERDUE)));
    const times = {
      registered: earliest(known?.entry.times.registered, given.registered) || wall,
      renewed: fresh ? Math.round(wall - given.age) : known.entry.times.renewed,
      evicted: 0,
      up: earliest(known?.entry.times.up, given.up),
      updated: known?.entry.times.updated ?? wall,
    };
    const seen =
      known === undefined ||
      known.entry.suspect !== suspect ||
      known.marks.said !== marks.said ||
      known.marks.override !== marks.override;
    if (known === undefined) {
      const key = keyOf(instance);
      book.graves.forget(key);
      book.overrides.forget(key);
    }
    const entry = { instance, suspect, times: seen ? { ...times, updated: wall } : times };
    if (seen) book.put({ entry, lease, marks });
    else book.keep({ entry: { ...entry, version: known.entry.version }, lease, marks });
    if (cut !== undefined && known?.lease.cut === undefined) this.watch.broke();
  }

  /** All stamps of an account have to make sense before any of them counts. */
  private hear(marks: Readonly<Record<string, Stamp>> | Marks): void {
    const stamps: readonly Stamp[] = Object.values(marks);
    for (const stamp of stamps) this.book.stamps.check(stamp);
    for (const stamp of stamps) this.book.stamps.hear(stamp);
  }

  private replicaOf(held: Held): Replica {
    const { registered, up } = held.entry.times;
    return { ...knownOf(held), age: this.age(held), registered, up };
  }

  private age({ lease }: Held): number {
    return Math.max(0, Math.round(this.book.clock.now() - lease.heard));
  }
}

function knownOf({ entry, marks }: Held): Pick<Replica, 'instance' | 'marks'> {
  return { instance: entry.instance, marks };
}

function latestOf(one: Stamp | undefined, other: Stamp | undefined): Stamp | undefined {
  return one !== undefined && (other === undefined || !isLater(other, one)) ? one : other;
}

/** The earlier of two times; 0 is none. */
function earliest(one = 0, other = 0): number {
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other);
}
