/** LEASE (Protocol.md: Lease Semantics): how many requests a side may make, and until when, as the side says that answers them. */
import { Observable, type Subscription } from 'rxjs';
import {
  type Clock,
  count,
  duration,
  type MeshError,
  meshError,
  type Stop,
  systemClock,
} from '../../framework/kernel.js';
import { readInt32 } from './bytes.js';
import { MAX_REQUEST } from './protocol.js';

/** What a side lets the other ask for. */
export interface Lease {
  /** So many requests; 0 for none. */
  readonly requests: number;
  /** For so many milliseconds. */
  readonly ttl: number;
}

/** Leases for every connection alike, or for each by the number of requests that it has made in all. */
export type LeaseSource = Observable<Lease> | ((used: () => number) => Observable<Lease>);

/** A source of leases that grants as many requests in each period, which ends with its lease. */
export function fixedLeases(options: {
  readonly requests: number;
  readonly every: string | number;
  readonly clock?: Clock;
}): Observable<Lease> {
  const clock = options.clock ?? systemClock;
  const lease: Lease = { requests: count(options.requests), ttl: duration(options.every) };
  return new Observable((to) => {
    to.next(lease);
    return clock.every(lease.ttl, () => to.next(lease));
  });
}

interface Waiting {
  start(): void;
  fail(error: MeshError): void;
}

/** The side that asks: what it may ask for, and who waits for more. */
export class LeaseHolder {
  private requests = 0;
  private until = 0;
  /** In their order. */
  private readonly waiting = new Set<Waiting>();
  private over: MeshError | undefined;
  private stopTimer: Stop | undefined;

  /**
   * `most` requests may wait; `available` hears whether one may be made. Leases that bind allow nothing when they have run out; those
   * that only guide then allow everything, for nobody guides any more.
   */
  constructor(
    private readonly clock: Clock,
    private readonly most: number,
    private readonly name: string,
    private readonly available: (now: boolean) => void,
    private readonly binding = true,
  ) {}

  /** The newest lease holds, whatever is left of the one before. */
  receive({ requests, ttl }: Lease): void {
    if (this.over !== undefined) return;
    this.requests = requests;
    this.until = this.clock.now() + lasting(ttl);
    this.stopTimer?.();
    if (!this.binding && lasting(ttl) < Infinity) this.stopTimer = this.clock.after(ttl, () => this.allow());
    this.allow();
  }

  /** Uses a request up, if there is one and nobody waits for it. */
  take(): boolean {
    if (this.waiting.size > 0 || !this.has) return false;
    this.use();
    return true;
  }

  /** Waits for a request that may be made; whoever leaves makes room. */
  wait(start: () => void, fail: (error: MeshError) => void): Stop {
    const refusal = this.over ?? (this.waiting.size < this.most ? undefined : this.crowded());
    if (refusal !== undefined) {
      fail(refusal);
      return () => undefined;
    }
    const waiting: Waiting = { start, fail };
    this.waiting.add(waiting);
    return () => void this.waiting.delete(waiting);
  }

  /** There will be no more leases: who waits fails. */
  close(error: MeshError): void {
    this.over ??= error;
    this.requests = 0;
    this.stopTimer?.();
    for (const next of this.waiting) {
      this.waiting.delete(next);
      next.fail(error);
    }
  }

  /** Lets those begin who wait, as far as it goes. */
  private allow(): void {
    this.available(this.has);
    for (const next of this.waiting) {
      if (!this.has) return;
      this.waiting.delete(next);
      this.use();
      next.start();
    }
  }

  private get has(): boolean {
    const running = this.clock.now() < this.until;
    return this.binding ? running && this.requests > 0 : !running || this.requests > 0;
  }

  private use(): void {
    if (this.requests === 0) return;
    this.requests -= 1;
    if (this.requests === 0) this.available(false);
  }

  private crowded(): MeshError {
    const what = `${this.name} grants no more requests now, and ${this.most} wait`;
    return meshError('Rejected', what, { code: 'MILLRACE_LEASE' });
  }
}

/** Milliseconds for which requests on their way are taken after the lease that they were made under. */
const ON_THE_WAY = 1000;

interface Granted {
  requests: number;
  until: number;
}

