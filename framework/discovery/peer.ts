/** One place where services are: its endpoint, what it says of itself, and how many calls are open there. */
import { BehaviorSubject, type Observable, Subject, Subscription } from 'rxjs';
import { clientOf, type Wire, type WireCalls, type WireTerms } from '../contract/index.js';
import {
  Backoff,
  type Clock,
  duration,
  type Endpoint,
  type Encoded,
  type ErrorTag,
  GateSink,
  type MeshError,
  asMeshError,
  param,
  type Stop,
} from '../core/index.js';
import type { Instance } from './instance.js';
import { Platform, type Status } from './status.js';

export const RECONNECT = param(
  'discovery.reconnect',
  1000,
  duration,
  'Milliseconds before a peer that can not be reached is tried again; each further time 1.6 times as many, give or take a fifth. A call that waits for it has it tried at once when it was just lost, else no sooner than this.',
);

export const RECONNECT_MOST = param(
  'discovery.reconnect-most',
  120_000,
  duration,
  'The longest pause in milliseconds between two tries to reach a peer.',
);

/** What those say who do not know the question. */
const FOREIGN: ReadonlySet<ErrorTag> = new Set<ErrorTag>([
  'Unknown',
  'Invalid',
  'Failed',
  'Defect',
  'Denied',
  'Unauthenticated',
]);

/** A request refused, by its RSocket code. */
const REJECTED = 0x202;

/** What is known of a peer. `services` is undefined where it can't say: then it may serve anything. */
export type PeerState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'up'; readonly ready: boolean; readonly services: ReadonlySet<string> | undefined }
  | { readonly kind: 'down'; readonly error: MeshError };

export class Peer {
  readonly address: string;
  /** Emits when it may take calls again that it granted no lease for. */
  readonly freed = new Subject<void>();
  /** Calls that are open there. */
  pending = 0;
  /** Whether it would take a call now. */
  available = true;
  /** When it was last found up. */
  upSince = 0;
  private readonly states = new BehaviorSubject<PeerState>({ kind: 'unknown' });
  private readonly endpoint: Endpoint<Encoded | Observable<Encoded>, Encoded>;
  private readonly clock: Clock;
  private readonly watching = new Subscription();
  private wait: { readonly stop: Stop; readonly due: number; readonly soonest: number } | undefined;
  private readonly backoff: Backoff;
  /** It has said of itself that it is a Millrace application. */
  private known = false;
  private wanted = false;

  constructor(
    wire: Wire,
    /** As discovery tells of it. */
    public instance: Instance,
    private readonly terms: WireTerms,
  ) {
    this.address = wire.name;
    this.endpoint = wire.endpoint(terms);
    this.clock = terms.clock;
    this.backoff = new Backoff(
      terms.clock,
      () => terms.get(RECONNECT),
      () => terms.get(RECONNECT_MOST),
    );
    this.watching.add(this.endpoint.availability.subscribe((level) => this.availableNow(level > 0)));
  }

  get state(): PeerState {
    return this.states.value;
  }

  /** What is known of it: at once, and each time it changes. */
  get changes(): Observable<PeerState> {
    return this.states;
  }

  /** Somebody wants to call it: from now on it is watched. */
  want(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.watch();
  }

  /** What discovery tells of it has changed. One that it tells anew of is worth a try. */
  told(instance: Instance): void {
    const before = this.instance;
    this.instance = instance;
    if (before.dirty !== instance.dirty || before.status !== instance.status) this.wake();
  }

  /** Asks the peer how it is, for as long as it can be asked, and again after each time it could not. */
  private watch(): void {
    this.wait = undefined;
    if (this.watching.closed) return;
    const sink = new GateSink<Status>(
      {
        next: (status) => {
          if (isStatus(status)) return this.heard(status);
          sink.unsubscribe();
          this.foreign();
        },
        error: (error) => this.lost(asMeshError(error)),
        complete: () => (this.known ? this.again() : this.foreign()),
      },
      undefined,
      'latest',
    );
    this.watching.add(sink);
    clientOf(Platform, this.endpoint, { clock: this.clock }).status().subscribe(sink);
    sink.request(Infinity);
  }

  /** A call waits for it: if it is to be tried later, it is tried now, or once the shortest pause since it failed is over. */
  wake(): void {
    if (this.wait === undefined) return;
    const { stop, due, soonest } = this.wait;
    const sooner = Math.max(this.clock.now(), soonest);
    if (sooner >= due) return;
    stop();
    this.tryAt(sooner, soonest);
  }

  get call(): WireCalls {
    return this.endpoint.call;
  }

  /** Whether it may be one that serves `service`, as far as is known. */
  mayServe(service: string): boolean {
    const { services } = this.instance;
    if (services.length > 0) return services.includes(service);
    const { value } = this.states;
    return value.kind !== 'up' || value.services === undefined || value.services.has(service);
  }

  /** Whether calls to `service` may go there now. */
  serves(service: string): boolean {
    const { value } = this.states;
    return value.kind === 'up' && value.ready && (value.services === undefined || value.services.has(service));
  }

  /** Cold: leaves the peer once the open calls have ended. */
  close(): Observable<never> {
    this.wait?.stop();
    this.watching.unsubscribe();
    this.states.complete();
    this.freed.complete();
    return this.endpoint.close();
  }

  private heard({ ready, services }: Status): void {
    this.known = true;
    this.backoff.reset();
    this.isUp();
    this.states.next({ kind: 'up', ready, services: new Set(services) });
  }

  private lost(error: MeshError): void {
    if (FOREIGN.has(error.tag) || (isUnheardOf(error) && !this.known)) return this.foreign();
    const was = this.states.value.kind;
    this.states.next({ kind: 'down', error });
    this.again(was === 'up' ? 0 : this.backoff.first());
  }

  /** A peer that answers, but not this, is no Millrace application: it may serve anything. */
  private foreign(): void {
    this.isUp();
    this.states.next({ kind: 'up', ready: true, services: undefined });
    this.again();
  }

  private isUp(): void {
    if (this.states.value.kind !== 'up') this.upSince = this.clock.now();
  }

  private availableNow(available: boolean): void {
    const before = this.available;
    this.available = available;
    if (available && !before) this.freed.next();
  }

  /** Tries again later; `least` is the pause that a waiting call can't shorten. */
  private again(least = this.backoff.first()): void {
    const { value } = this.states;
    if (value.kind === 'up' && value.services !== undefined) this.states.next({ ...value, ready: false });
    const now = this.clock.now();
    const pause = this.backoff.next();
    this.tryAt(now + pause, now + Math.min(pause, least));
  }

  private tryAt(due: number, soonest: number): void {
    const stop = this.clock.after(due - this.clock.now(), () => this.watch());
    this.wait = { stop, due, soonest };
  }
}

/** Others answer streams that they don't know with items of their own. */
function isStatus(said: unknown): said is Status {
  if (typeof said !== 'object' || said === null || !('ready' in said) || !('services' in said)) return false;
  return typeof said.ready === 'boolean' && Array.isArray(said.services);
}

/** How rsocket-js answers a model for which it has no handler; the refusal of a connection has another code. */
function isUnheardOf({ tag, rsocketCode }: MeshError): boolean {
  return tag === 'Rejected' && rsocketCode === REJECTED;
}
