/** One place where services are: its endpoint, what it says of itself, and how many calls are open there. */
import { BehaviorSubject, type Observable, Subscription } from 'rxjs';
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
import { Platform, type Status } from './status.js';

export const RECONNECT = param(
  'discovery.reconnect',
  250,
  duration,
  'Milliseconds before a peer that can not be reached is tried again; each further time 1.6 times as many, give or take a fifth.',
);

export const RECONNECT_MOST = param(
  'discovery.reconnect-most',
  30_000,
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
  readonly state = new BehaviorSubject<PeerState>({ kind: 'unknown' });
  /** Calls that are open there. */
  pending = 0;
  private readonly endpoint: Endpoint<Encoded | Observable<Encoded>, Encoded>;
  private readonly clock: Clock;
  private readonly watching = new Subscription();
  private wait: Stop | undefined;
  private readonly backoff: Backoff;
  /** It has said of itself that it is a Millrace application. */
  private known = false;

  constructor(
    wire: Wire,
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
  }

  /** Asks the peer how it is, for as long as it can be asked, and again after each time it could not. */
  watch(): void {
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

  get call(): WireCalls {
    return this.endpoint.call;
  }

  /** Whether calls to `service` may go there now. */
  serves(service: string): boolean {
    const { value } = this.state;
    return value.kind === 'up' && value.ready && (value.services === undefined || value.services.has(service));
  }

  /** Cold: leaves the peer once the open calls have ended. */
  close(): Observable<never> {
    this.wait?.();
    this.watching.unsubscribe();
    this.state.complete();
    return this.endpoint.close();
  }

  private heard({ ready, services }: Status): void {
    this.known = true;
    this.backoff.reset();
    this.state.next({ kind: 'up', ready, services: new Set(services) });
  }

  private lost(error: MeshError): void {
    if (FOREIGN.has(error.tag) || (isUnheardOf(error) && !this.known)) return this.foreign();
    this.state.next({ kind: 'down', error });
    this.again();
  }

  /** A peer that answers, but not this, is no Millrace application: it may serve anything. */
  private foreign(): void {
    this.state.next({ kind: 'up', ready: true, services: undefined });
    this.again();
  }

  private again(): void {
    const { value } = this.state;
    if (value.kind === 'up' && value.services !== undefined) this.state.next({ ...value, ready: false });
    this.wait = this.clock.after(this.backoff.next(), () => this.watch());
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