/** The side that answers: what it has granted, and whether a request that comes is covered. */
export class LeaseGrantor {
  private granted: Granted[] = [];
  private latest: Lease = NONE;
  private source: Subscription | undefined;
  private used = 0;

  constructor(
    private readonly clock: Clock,
    private readonly send: (lease: Lease) => void,
  ) {}

  /** Grants what comes of `leases`; nothing more once they fail. */
  from(leases: LeaseSource): void {
    const own = typeof leases === 'function' ? leases(() => this.used) : leases;
    this.source = own.subscribe({
      next: (lease) => this.grant(lease),
      error: () => this.grant(NONE),
    });
  }

  /** The other side can't know of leases before this: it has forgotten them. */
  again(): void {
    this.grant(this.latest);
  }

  /** A request has come. */
  count(): void {
    this.used += 1;
  }

  /** Whether a request that has come is covered by a lease. */
  admit(): boolean {
    const now = this.clock.now();
    const covering = this.granted.find(({ requests, until }) => requests > 0 && now < until);
    if (covering === undefined) return false;
    covering.requests -= 1;
    return true;
  }

  /** Grants nothing more. */
  stop(): void {
    this.source?.unsubscribe();
    this.source = undefined;
    this.grant(NONE);
  }

  private grant(lease: Lease): void {
    const now = this.clock.now();
    this.latest = lease;
    for (const before of this.granted) before.until = Math.min(before.until, now + ON_THE_WAY);
    this.granted = this.granted.filter(({ requests, until }) => requests > 0 && now < until);
    // A source that is too fast keeps no more than a few.
    if (this.granted.length > MOST_GRANTED) this.granted.shift();
    this.granted.push({ requests: lease.requests, until: now + lasting(lease.ttl) + ON_THE_WAY });
    this.send(lease);
  }
}

/**
 * Both directions of a connection: what this side may ask for, and what it grants. Where both agreed on leases in SETUP, a request that
 * none covers is refused; else they are guidance for a Millrace client, which holds back by itself.
 */
export class Leases {
  constructor(
    readonly holder: LeaseHolder | undefined,
    private readonly grantor: LeaseGrantor | undefined,
    private readonly agreed: boolean,
  ) {}

  /** What follows the header of a LEASE frame has come; returns what is wrong with it. */
  receive(data: Uint8Array): string | undefined {
    const [ttl, requests] = data.length < 8 ? [-1, -1] : [readInt32(data, 0), readInt32(data, 4)];
    if (ttl < 0 || requests < 0) return 'a LEASE is cut short, or of less than nothing';
    this.holder?.receive({ ttl, requests });
    return undefined;
  }

  /** Why a request that has come is refused; undefined if it is covered. */
  fault(): MeshError | undefined {
    this.grantor?.count();
    if (!this.agreed || this.grantor?.admit() !== false) return undefined;
    return meshError('Rejected', 'no lease covers the request', { code: 'MILLRACE_LEASE' });
  }

  /** The connection goes on over another pipe: leases begin anew. */
  again(): void {
    if (this.agreed) this.holder?.receive(NONE);
    this.grantor?.again();
  }

  /** Grants nothing more. */
  stop(): void {
    this.grantor?.stop();
  }

  /** There will be no more: who waits fails. */
  close(error: MeshError): void {
    this.holder?.close(error);
  }
}

/** What a client's own connection says of itself, for a holder of its leases. */
interface Holding {
  readonly clock: Clock;
  readonly name: string;
  readonly limits: { readonly leaseQueue: number };
  readonly availability: { next(level: number): void };
}

/** The client's end of leases that nobody agreed on: until the first comes it was free. */
export function guided(connection: Holding): Leases {
  return new Leases(holderOf(connection, false), undefined, false);
}

export function holderOf({ clock, limits, name, availability }: Holding, binding = true): LeaseHolder {
  return new LeaseHolder(clock, limits.leaseQueue, name, (now) => availability.next(now ? 1 : 0), binding);
}

/** The longest time that LEASE can say is for ever. */
function lasting(ttl: number): number {
  return ttl === MAX_REQUEST ? Infinity : ttl;
}

const NONE: Lease = { requests: 0, ttl: 0 };
const MOST_GRANTED = 16;
