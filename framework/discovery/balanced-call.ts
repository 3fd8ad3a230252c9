/** One call to a service, wherever it goes: it waits for somebody who takes it, and goes once elsewhere if it is refused. */
import { type Observable, Subscriber } from 'rxjs';
import {
  asMeshError,
  type Call,
  type Clock,
  type Encoded,
  errorWith,
  type MeshError,
  type Priority,
  type Stop,
  withRequest,
} from '../core/index.js';
import type { PeerListener } from './news.js';
import type { Peer } from './peer.js';
import type { Choice, Pool } from './pool.js';
import { Rewind } from './rewind.js';
import type { WaitingCall } from './waiting-calls.js';

type Message = Encoded | Observable<Encoded>;

/** What a call needs of all the peers. */
export interface CallTerms {
  readonly clock: Clock;
  readonly tell: PeerListener;
  /** Milliseconds that a call waits. */
  readonly patience: () => number;
  /** Has peers tried that are down. */
  readonly wake: () => void;
  /** Why nobody serves the service. */
  readonly nobody: (call: Call<unknown>) => MeshError;
}

export class BalancedCall implements WaitingCall {
  private retried = false;
  /** Who is not asked again. */
  private asked: Set<Peer> | undefined;
  private choice: Choice | undefined;
  /** A channel's messages, which are said again where the call is. */
  private readonly said: Rewind<Encoded> | undefined;
  private readonly call: Call<Message>;
  private stopWaiting: Stop | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly terms: CallTerms,
    call: Call<Message>,
    private readonly to: Subscriber<Encoded>,
  ) {
    this.said = 'subscribe' in call.request ? new Rewind(call.request) : undefined;
    this.call = this.said === undefined ? call : withRequest(call, this.said.items);
  }

  get priority(): Priority {
    return this.call.priority;
  }

  get particular(): boolean {
    return this.pool.particular(this.call);
  }

  start(): void {
    if (this.said !== undefined) this.to.add(() => this.begun());
    // Who came before, and waits, goes before.
    const choice = this.pool.waiting.size > 0 ? undefined : this.pool.choose(this.call);
    if (choice === undefined) this.wait();
    else this.ask(choice);
  }

  go(): boolean {
    const choice = this.pool.choose(this.call);
    if (choice === undefined) return false;
    this.stopWaiting?.();
    this.ask(choice);
    return true;
  }

  shed(error: MeshError): void {
    this.stopWaiting?.();
    this.to.error(error);
  }

  /**
   * What was refused, and not begun, goes elsewhere, once; where the peer is on its way out, to whoever comes in its place. Who
   * refuses while it goes on, and is the only one, has the last word. An open breaker on this side costs nothing to ask: then it goes
   * on to whoever is left.
   */
  failed(error: MeshError, begun: boolean): void {
    const refused = error.tag === 'Rejected' || error.tag === 'Unavailable';
    const from = this.choice?.member.peer;
    const place = from?.address ?? this.pool.name;
    const own = error.code === 'MILLRACE_BREAKER' && error.from === undefined;
    const may = !begun && refused && error.retry === 'elsewhere' && (own || !this.retried);
    if (may && this.said?.again() !== false) {
      this.retried ||= !own;
      if (from !== undefined) (this.asked ??= new Set()).add(from);
      const other = this.pool.choose(this.call, this.asked);
      if (other !== undefined) {
        const to = other.member.peer.address;
        this.terms.tell({ kind: 'elsewhere', method: this.call.method, peer: place, to, error });
        return this.ask(other);
      }
      if (from?.serves(this.pool.name) !== true) return this.wait();
    }
    // Our own refusal comes from nobody; whoever passes it on must not seem to have refused, so that nobody tries again.
    if (own) return this.to.error(errorWith(error, { retry: 'never' }));
    this.to.error(error.from === undefined ? heardFrom(error, place) : error);
  }

  /** The call goes nowhere else now. */
  begun(): void {
    this.said?.settle();
  }

  private wait(): void {
    const { clock, patience, nobody, tell, wake } = this.terms;
    tell({ kind: 'waits', method: this.call.method });
    const stopTimer = clock.after(patience(), () => this.shed(nobody(this.call)), true);
    this.stopWaiting = () => {
      this.stopWaiting = undefined;
      stopTimer();
      this.pool.waiting.delete(this);
    };
    this.to.add(() => this.stopWaiting?.());
    this.pool.waiting.add(this);
    wake();
  }

  private ask(choice: Choice): void {
    this.choice = choice;
    const attempt = new Attempt(this, this.pool, choice, this.terms.clock, this.to);
    choice.member.calls(this.call.method)(this.call).subscribe(attempt);
  }
}

/** One try at one peer. */
class Attempt extends Subscriber<Encoded> {
  private begun = false;
  private settled = false;
  private readonly startedAt: number;

  constructor(
    private readonly owner: BalancedCall,
    private readonly pool: Pool,
    private readonly choice: Choice,
    private readonly clock: Clock,
    private readonly to: Subscriber<Encoded>,
  ) {
    super(to);
    this.startedAt = clock.now();
    choice.member.pending += 1;
    choice.member.peer.pending += 1;
  }

  protected override _next(item: Encoded): void {
    if (!this.begun) {
      this.begun = true;
      this.owner.begun();
      this.choice.member.answered(this.clock.now() - this.startedAt);
      this.pool.succeeded(this.choice);
    }
    this.to.next(item);
  }

  protected override _error(cause: unknown): void {
    const error = asMeshError(cause);
    this.settled = true;
    if (!this.begun) this.choice.member.failed(this.clock.now() - this.startedAt);
    this.pool.failed(this.choice, error);
    this.unsubscribe();
    this.owner.failed(error, this.begun);
  }

  protected override _complete(): void {
    if (!this.begun) {
      this.settled = true;
      this.choice.member.answered(this.clock.now() - this.startedAt);
      this.pool.succeeded(this.choice);
    }
    super._complete();
  }

  override unsubscribe(): void {
    if (this.closed) return;
    const { member } = this.choice;
    member.pending -= 1;
    member.peer.pending -= 1;
    if (!this.begun && !this.settled) this.pool.undecided(this.choice);
    super.unsubscribe();
  }
}

/** Marks an error as one of a call to somebody else: who passes it on has not refused the call himself. */
function heardFrom(error: MeshError, from: string): MeshError {
  return errorWith(error, { from });
}
