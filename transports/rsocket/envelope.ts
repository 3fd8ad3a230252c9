/**
 * A call as composite metadata: its route in the routing entry (Extensions/Routing.md), the trace in the tracing entry
 * (Extensions/Tracing-Zipkin.md), a codec in the MIME type entry (Extensions/PerStreamDataMimeTypesDefinition.md), and what
 * Millrace adds in an entry of its own, which others pass over:
 *
 *     message/x.millrace.call.v0: 1 byte  priority (0 critical, 1 default, 2 degraded, 3 bulk)
 *                                 4 bytes milliseconds left until the deadline; 0xffffffff for none
 *                                 the rest, if any: JSON of { metadata, baggage, key, state }
 */
import { type Call, type Clock, type Metadata, type Priority, type TraceContext } from '../../framework/kernel.js';
import { allocateSmall, bytesOf, EMPTY, readInt32, text, writeUint24, writeUint32 } from './bytes.js';
import {
  COMPOSITE,
  compositeMetadata,
  decodeComposite,
  type MetadataEntry,
  MIME_TYPE,
  mimeTypes,
  mimeTypesOf,
  ROUTING,
  routingTags,
  sampling,
  tagsOf,
  traceOf,
  TRACING,
  tracing,
  writeHex,
} from './composite.js';

const CALL = 'message/x.millrace.call.v0';
const CONTENT_TYPE = 'content-type';
const PRIORITIES: readonly Priority[] = ['critical', 'default', 'degraded', 'bulk'];
const NO_DEADLINE = 0xffff_ffff;
/** Names in a call's metadata, and in its baggage, beyond these are not taken from a peer. */
const MOST = 256;
/** Routes whose metadata is kept ready; a program calls a bounded number of them. */
const KEPT = 10_000;
const NOTHING: Metadata = new Map();

/** What an envelope says of a call. */
export type Envelope = Pick<
  Call<unknown>,
  'method' | 'metadata' | 'deadline' | 'priority' | 'trace' | 'baggage' | 'idempotencyKey'
>;

export const NO_ENVELOPE: Envelope = {
  method: '',
  metadata: NOTHING,
  deadline: Infinity,
  priority: 'default',
  trace: undefined,
  baggage: NOTHING,
  idempotencyKey: undefined,
};

const ready = new Map<string, Uint8Array>();

/** The metadata of a call that has a route; `more` is metadata that the payload has already. */
export function envelopeOf(call: Call<unknown>, clock: Clock, more?: Uint8Array): Uint8Array {
  const route = routeEntry(call.method);
  const { deadline, priority, trace } = call;
  const type = call.metadata.get(CONTENT_TYPE);
  const rest = restOf(call);
  const plain = rest === undefined && deadline === Infinity && priority === 'default';
  if (type === undefined && trace === undefined && plain && more === undefined) return route;
  const said = type === undefined ? EMPTY : compositeMetadata([[MIME_TYPE, mimeTypes(type)]]);
  const tail = rest === undefined ? EMPTY : bytesOf(rest);
  const traced = trace === undefined ? 0 : lengthOfTrace(trace);
  const called = plain ? 0 : CALL_HEAD.length + 3 + 5 + tail.length;
  const bytes = allocateSmall(route.length + said.length + traced + called + (more?.length ?? 0));
  let at = put(bytes, 0, route);
  at = put(bytes, at, said);
  if (trace !== undefined) at = writeTrace(bytes, at, trace);
  if (!plain) at = writeCall(bytes, at, deadline - clock.now(), priority, tail);
  if (more !== undefined) bytes.set(more, at);
  return bytes;
}

function put(bytes: Uint8Array, at: number, part: Uint8Array): number {
  if (part.length > 0) bytes.set(part, at);
  return at + part.length;
}

/** A wide id and no parent, as all of ours have, in an entry of the usual type. */
const TRACE_LENGTH = 25;
const TRACE_HEAD = compositeMetadata([[TRACING, new Uint8Array(TRACE_LENGTH)]]).subarray(0, 4);
const WIDE = 32;
/** The entry's type, without the length. */
const CALL_HEAD = compositeMetadata([[CALL, EMPTY]]).subarray(0, -3);

function lengthOfTrace(trace: TraceContext): number {
  return trace.traceId.length === WIDE ? TRACE_HEAD.length + TRACE_LENGTH : TRACE_HEAD.length + tracing(trace).length;
}

function writeTrace(bytes: Uint8Array, at: number, trace: TraceContext): number {
  if (trace.traceId.length !== WIDE || trace.spanId.length !== WIDE / 2) {
    return put(bytes, at, compositeMetadata([[TRACING, tracing(trace)]]));
  }
  const start = put(bytes, at, TRACE_HEAD);
  bytes[start] = 0x80 | sampling(trace) | 0x08;
  return writeHex(bytes, writeHex(bytes, start + 1, trace.traceId), trace.spanId);
}

