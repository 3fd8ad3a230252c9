/** A call within the process: no wire and no codec, and else what a call over a wire is. */
import { Observable, Subscriber } from 'rxjs';
import {
  asMeshError,
  asPartOf,
  type Call,
  DEFAULT_OVERFLOW,
  errorOf,
  Gate,
  type MeshError,
  openCall,
  reportOf,
  type Seat,
  type Service,
  servingAs,
  SINK,
  type Sink,
} from '../core/index.js';
import { absorb } from '../demand/index.js';

/** Marks the request of a call whose messages are values already. */
export class Plain {
  constructor(readonly value: unknown) {}
}

/**
 * The calls of a client to a service in the same process. `service` finds requests wrapped in {@link Plain}. A handler's
 * own calls find the call that it answers; a response's source may give its item whatever the demand further out, a
 * stream's waits for it, and what is given unasked is kept up to the usual bound; calls count against the item that opened them.
 */
export function local(service: Service<unknown, unknown>): Service<unknown, unknown> {
  return (call) => {
    const inner: Call<unknown> = { ...call, request: new Plain(requestOf(call)) };
    if (call.interaction === 'response') return new Observable((to) => new LocalResponse(to, inner).ask(service));
    if (call.interaction === 'notify') return new Observable((to) => tell(service, inner, to));
    return new Observable((to) => {
      const seat = openCall();
      if (seat !== undefined) to.add(() => seat.callEnded());
      return absorb(servingAs(inner, service(inner)), DEFAULT_OVERFLOW).subscribe(new Through(to));
    });
  };
}

/** A channel's messages with their error as it would have come over a wire. */
function requestOf({ interaction, request }: Call<unknown>): unknown {
  if (interaction !== 'channel') return request;
  return new Observable((to) => (request as Observable<unknown>).subscribe(new Through(to)));
}

/** As on a wire: the caller is told that it was sent, and hears of nothing else. */
function tell(service: Service<unknown, unknown>, call: Call<unknown>, to: Subscriber<unknown>): void {
  const silent = { next: () => undefined, error: () => undefined, complete: () => undefined };
  servingAs(call, service(call)).subscribe(silent);
  to.complete();
}

class LocalResponse extends Subscriber<unknown> implements Sink {
  private readonly seat: Seat | undefined = openCall();
  private opened: Gate | undefined;

  constructor(
    private readonly to: Subscriber<unknown>,
    readonly serving: Call<unknown>,
  ) {
    super();
    to.add(this);
    const { seat } = this;
    if (seat !== undefined) this.add(() => seat.callEnded());
  }

  get [SINK](): Sink {
    return this;
  }

  get gate(): Gate {
    return (this.opened ??= new Gate(!this.closed));
  }

  ask(service: Service<unknown, unknown>): void {
    service(this.serving).subscribe(this);
  }

  protected override _next(item: unknown): void {
    this.end(() => {
      this.to.next(item);
      this.to.complete();
    });
  }

  protected override _complete(): void {
    this.end(() => this.to.complete());
  }

  protected override _error(error: unknown): void {
    this.end(() => this.to.error(inward(error)));
  }

  private end(how: () => void): void {
    this.opened?.shut();
    this.to.remove(this);
    asPartOf(this.seat, how);
    this.unsubscribe();
  }
}

/** A stream's answer on its way to the caller. */
class Through extends Subscriber<unknown> {
  protected override _error(error: unknown): void {
    super._error(inward(error));
  }
}

/** An error as it would have come over a wire: what a bug says stays inside, and who passes it on has not raised it. */
function inward(error: unknown): MeshError {
  return errorOf(reportOf(error), 'this process') ?? asMeshError(error);
}
