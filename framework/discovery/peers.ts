/** All the peers of an application, by discovery, and the services that they serve. */
import { BehaviorSubject, EMPTY, map, merge, Observable, type Subscription } from 'rxjs';
import type { Wire, WireCalls, WireTerms } from '../contract/index.js';
import {
  asMeshError,
  type Call,
  duration,
  type Encoded,
  type Endpoint,
  type MeshError,
  meshError,
  param,
  text,
} from '../core/index.js';
import { type Discovery, type DiscoveryTerms, wireAt } from './addresses.js';
import { BalancedCall } from './balanced-call.js';
import type { Balancer } from './balancer.js';
import { type Instance, statusOf } from './instance.js';
import type { PeerListener } from './news.js';
import { Peer } from './peer.js';
import { Pool } from './pool.js';
import { routeOverride } from './route-override.js';

export const PATIENCE = param(
  'discovery.patience',
  3000,
  duration,
  'Milliseconds that a call waits for a peer that serves it, before it fails with Unavailable.',
);

export const ZONE = param(
  'discovery.zone',
  '',
  text,
  'The zone that the application is in: instances of the same are called first.',
);

export const REGION = param(
  'discovery.region',
  '',
  text,
  'The region that the application is in: instances of the same are called before others.',
);

export interface PeersOptions {
  readonly tell?: PeerListener;
  /** The way of choosing among the instances of a service; the param `discovery.balance` where it is undefined. */
  readonly balancer?: (service: string) => Balancer | undefined;
  /** What stands before the calls of a method at one peer. */
  readonly through?: (method: string, calls: WireCalls) => WireCalls;
}

/** Throws Invalid for an address that no wire reaches. */
export class Peers {
  private readonly peers = new Map<string, Peer>();
  private readonly pools = new Map<string, Pool>();
  private readonly wanted = new BehaviorSubject<ReadonlySet<string>>(new Set());
  /** Of discoveries; peers have their own. */
  private readonly endpoints = new Map<string, Endpoint<Encoded | Observable<Encoded>, Encoded>>();
  private readonly watching: readonly Subscription[];
  private readonly sources = new Map<number, ReadonlySet<string>>();
  /** Why a discovery has ended. */
  private fault: MeshError | undefined;
  private closed = false;

  constructor(
    private readonly discoveries: readonly Discovery[],
    private readonly wires: readonly Wire[],
    private readonly terms: WireTerms,
    private readonly options: PeersOptions = {},
  ) {
    const all = this.allWires;
    this.watching = discoveries.map((discovery, at) =>
      discovery
        .instances(this.discoveryTerms)
        .pipe(map((present) => reachable(present, all)))
        .subscribe({
          next: (present) => this.update(at, present),
          error: (error: unknown) => (this.fault = asMeshError(error)),
        }),
    );
    if (this.fault === undefined) return;
    this.close().subscribe();
    throw this.fault;
  }

  get all(): readonly Peer[] {
    return [...this.peers.values()];
  }

  /** The calls to a contract's service, wherever it is. */
  service(name: string): WireCalls {
    const pool = this.poolOf(name);
    const terms = {
      clock: this.terms.clock,
      tell: this.tell,
      patience: () => this.terms.get(PATIENCE),
      wake: () => {
        for (const peer of this.peers.values()) if (peer.mayServe(name)) peer.wake();
      },
      nobody: (call: Call<unknown>) => this.nobody(pool, call),
    };
    return (call) => new Observable((to) => new BalancedCall(pool, terms, call, to).start());
  }

  /** Keeps the application known wherever its discoveries keep such. Completes when it has been taken out everywhere. */
  register(self: Observable<Instance>): Observable<never> {
    return merge(...this.discoveries.map((each) => each.register?.(self, this.discoveryTerms) ?? EMPTY));
  }

  /** Cold: leaves all peers. */
  close(): Observable<never> {
    this.closed = true;
    for (const each of this.watching) each.unsubscribe();
    this.wanted.complete();
    return merge(...[...this.all, ...this.endpoints.values()].map((each) => each.close()));
  }

  private get allWires(): readonly Wire[] {
    return [...this.wires, ...this.discoveries.flatMap((each) => each.wires)];
  }

  private get discoveryTerms(): DiscoveryTerms {
    const { terms, wires, wanted, tell } = this;
    return { ...terms, wires, wanted, tell, endpoint: (address) => this.endpoint(address) };
  }

  private endpoint(address: string): Endpoint<Encoded | Observable<Encoded>, Encoded> {
    const known = this.endpoints.get(address);
    if (known !== undefined) return known;
    const made = wireAt(address, this.allWires).endpoint(this.terms);
    this.endpoints.set(address, made);
    return made;
  }

  private get tell(): PeerListener {
    return this.options.tell ?? (() => undefined);
  }

