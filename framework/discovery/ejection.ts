/** Outlier ejection: an endpoint that fails while others don't gets no calls but a trial now and then. A pure machine. */
import { type ErrorTag, duration, count, param, ratio } from '../core/index.js';

export const EJECT_AFTER = param(
  'discovery.eject-after',
  5,
  count,
  'Calls in a row that fail at an instance before it is ejected: it gets no more but for trials. 0 for never.',
);

export const EJECT_TIME = param(
  'discovery.eject-time',
  1000,
  duration,
  'Milliseconds from an ejection to the first trial, and between trials: one call, which brings the instance back if it succeeds.',
);

export const EJECT_MOST = param(
  'discovery.eject-most',
  0.1,
  ratio,
  'The share of the instances of a service that may be ejected at a time; one always may where there are others.',
);

export const PANIC = param(
  'discovery.panic',
  0.5,
  ratio,
  'Where a smaller share of the instances of a service is well, all that can be reached are called: so many are not ill, the observer is.',
);

/** Milliseconds after which a trial is due, however few calls there were. */
const LONGEST = 30_000;
/** A trial is one call in so many at most. */
const CALLS = 100;

/** What counts against an endpoint: it did not do what it took on. A refusal is no fault, nor is what the contract declares. */
const FAULTS: ReadonlySet<ErrorTag> = new Set<ErrorTag>(['Broken', 'Slow', 'Unavailable', 'Overrun', 'Defect']);

export function isFault(tag: ErrorTag): boolean {
  return FAULTS.has(tag);
}

/** What is known of one endpoint. */
export type Standing =
  | { readonly kind: 'in'; /** Failures in a row. */ readonly faults: number }
  | {
      readonly kind: 'ejected';
      /** When the last failure was, and how many calls the service had had by then. */
      readonly at: number;
      readonly calls: number;
      /** A call is there that decides. */
      readonly trying: boolean;
    };

export const GOOD: Standing = { kind: 'in', faults: 0 };

/** Whether the endpoint is to get one call, now that there were `calls` calls of the service. */
export function trialDue(standing: Standing, now: number, calls: number, pause: number): boolean {
  if (standing.kind === 'in' || standing.trying) return false;
  const gone = now - standing.at;
  return gone >= pause && (calls - standing.calls >= CALLS || gone >= Math.max(pause, LONGEST));
}

export function tried(standing: Standing): Standing {
  return standing.kind === 'in' ? standing : { ...standing, trying: true };
}

/** A call there went well. What began before an ejection says nothing of the present. */
export function succeeded(standing: Standing, trial: boolean): Standing {
  if (standing.kind === 'in') return standing.faults === 0 ? standing : GOOD;
  return trial ? GOOD : standing;
}

/** A call there failed. Ejects after `most` in a row, if `mayEject`. */
export function failed(
  standing: Standing,
  trial: boolean,
  now: number,
  calls: number,
  most: number,
  mayEject: boolean,
): Standing {
  if (standing.kind === 'ejected') return trial ? { kind: 'ejected', at: now, calls, trying: false } : standing;
  const faults = standing.faults + 1;
  if (most > 0 && faults >= most && mayEject) return { kind: 'ejected', at: now, calls, trying: false };
  return { kind: 'in', faults };
}

/** A call there ended without saying anything of the endpoint: its caller left. A trial is to be made again. */
export function undecided(standing: Standing, trial: boolean): Standing {
  return standing.kind === 'ejected' && trial ? { ...standing, trying: false } : standing;
}

/** How many of `all` may be ejected at a time. */
export function ejectable(all: number, share: number): number {
  return all < 2 ? 0 : Math.max(1, Math.floor(all * share));
}
