/** One closed table of what can go wrong, so that filters, metrics and the edge need read nothing else. */

/** When a failed call may be tried again: at another endpoint, at the same, only if it can't do harm twice, or never. */
export type Retry = 'elsewhere' | 'same' | 'idempotent' | 'never';

interface Row {
  readonly means: string;
  readonly retry: Retry;
  /** RSocket error code (Protocol.md, Error Codes). */
  readonly rsocket: number;
  readonly http: number;
  readonly grpc: string;
}

/** Every tag with its meaning, its retry rule and its code in each protocol. */
export const ERRORS = {
  Rejected: row('limit, shed, open circuit, no lease: not processed', 'elsewhere', 0x202, 503, 'UNAVAILABLE'),
  Quota: row('your own allowance is spent', 'same', 0x202, 429, 'RESOURCE_EXHAUSTED'),
  Unavailable: row('no endpoint, or lost before sending', 'elsewhere', 0x202, 503, 'UNAVAILABLE'),
  Broken: row('the connection was lost after sending', 'idempotent', 0x201, 502, 'UNAVAILABLE'),
  Slow: row('one attempt took too long', 'idempotent', 0x203, 504, 'DEADLINE_EXCEEDED'),
  Late: row("the call's deadline passed", 'never', 0x203, 504, 'DEADLINE_EXCEEDED'),
  Canceled: row('the caller left', 'never', 0x203, 499, 'CANCELLED'),
  Invalid: row('does not match the contract', 'never', 0x204, 400, 'INVALID_ARGUMENT'),
  Unknown: row('no such route', 'never', 0x204, 404, 'UNIMPLEMENTED'),
  Unauthenticated: row('who are you', 'never', 0x202, 401, 'UNAUTHENTICATED'),
  Denied: row('you may not', 'never', 0x202, 403, 'PERMISSION_DENIED'),
  Overrun: row("a pushed reply's buffer was full", 'never', 0x201, 500, 'RESOURCE_EXHAUSTED'),
  Failed: row("a failure that the contract declares, or a stock peer's error", 'never', 0x201, 500, 'UNKNOWN'),
  Defect: row('anything else: a bug; its message stays inside', 'never', 0x201, 500, 'INTERNAL'),
} as const satisfies Record<string, Row>;

export type ErrorTag = keyof typeof ERRORS;

export interface ErrorDetails {
  /** Stable and for machines; by default the tag in upper case with `MILLRACE_` before it. */
  readonly code?: string | undefined;
  readonly cause?: unknown;
  /** Milliseconds to wait before a retry. */
  readonly after?: number | undefined;
  readonly retry?: Retry | undefined;
  readonly httpStatus?: number | undefined;
  /** The RSocket code it came with, or is to go out with, where that is not the table's. */
  readonly rsocketCode?: number | undefined;
  /** What a declared failure says beside its code; plain data, which crosses the wire. */
  readonly detail?: unknown;
  /** The peer that it came from, `tcp 127.0.0.1:7001`, or `a pipe`, of a policy there; it does not cross the wire. */
  readonly from?: string | undefined;
}

/**
 * The only error that Millrace raises. Recognise it by `tag` with {@link isMeshError}, never by `instanceof`: there may
 * be two copies of the package in a process, and errors come over the wire.
 */
export class MeshError extends Error {
  override readonly name = 'MeshError';
  readonly tag: ErrorTag;
  readonly retry: Retry;
  readonly after: number | undefined;
  readonly code: string;
  readonly httpStatus: number;
  readonly rsocketCode: number;
  readonly detail: unknown;
  readonly from: string | undefined;

  constructor(tag: ErrorTag, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    const known = ERRORS[tag];
    this.tag = tag;
    this.retry = details.retry ?? known.retry;
    this.after = details.after;
    this.code = details.code ?? `MILLRACE_${tag.toUpperCase()}`;
    this.httpStatus = details.httpStatus ?? known.http;
    this.rsocketCode = details.rsocketCode ?? known.rsocket;
    this.detail = details.detail;
    this.from = details.from;
  }
}

/**
 * Makes an error without a stack, for what is expected under load (a refusal, a late call): a stack costs fourteen
 * times the rest of the error, and says only where Millrace noticed.
 */
export function meshError(tag: ErrorTag, message: string, details?: ErrorDetails): MeshError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new MeshError(tag, message, details);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The same error but for some details. */
export function errorWith(error: MeshError, details: ErrorDetails): MeshError {
  const { tag, message, code, after, httpStatus, rsocketCode, detail, retry, from } = error;
  const known = { code, after, httpStatus, rsocketCode, detail, retry, from };
  return meshError(tag, message, { ...known, ...('cause' in error ? { cause: error.cause } : {}), ...details });
}

/** Whether `error` is a MeshError, of `tag` where one is given. */
export function isMeshError(error: unknown, tag?: ErrorTag): error is MeshError {
  if (typeof error !== 'object' || error === null || !('tag' in error) || !('name' in error)) return false;
  if (error.name !== 'MeshError' || typeof error.tag !== 'string' || !Object.hasOwn(ERRORS, error.tag)) return false;
  return tag === undefined || error.tag === tag;
}

/** The error itself if it is a MeshError, else a Defect with it as its cause. */
export function asMeshError(error: unknown): MeshError {
  if (isMeshError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return meshError('Defect', message, { cause: error });
}

function row(means: string, retry: Retry, rsocket: number, http: number, grpc: string): Row {
  return { means, retry, rsocket, http, grpc };
}
