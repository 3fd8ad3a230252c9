/** A call within the process: no wire and no codec, and else what a call over a wire is. */
import { Observable, Subscriber, type Subscription } from 'rxjs';
import {
  asMeshError,
  asPartOf,
  type Call,
  DEFAULT_OVERFLOW,
  errorOf,
  Gate,
  type MeshError,
  meshError,
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
export function local(service: Service<unknown, unknown>, calls = new LocalCalls()): Service<unknown, unknown> {
  return (call) => {
    const inner: Call<unknown> = { ...call, request: new Plain(requestOf(call)) };
    if (call.interaction === 'response')
      return new Observable((to) => new LocalResponse(to, inner, calls).ask(service));
    if (call.interaction === 'notify') return new Observable((to) => tell(service, inner, to));
    return new Observable((to) => {
      const seat = openCall();
      if (seat !== undefined) to.add(() => seat.callEnded());
      const through = new Through(to);
      calls.add(through);
      return nested(inner, through, () =>
        absorb(servingAs(inner, service(inner)), DEFAULT_OVERFLOW).subscribe(through),
      );
    });
  };
}

/** The calls within a process that are open, so that its end can end them. */
export class LocalCalls {
  private readonly open = new Set<Subscriber<unknown>>();

  add(call: Subscriber<unknown>): void {
    this.open.add(call);
    call.add(() => this.open.delete(call));
  }

  end(error: MeshError): void {
    // Not those that are made because others end.
    for (const call of [...this.open]) call.error(error);
  }
}

/** Calls that are made while another is being made, and that while another is. */
let depth = 0;
/** Far below where the stack ends. */
const DEEPEST = 64;

/** Makes a call, or fails it where services call each other in a circle. */
function nested(call: Call<unknown>, to: Subscriber<unknown>, ask: () => Subscription): Subscription {
  if (depth >= DEEPEST) {
    to.error(
      meshError(
        'Invalid',
        `${call.method} is called within ${DEEPEST} other calls: do services call each other in a circle?`,
      ),
    );
    return to;
  }
  depth += 1;
  try {
    return ask();
  } finally {
    depth -= 1;
  }
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
    calls: LocalCalls,
  ) {
    super();
    to.add(this);
    calls.add(this);
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
    nested(this.serving, this, () => service(this.serving).subscribe(this));
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
