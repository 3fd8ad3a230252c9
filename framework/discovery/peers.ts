/** All the peers of an application, and the calls to them: to the one with the fewest open, and once elsewhere if it refuses. */
import { map, merge, Observable, Subscriber, type Subscription } from 'rxjs';
import type { Wire, WireCalls, WireTerms } from '../contract/index.js';
import {
  asMeshError,
  type Call,
  duration,
  type Encoded,
  isMeshError,
  type MeshError,
  meshError,
  param,
  type Stop,
  withRequest,
} from '../core/index.js';
import { type Discovery, wireAt } from './addresses.js';
import type { PeerListener } from './news.js';
import { Peer } from './peer.js';
import { Rewind } from './rewind.js';

export const PATIENCE = param(
  'discovery.patience',
  3000,
  duration,
  'Milliseconds that a call waits for a peer that serves it, before it fails with Unavailable.',
);

type Message = Encoded | Observable<Encoded>;

/** Throws Invalid for an address that no wire reaches. */
export class Peers {
  private readonly peers = new Map<string, Peer>();
  private readonly waiting = new Set<() => void>();
  private readonly watching: readonly Subscription[];
  private readonly sources = new Map<number, ReadonlySet<string>>();
  /** Why a discovery has ended. */
  private fault: MeshError | undefined;
  private closed = false;
  private turn = 0;

