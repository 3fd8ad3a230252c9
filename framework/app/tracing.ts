/**
 * The trace role: a span for each call that is made and each that is answered, by the OpenTelemetry API. Which tracer that
 * is, a program says by setting up an SDK of its own; without one, ids are still made and passed on, so that logs agree.
 */
import { createRequire } from 'node:module';
import type * as OpenTelemetry from '@opentelemetry/api';
import type { Context, Span, SpanContext, SpanKind } from '@opentelemetry/api';
import { Observable, Subscriber } from 'rxjs';
import {
  type Agnostic,
  asMeshError,
  type Call,
  type Clock,
  type Service,
  servingAs,
  type TraceContext,
} from '../core/index.js';

const TRACER = 'millrace';
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const SERVER: SpanKind.SERVER = 1;
const FAILED: OpenTelemetry.SpanStatusCode.ERROR = 2;
const CLIENT: SpanKind.CLIENT = 2;

/** Traces the calls that come in. */
export function traceServer(clock: Clock): Agnostic {
  return tracing(SERVER, clock);
}

/** Traces the calls that go out. */
export function traceClient(clock: Clock): Agnostic {
  return tracing(CLIENT, clock);
}

type Api = typeof OpenTelemetry;

let loaded: Api | undefined;

/** Loaded with the first call that an SDK wants to hear of: it takes longer than the rest of this folder. */
function api(): Api {
  return (loaded ??= createRequire(import.meta.url)('@opentelemetry/api') as Api);
}

/** Where version 1 of the API, every copy of it, keeps what an SDK registers. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

function tracing(kind: SpanKind, clock: Clock): Agnostic {
  return <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> =>
    (call) => {
      if (hasTracer()) return traced(next, call, kind);
      if (kind === SERVER) return next(call);
      return next({ ...call, trace: childOf(call.trace, clock) });
    };
}

/** Whether a program has set up an SDK. */
function hasTracer(): boolean {
  const registered = (globalThis as { readonly [REGISTERED]?: { readonly trace?: unknown } })[REGISTERED];
  return registered?.trace !== undefined;
}

function traced<Req, Rep>(next: Service<Req, Rep>, call: Call<Req>, kind: SpanKind): Observable<Rep> {
  const { context, trace } = api();
  return new Observable((to) => {
    const outer = parentOf(call.trace, kind);
    const [service, method] = splitRoute(call.method);
    const span = trace.getTracer(TRACER).startSpan(
      call.method,
      {
        kind,
        attributes: { 'rpc.system': 'rsocket', 'rpc.service': service, 'rpc.method': method },
        links: linksOf(call.trace),
      },
      outer,
    );
    const inner: Call<Req> = { ...call, trace: traceOf(span.spanContext()) };
    const active = context.active();
    const deliver: Deliver = kind === SERVER ? asItComes : (work) => context.with(active, work);
    const spanned = new Spanned<Rep>(to, span, deliver);
    context.with(trace.setSpan(outer, span), () => {
      try {
        const answer = next(inner);
        (kind === SERVER ? servingAs(inner, answer) : answer).subscribe(spanned);
      } catch (error) {
        spanned.error(error);
      }
    });
  });
}

/** The context of a call: of its own trace, or for a call that says none of whatever span the program is in. */
function parentOf(known: TraceContext | undefined, kind: SpanKind): Context {
  const { context, createTraceState, trace, TraceFlags } = api();
  const active = context.active();
  if (known === undefined) return active;
  if (kind === CLIENT && trace.getSpanContext(active)?.traceId === known.traceId) return active;
  if (known.sampled === undefined) return trace.deleteSpan(active);
  return trace.setSpanContext(active, {
    traceId: known.traceId,
    spanId: known.spanId,
    traceFlags: known.sampled === true ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(known.state === undefined ? {} : { traceState: createTraceState(known.state) }),
  });
}

/**
 * Where nobody has decided yet whether to record, a trace of this side's own begins, by its own sampler, and points to the
 * ids of who asked: as their child it would never be recorded by the usual sampler, or always.
 */
function linksOf(known: TraceContext | undefined): OpenTelemetry.Link[] {
  if (known === undefined || known.sampled !== undefined) return [];
  return [{ context: { traceId: known.traceId, spanId: known.spanId, traceFlags: 0, isRemote: true } }];
}

function traceOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const state = traceState?.serialize();
  const sampled = (traceFlags & SAMPLED) !== 0;
  return { traceId, spanId, sampled, ...(state === undefined || state === '' ? {} : { state }) };
}

const SAMPLED: OpenTelemetry.TraceFlags.SAMPLED = 1;

/**
 * Answers come out of a socket's callback. What a program does with them, the call behind the first in its pipe, is done in the
 * span in which it asked.
 */
type Deliver = (work: () => void) => void;

const asItComes: Deliver = (work) => work();

/** Ends the span when the call ends, with what became of it. */
class Spanned<T> extends Subscriber<T> {
  private items = 0;

  constructor(
    private readonly to: Subscriber<T>,
    private readonly span: Span,
    private readonly deliver: Deliver,
  ) {
    super(to);
    this.add(() => {
      if (this.items > 1) span.setAttribute('rpc.items', this.items);
      span.end();
    });
  }

  protected override _next(item: T): void {
    this.items += 1;
    this.deliver(() => this.to.next(item));
  }

  protected override _complete(): void {
    this.deliver(() => super._complete());
  }

  protected override _error(error: unknown): void {
    const { tag, code, message } = asMeshError(error);
    this.span.setAttribute('error.type', code);
    this.span.setStatus({ code: FAILED, message: `${tag}: ${message}` });
    this.deliver(() => super._error(error));
  }
}

/** The context of a call made on behalf of `parent`, or of one that begins a trace. */
function childOf(parent: TraceContext | undefined, clock: Clock): TraceContext {
  if (parent === undefined) return { traceId: digits(clock, 16), spanId: digits(clock, 8) };
  return { ...parent, spanId: digits(clock, 8) };
}

function digits(clock: Clock, bytes: number): string {
  let made = '';
  for (let at = 0; at < bytes; at += 4) {
    const bits = (clock.random() * 0x1_0000_0000) >>> 0;
    made += `${HEX[bits >>> 24]}${HEX[(bits >>> 16) & 0xff]}${HEX[(bits >>> 8) & 0xff]}${HEX[bits & 0xff]}`;
  }
  return made;
}

function splitRoute(route: string): [string, string] {
  const dot = route.lastIndexOf('.');
  return dot < 0 ? ['', route] : [route.slice(0, dot), route.slice(dot + 1)];
}
