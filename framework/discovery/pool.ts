/** The peers that serve one service: which of them get calls, and which of those the next. */
import type { WireCalls } from '../contract/index.js';
import {
  type Call,
  type Clock,
  count,
  duration,
  type MeshError,
  meshError,
  oneOf,
  param,
  type Param,
} from '../core/index.js';
import type { Balancer, Picker } from './balancer.js';
import * as ejection from './ejection.js';
import { statusOf } from './instance.js';
import { matches } from './instance-match.js';
import { Member } from './member.js';
import type { PeerListener } from './news.js';
import { leastPending, roundRobin, weighted } from './round-robin.js';
import { p2c } from './p2c.js';
import type { Peer } from './peer.js';
import { routeOverride } from './route-override.js';
import { WaitingCalls } from './waiting-calls.js';
import { zoneAware } from './zone-aware.js';

const BALANCERS = { p2c, 'round-robin': roundRobin, 'least-pending': leastPending, weighted };

export const BALANCE = param(
  'discovery.balance',
  'p2c',
  oneOf('p2c', 'round-robin', 'least-pending', 'weighted'),
  'How one of several instances is chosen where the program names no way itself: the better of two by chance (p2c), each in turn, the one with the fewest calls open, or each in turn by its weight.',
);

export const WARMING = param(
  'discovery.slow-start',
  0,
  duration,
  'Milliseconds in which an instance that has come up grows from a tenth to the whole of its share of the calls.',
);

export const QUEUE = param(
  'discovery.queue',
  10_000,
  count,
  'Calls of one service that may wait for an instance that can take them; beyond, the least dear is refused.',
);

/** What a pool is made with. */
export interface PoolTerms {
  readonly clock: Clock;
  get<T>(param: Param<T>): T;
  /** Where the application is. */
  readonly zone: string;
  readonly region: string;
  readonly balancer?: Balancer | undefined;
  readonly tell: PeerListener;
  /** What stands before the calls of a method at one peer. */
  through(method: string, calls: WireCalls): WireCalls;
}

/** Who is to answer a call. */
export interface Choice {
  readonly member: Member;
  /** It decides whether the member comes back from an ejection. */
  readonly trial: boolean;
}

const NOBODY: ReadonlySet<Peer> = new Set();

export class Pool {
  readonly waiting: WaitingCalls;
  private readonly members = new Map<Peer, Member>();
  private readonly balancer: Balancer;
  private active: readonly Member[] = [];
  private ejected: readonly Member[] = [];
  private picker: Picker<Member> | undefined;
  private calls = 0;

  constructor(
    readonly name: string,
    private readonly terms: PoolTerms,
  ) {
    const { zone, region } = terms;
    this.balancer = zoneAware(terms.balancer ?? BALANCERS[terms.get(BALANCE)](), { zone, region });
    this.waiting = new WaitingCalls(
      () => terms.get(QUEUE),
      (most) => this.crowded(most),
    );
  }

  /** How many of its peers may be called now. */
  get size(): number {
    this.present();
    return this.active.length;
  }

  /** A peer came, went, or changed: it is asked anew who is there. */
  update(peers: Iterable<Peer>): void {
    const known = new Set(peers);
    for (const peer of this.members.keys()) if (!known.has(peer)) this.members.delete(peer);
    for (const peer of known) {
      if (this.members.has(peer)) continue;
      const { clock, through } = this.terms;
      this.members.set(peer, new Member(peer, clock, () => this.terms.get(WARMING), through));
    }
    this.stale();
    this.waiting.wake();
  }

  /** Chooses for a call; those in `but` are not asked again. Throws Invalid for an override that can't be read. */
  choose(call: Call<unknown>, but: ReadonlySet<Peer> = NOBODY): Choice | undefined {
    const picker = this.present();
    this.calls += 1;
    if (call.baggage.size > 0) {
      const wanted = routeOverride(call, this.name);
      if (wanted !== undefined) return this.among(({ instance }) => matches(instance, wanted), call, but);
    }
    if (this.ejected.length > 0) {
      const trial = this.trial(but);
      if (trial !== undefined) return { member: trial, trial: true };
    }
    const member = picker(call);
    if (member === undefined) return undefined;
    return but.has(member.peer) ? this.among(() => true, call, but) : { member, trial: false };
  }

