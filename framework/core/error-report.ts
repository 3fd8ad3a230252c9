/** An error as data between two Millrace peers: tag, message, pause and the chain of causes; a bug's message stays inside. */
import { ERRORS, type ErrorTag, isMeshError, type MeshError, meshError, type Retry } from './errors.js';

/** What crosses the wire. Unknown fields are ignored, so later versions may add some. */
export interface ErrorReport {
  readonly tag: ErrorTag;
  readonly message: string;
  readonly code?: string;
  readonly retry?: Retry;
  readonly after?: number;
  readonly httpStatus?: number;
  readonly rsocketCode?: number;
  readonly detail?: unknown;
  readonly cause?: ErrorReport;
}

/** Causes deeper than this are cut: a chain is for reading. */
const DEPTH = 8;
const MESSAGE = 1024;
const RETRIES: ReadonlySet<unknown> = new Set<Retry>(['elsewhere', 'same', 'idempotent', 'never']);

/** The error as a report that is safe to show a peer. What is not a MeshError, or is a Defect, says only that it failed. */
export function reportOf(error: unknown, depth = DEPTH): ErrorReport {
  if (!isMeshError(error) || error.tag === 'Defect') return { tag: 'Defect', message: 'internal error' };
  const known = ERRORS[error.tag];
  return {
    tag: error.tag,
    message: error.message.slice(0, MESSAGE),
    ...(error.code === `MILLRACE_${error.tag.toUpperCase()}` ? {} : { code: error.code.slice(0, MESSAGE) }),
    ...(error.retry === known.retry ? {} : { retry: error.retry }),
    ...(error.after === undefined ? {} : { after: error.after }),
    ...(error.httpStatus === known.http ? {} : { httpStatus: error.httpStatus }),
    ...(error.rsocketCode === known.rsocket ? {} : { rsocketCode: error.rsocketCode }),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(depth > 1 && isMeshError(error.cause) ? { cause: reportOf(error.cause, depth - 1) } : {}),
  };
}

/** The error that a report `from` a peer tells of; undefined if `report` is not one. It is not trusted. */
export function errorOf(report: unknown, from?: string, depth = DEPTH): MeshError | undefined {
  if (typeof report !== 'object' || report === null) return undefined;
  const fields = report as Record<string, unknown>;
  const { tag, message, code, retry, after, httpStatus, rsocketCode } = fields;
  if (typeof tag !== 'string' || !Object.hasOwn(ERRORS, tag) || typeof message !== 'string') return undefined;
  const cause = depth > 1 ? errorOf(fields['cause'], from, depth - 1) : undefined;
  return meshError(tag as ErrorTag, message.slice(0, MESSAGE), {
    ...(cause === undefined ? {} : { cause }),
    code: typeof code === 'string' ? code.slice(0, MESSAGE) : undefined,
    retry: RETRIES.has(retry) ? (retry as Retry) : undefined,
    after: isCount(after) ? after : undefined,
    httpStatus: isCount(httpStatus) ? httpStatus : undefined,
    rsocketCode: isCount(rsocketCode) ? rsocketCode : undefined,
    detail: fields['detail'],
    from,
  });
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
