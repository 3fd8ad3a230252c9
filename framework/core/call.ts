/** What travels down a stack of filters: one request with everything that is said about it. */

/** The four RSocket models: nothing, one item, many items, or many in both directions. */
export type Interaction = 'notify' | 'response' | 'stream' | 'channel';

/** How dear a call is, from what is shed last to what is shed first. */
export type Priority = 'critical' | 'default' | 'degraded' | 'bulk';

/** W3C trace context of the caller's span. `sampled` says whether the trace is recorded; without it nobody has decided yet. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string;
  readonly sampled?: boolean;
  /** The `tracestate` header, passed on unread. */
  readonly state?: string;
}

/** Names and texts beside a request or a reply. Names are compared exactly. */
export type Metadata = ReadonlyMap<string, string>;

/**
 * The place where an answer's own metadata goes: an Observable of values has no room for it.
 * A handler writes here before its first item (it travels with that item) or later (it travels with the
 * completion or the error); a caller reads here once the first item, or the end, has come.
 */
export interface Reply {
  readonly metadata: Metadata;
  set(name: string, value: string): void;
}

/**
 * One call, immutable but for its reply place. A channel's `request` is an Observable of its messages.
 * `deadline` is a moment of the {@link Clock}, in milliseconds; `Infinity` where there is none.
 */
export interface Call<out Req> {
  readonly interaction: Interaction;
  /** The route, `service.method`; empty where a route is not known. */
  readonly method: string;
  readonly request: Req;
  readonly metadata: Metadata;
  readonly deadline: number;
  readonly priority: Priority;
  readonly trace: TraceContext | undefined;
  readonly baggage: Metadata;
  readonly idempotencyKey: string | undefined;
  /** Whether doing it twice is as good as once, as its contract says; for the caller's side, it does not travel. */
  readonly idempotent?: boolean;
  readonly reply: Reply;
}

const NOTHING: Metadata = new Map();

class ReplyPlace implements Reply {
  private written: Map<string, string> | undefined;
  get metadata(): Metadata {
    return this.written ?? NOTHING;
  }
  set(name: string, value: string): void {
    (this.written ??= new Map()).set(name, value);
  }
}

/** Makes an empty reply place. */
export function replyPlace(): Reply {
  return new ReplyPlace();
}

/** Makes a call; what is left out gets its default: no deadline, `default` priority, empty maps, a fresh reply place. */
export function callOf<Req>(
  parts: Pick<Call<Req>, 'interaction' | 'request'> & Partial<Omit<Call<Req>, 'interaction' | 'request'>>,
): Call<Req> {
  return {
    interaction: parts.interaction,
    method: parts.method ?? '',
    request: parts.request,
    metadata: parts.metadata ?? NOTHING,
    deadline: parts.deadline ?? Infinity,
    priority: parts.priority ?? 'default',
    trace: parts.trace,
    baggage: parts.baggage ?? NOTHING,
    idempotencyKey: parts.idempotencyKey,
    idempotent: parts.idempotent ?? false,
    reply: parts.reply ?? new ReplyPlace(),
  };
}

/** Whether a call that may have been begun can be tried again: its contract says so, or a key tells the attempts to be one. */
export function isRepeatable(call: Pick<Call<unknown>, 'idempotent' | 'idempotencyKey'>): boolean {
  return call.idempotent === true || call.idempotencyKey !== undefined;
}

/** The same call with another request; the reply place is shared, so what the server says reaches the caller. */
export function withRequest<Req>(call: Call<unknown>, request: Req): Call<Req> {
  return { ...call, request };
}

/** What a handler's own call takes over from the call it is made for. */
export type Inherited = Pick<Call<unknown>, 'deadline' | 'priority' | 'trace' | 'baggage'>;

/** The call with deadline, priority, trace and baggage of `parent` where it says nothing itself; the nearer deadline holds. */
export function inherit<Req>(call: Call<Req>, parent: Inherited | undefined): Call<Req> {
  if (parent === undefined) return call;
  return {
    ...call,
    deadline: Math.min(call.deadline, parent.deadline),
    priority: call.priority === 'default' ? parent.priority : call.priority,
    trace: call.trace ?? parent.trace,
    baggage: call.baggage.size > 0 ? call.baggage : parent.baggage,
  };
}