  /** The answer to a call has come, well or not. */
  succeeded({ member, trial }: Choice): void {
    if (member.standing === ejection.GOOD) return;
    this.stands(member, ejection.succeeded(member.standing, trial));
  }

  failed({ member, trial }: Choice, error: MeshError): void {
    if (!ejection.isFault(error.tag))
      return trial ? this.undecided({ member, trial }) : this.succeeded({ member, trial });
    const [clock, most] = [this.terms.clock, this.terms.get(ejection.EJECT_AFTER)];
    const room = this.ejected.length < ejection.ejectable(this.members.size, this.terms.get(ejection.EJECT_MOST));
    this.stands(member, ejection.failed(member.standing, trial, clock.now(), this.calls, most, room), error);
  }

  undecided({ member, trial }: Choice): void {
    if (trial) this.stands(member, ejection.undecided(member.standing, trial));
  }

  /** Whether an override leaves nobody, so that waiting for somebody else is of no use. */
  particular(call: Call<unknown>): boolean {
    return call.baggage.size > 0 && routeOverride(call, this.name) !== undefined;
  }

  private stands(member: Member, standing: ejection.Standing, error?: MeshError): void {
    const before = member.standing.kind;
    member.standing = standing;
    if (before === standing.kind) return;
    const peer = member.peer.address;
    if (error !== undefined) this.terms.tell({ kind: 'ejected', service: this.name, peer, error });
    else this.terms.tell({ kind: 'readmitted', service: this.name, peer });
    this.stale();
  }

  private trial(but: ReadonlySet<Peer>): Member | undefined {
    const [now, pause] = [this.terms.clock.now(), this.terms.get(ejection.EJECT_TIME)];
    for (const member of this.ejected) {
      if (but.has(member.peer) || !member.available) continue;
      if (!ejection.trialDue(member.standing, now, this.calls, pause)) continue;
      member.standing = ejection.tried(member.standing);
      return member;
    }
    return undefined;
  }

  private among(wanted: (member: Member) => boolean, call: Call<unknown>, but: ReadonlySet<Peer>): Choice | undefined {
    const some = this.active.filter((member) => !but.has(member.peer) && wanted(member));
    const member = some.length === 0 ? undefined : this.balancer.over(some, this.terms.clock)(call);
    return member === undefined ? undefined : { member, trial: false };
  }

  private stale(): void {
    this.picker = undefined;
  }

  /** Sorts out who gets calls, if something has changed since the last time. */
  private present(): Picker<Member> {
    if (this.picker !== undefined) return this.picker;
    const reachable = [...this.members.values()].filter((member) => this.takes(member));
    const well = reachable.filter(({ instance, standing }) => statusOf(instance) === 'UP' && standing.kind === 'in');
    this.active = well.length < this.terms.get(ejection.PANIC) * reachable.length ? reachable : well;
    this.ejected = reachable.filter((member) => member.standing.kind === 'ejected' && !this.active.includes(member));
    return (this.picker = this.balancer.over(this.active, this.terms.clock));
  }

  /** Whether a member may be called at all. Of one whose status is UNKNOWN nobody has heard lately. */
  private takes({ peer, instance }: Member): boolean {
    const status = statusOf(instance);
    return peer.serves(this.name) && instance.weight > 0 && (status === 'UP' || status === 'UNKNOWN');
  }

  private crowded(most: number): MeshError {
    return meshError('Rejected', `${this.name}: ${most} calls wait for an instance that can take them`, {
      code: 'MILLRACE_QUEUE',
      retry: 'never',
      from: this.name,
    });
  }
}