  private poolOf(name: string): Pool {
    const known = this.pools.get(name);
    if (known !== undefined) return known;
    const { clock } = this.terms;
    const pool = new Pool(name, {
      clock,
      get: (each) => this.terms.get(each),
      zone: this.terms.get(ZONE),
      region: this.terms.get(REGION),
      balancer: this.options.balancer?.(name),
      tell: this.tell,
      through: this.options.through ?? ((_method, calls) => calls),
    });
    this.pools.set(name, pool);
    this.wanted.next(new Set([...this.wanted.value, name]));
    this.refresh(pool);
    return pool;
  }

  private refresh(pool: Pool): void {
    const some = this.all.filter((peer) => peer.mayServe(pool.name));
    for (const peer of some) peer.want();
    pool.update(some);
  }

  private update(source: number, present: ReadonlyMap<string, readonly [Wire, Instance]>): void {
    if (this.closed) return;
    this.sources.set(source, new Set(present.keys()));
    for (const [address, [wire, instance]] of present) {
      const known = this.peers.get(address);
      if (known === undefined) this.add(address, new Peer(wire, instance, this.terms));
      else known.told(instance);
    }
    for (const [address, peer] of this.peers) {
      if ([...this.sources.values()].some((known) => known.has(address))) continue;
      this.peers.delete(address);
      peer.close().subscribe();
    }
    for (const pool of this.pools.values()) this.refresh(pool);
  }

  private add(address: string, peer: Peer): void {
    this.peers.set(address, peer);
    let known: boolean | undefined;
    let before = false;
    peer.changes.subscribe((state) => {
      if (state.kind === 'up' && known !== true) this.tell({ kind: 'up', peer: address, again: before });
      if (state.kind === 'down' && known !== false) this.tell({ kind: 'down', peer: address, error: state.error });
      if (state.kind !== 'unknown') known = state.kind === 'up';
      before ||= known === true;
      for (const pool of this.pools.values()) this.refresh(pool);
    });
    peer.freed.subscribe(() => {
      for (const pool of this.pools.values()) pool.waiting.wake();
    });
    if (peer.instance.services.length === 0) peer.want();
  }

  /** Why nobody serves a call. */
  private nobody({ name, size }: Pool, call: Call<unknown>): MeshError {
    const ended = this.fault === undefined ? '' : `; a discovery has ended: ${this.fault.message}`;
    const details = { from: name, cause: this.fault };
    const wanted = routeOverride(call, name);
    if (wanted !== undefined && size > 0) {
      const what = `no instance of ${name} is as the call's route wants it: ${JSON.stringify(wanted)}`;
      return meshError('Unavailable', what, { ...details, code: 'MILLRACE_ROUTE' });
    }
    if (size > 0) {
      const what = `${name}: ${size === 1 ? 'its instance takes' : `its ${size} instances take`} no more calls at the moment`;
      return meshError('Rejected', what, { ...details, code: 'MILLRACE_LEASE', retry: 'never' });
    }
    const known = this.all.map((peer) => `${peer.address} ${stateOf(peer, name)}`);
    const sources = this.discoveries.map((each) => each.name).filter((each) => each !== 'addresses');
    const source = sources.join(' and ');
    const none =
      source === '' ? 'no peers are known; say where they are with .in(addresses(…))' : `the ${source} tells of nobody`;
    const where = known.length === 0 ? none : known.join(', ');
    return meshError('Unavailable', `nobody serves ${name}: ${where}${ended}`, details);
  }
}

/** What is told of can be dialled; of several addresses the first that a wire of the application understands. */
function reachable(
  present: readonly Instance[],
  wires: readonly Wire[],
): ReadonlyMap<string, readonly [Wire, Instance]> {
  const all = new Map<string, readonly [Wire, Instance]>();
  for (const instance of present) {
    const wire = wireOf(instance, wires);
    if (wire !== undefined) all.set(wire.name, [wire, instance]);
  }
  return all;
}

/** Undefined where no wire reaches an instance that a registry tells of; throws where the program itself named it. */
function wireOf({ app, addresses }: Instance, wires: readonly Wire[]): Wire | undefined {
  for (const address of addresses) {
    const found = wires.find((wire) => wire.name === address) ?? wires.map((wire) => wire.at(address)).find(Boolean);
    if (found !== undefined) return found;
  }
  return app === '' ? wireAt(addresses[0] ?? '', wires) : undefined;
}

function stateOf(peer: Peer, name: string): string {
  const state = peer.state;
  const status = statusOf(peer.instance);
  if (status !== 'UP') return `is ${status}`;
  if (state.kind === 'unknown')
    return peer.mayServe(name) ? 'has not answered yet' : `serves ${listed(peer.instance.services)}`;
  if (state.kind === 'down') return `is down (${state.error.message})`;
  if (!state.ready) return 'is not ready';
  return `serves ${listed([...(state.services ?? [name])])}`;
}

function listed(services: readonly string[]): string {
  return services.join(' and ');
}