function writeCall(bytes: Uint8Array, at: number, left: number, priority: Priority, tail: Uint8Array): number {
  const length = put(bytes, at, CALL_HEAD);
  const start = writeUint24(bytes, length, 5 + tail.length);
  bytes[start] = PRIORITIES.indexOf(priority);
  const ms = left === Infinity ? NO_DEADLINE : Math.min(Math.max(0, Math.ceil(left)), NO_DEADLINE - 1);
  return put(bytes, writeUint32(bytes, start + 1, ms), tail);
}

function routeEntry(method: string): Uint8Array {
  const known = ready.get(method);
  if (known !== undefined) return known;
  const made = compositeMetadata([[ROUTING, routingTags(method)]]);
  if (ready.size < KEPT) ready.set(method, made);
  return made;
}

function restOf({ metadata, baggage, idempotencyKey, trace }: Call<unknown>): string | undefined {
  const names = metadata.size > 0 ? [...metadata].filter(([name]) => name !== CONTENT_TYPE) : [];
  if (names.length === 0 && baggage.size === 0 && idempotencyKey === undefined && trace?.state === undefined) {
    return undefined;
  }
  return JSON.stringify({
    ...(names.length === 0 ? {} : { metadata: names }),
    ...(baggage.size === 0 ? {} : { baggage: [...baggage] }),
    ...(idempotencyKey === undefined ? {} : { key: idempotencyKey }),
    ...(trace?.state === undefined ? {} : { state: trace.state }),
  });
}

/**
 * What a request's metadata says of the call, of a connection whose metadata is of `mimeType`. It comes from a peer: what is
 * malformed is as if it weren't there, and then there is no route.
 */
export function readEnvelope(metadata: Uint8Array | undefined, mimeType: string, clock: Clock): Envelope {
  if (metadata === undefined) return NO_ENVELOPE;
  try {
    if (mimeType === ROUTING) return { ...NO_ENVELOPE, method: tagsOf(metadata)[0] ?? '' };
    return mimeType === COMPOSITE ? fromEntries(decodeComposite(metadata), clock) : NO_ENVELOPE;
  } catch {
    return NO_ENVELOPE;
  }
}

function fromEntries(entries: readonly MetadataEntry[], clock: Clock): Envelope {
  let method = '';
  let type: string | undefined;
  let trace: TraceContext | undefined;
  let said: Uint8Array | undefined;
  for (const [name, content] of entries) {
    if (name === ROUTING && method === '') method = tagsOf(content)[0] ?? '';
    else if (name === CALL) said = content;
    else if (name === TRACING) trace = traceOf(content);
    else if (name === MIME_TYPE) type = mimeTypesOf(content)[0];
  }
  if (said === undefined && type === undefined)
    return trace === undefined ? routed(method) : { ...routed(method), trace };
  return withCall({ ...routed(method), trace }, type, said, clock);
}

function routed(method: string): Envelope {
  return { ...NO_ENVELOPE, method };
}

function withCall(base: Envelope, type: string | undefined, said: Uint8Array | undefined, clock: Clock): Envelope {
  const rest = said === undefined || said.length <= 5 ? undefined : restFrom(said.subarray(5));
  const names = pairsOf(rest?.metadata);
  if (type !== undefined) names.push([CONTENT_TYPE, type]);
  const state = rest?.state;
  const left = said === undefined || said.length < 5 ? NO_DEADLINE : readInt32(said, 1) >>> 0;
  return {
    method: base.method,
    metadata: names.length === 0 ? NOTHING : new Map(names),
    deadline: left === NO_DEADLINE ? Infinity : clock.now() + left,
    priority: PRIORITIES[said?.[0] ?? 1] ?? 'default',
    trace: base.trace === undefined || typeof state !== 'string' ? base.trace : { ...base.trace, state },
    baggage: rest?.baggage === undefined ? NOTHING : new Map(pairsOf(rest.baggage)),
    idempotencyKey: typeof rest?.key === 'string' ? rest.key : undefined,
  };
}

interface Rest {
  readonly metadata?: unknown;
  readonly baggage?: unknown;
  readonly key?: unknown;
  readonly state?: unknown;
}

function restFrom(bytes: Uint8Array): Rest | undefined {
  const read = JSON.parse(text(bytes)) as unknown;
  return typeof read === 'object' && read !== null ? read : undefined;
}

function pairsOf(value: unknown): [string, string][] {
  if (!Array.isArray(value)) return [];
  const pairs: [string, string][] = [];
  for (const pair of value.slice(0, MOST) as unknown[]) {
    if (Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string')
      pairs.push([pair[0], pair[1]]);
  }
  return pairs;
}