  constructor(
    discoveries: readonly Discovery[],
    private readonly wires: readonly Wire[],
    private readonly terms: WireTerms,
    readonly tell: PeerListener = () => undefined,
  ) {
    this.watching = discoveries.map(({ places }, at) =>
      places.pipe(map((present) => new Map(present.map((place) => this.wireOf(place))))).subscribe({
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
    return (call) => new Observable((to) => new Balanced(this, name, call, to).start());
  }

  /** The peer with the fewest open calls that serves `name` now; those of equal count in turn. */
  choose(name: string, but: Peer | undefined): Peer | undefined {
    let best: Peer | undefined;
    const all = this.all;
    this.turn += 1;
    for (let i = 0; i < all.length; i++) {
      const peer = all[(i + this.turn) % all.length] as Peer;
      if (peer !== but && peer.serves(name) && (best === undefined || peer.pending < best.pending)) best = peer;
    }
    return best;
  }

  /** Runs `then` once a peer may serve `name`, or `late` once patience has ended. */
  await(name: string, then: (peer: Peer) => void, late: (error: MeshError) => void): Stop {
    const stop = (): void => {
      this.waiting.delete(look);
      stopTimer();
    };
    const look = (): void => {
      const peer = this.choose(name, undefined);
      if (peer === undefined) return;
      stop();
      then(peer);
    };
    const stopTimer = this.terms.clock.after(
      this.terms.get(PATIENCE),
      () => {
        stop();
        late(this.nobody(name));
      },
      true,
    );
    this.waiting.add(look);
    for (const peer of this.peers.values()) peer.wake();
    return stop;
  }

  /** Why nobody serves `name`. */
  nobody(name: string): MeshError {
    const known = this.all.map((peer) => `${peer.address} ${stateOf(peer, name)}`);
    const where =
      known.length === 0 ? 'no peers are known; say where they are with .in(addresses(…))' : known.join(', ');
    const ended = this.fault === undefined ? '' : `; a discovery has ended: ${this.fault.message}`;
    return meshError('Unavailable', `nobody serves ${name}: ${where}${ended}`, { from: name, cause: this.fault });
  }

  /** Cold: leaves all peers. */
  close(): Observable<never> {
    this.closed = true;
    for (const each of this.watching) each.unsubscribe();
    return merge(...this.all.map((peer) => peer.close()));
  }

  private wireOf(place: Wire | string): [string, Wire] {
    const wire = wireAt(place, this.wires);
    return [wire.name, wire];
  }

  private update(source: number, present: ReadonlyMap<string, Wire>): void {
    if (this.closed) return;
    this.sources.set(source, new Set(present.keys()));
    for (const [address, wire] of present) if (!this.peers.has(address)) this.add(address, new Peer(wire, this.terms));
    for (const [address, peer] of this.peers) {
      if ([...this.sources.values()].some((known) => known.has(address))) continue;
      this.peers.delete(address);
      peer.close().subscribe();
    }
  }

  private add(address: string, peer: Peer): void {
    this.peers.set(address, peer);
    let known: boolean | undefined;
    let before = false;
    peer.state.subscribe((state) => {
      if (state.kind === 'up' && known !== true) this.tell({ kind: 'up', peer: address, again: before });
      if (state.kind === 'down' && known !== false) this.tell({ kind: 'down', peer: address, error: state.error });
      if (state.kind !== 'unknown') known = state.kind === 'up';
      before ||= known === true;
      for (const look of this.waiting) look();
    });
    peer.watch();
  }
}

function stateOf(peer: Peer, name: string): string {
  const state = peer.state.value;
  if (state.kind === 'unknown') return 'has not answered yet';
  if (state.kind === 'down') return `is down (${state.error.message})`;
  if (!state.ready) return 'is not ready';
  return `serves ${[...(state.services ?? [name])].join(' and ')}`;
}

/** One call, wherever it goes. */
class Balanced {
  private retried = false;
  private peer: Peer | undefined;
  /** A channel's messages, which are said again where the call is. */
  private readonly said: Rewind<Encoded> | undefined;
  private readonly call: Call<Message>;

  constructor(
    private readonly peers: Peers,
    private readonly name: string,
    call: Call<Message>,
    private readonly to: Subscriber<Encoded>,
  ) {
    this.said = 'subscribe' in call.request ? new Rewind(call.request) : undefined;
    this.call = this.said === undefined ? call : withRequest(call, this.said.items);
    to.add(() => this.begun());
  }

  start(): void {
    const peer = this.peers.choose(this.name, undefined);
    if (peer === undefined) this.wait();
    else this.ask(peer);
  }

  /**
   * What was refused, and not begun, goes elsewhere, once; where the peer is on its way out, to whoever comes in its place. Who
   * refuses while it goes on, and is the only one, has the last word.
   */
  failed(error: unknown, begun: boolean): void {
    const known = asMeshError(error);
    const refused = isMeshError(known, 'Rejected') || isMeshError(known, 'Unavailable');
    if (!begun && refused && known.retry === 'elsewhere' && !this.retried && this.said?.again() !== false) {
      this.retried = true;
      const other = this.peers.choose(this.name, this.peer);
      if (other !== undefined) {
        const [peer, to] = [this.peer?.address ?? this.name, other.address];
        this.peers.tell({ kind: 'elsewhere', method: this.call.method, peer, to, error: known });
        return this.ask(other);
      }
      if (this.peer?.serves(this.name) !== true) return this.wait();
    }
    this.to.error(known.from === undefined ? heardFrom(known, this.peer?.address ?? this.name) : known);
  }

  /** The call goes nowhere else now. */
  begun(): void {
    this.said?.settle();
  }

  private wait(): void {
    this.peers.tell({ kind: 'waits', method: this.call.method });
    const stop = this.peers.await(
      this.name,
      (found) => this.ask(found),
      (error) => this.to.error(error),
    );
    this.to.add(stop);
  }

  private ask(peer: Peer): void {
    this.peer = peer;
    const attempt = new Attempt(this, peer, this.to);
    peer.call(this.call).subscribe(attempt);
  }
}

class Attempt extends Subscriber<Encoded> {
  private begun = false;

  constructor(
    private readonly owner: Balanced,
    peer: Peer,
    private readonly to: Subscriber<Encoded>,
  ) {
    super(to);
    peer.pending += 1;
    this.add(() => (peer.pending -= 1));
  }

  protected override _next(item: Encoded): void {
    if (!this.begun) this.owner.begun();
    this.begun = true;
    this.to.next(item);
  }

  protected override _error(error: unknown): void {
    this.unsubscribe();
    this.owner.failed(error, this.begun);
  }
}

/** Marks an error as one of a call to somebody else: who passes it on has not refused the call himself. */
function heardFrom(error: MeshError, from: string): MeshError {
  const { tag, message, code, after, httpStatus, rsocketCode, detail, retry, cause } = error;
  return meshError(tag, message, { code, after, httpStatus, rsocketCode, detail, retry, cause, from });
}
