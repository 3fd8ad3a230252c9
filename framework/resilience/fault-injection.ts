/** What a fault is, and whose calls it is for. */
import { type Call, ERRORS, type ErrorTag, type Interaction, meshError } from '../core/index.js';

/** Every condition that is given must be met. */
export interface FaultScope {
  /** `service.method`, or `service.*`. */
  readonly method?: string;
  /** Names and texts that the call's metadata must hold. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Names and texts that the call's baggage must hold; baggage goes with a call through the whole tree. */
  readonly baggage?: Readonly<Record<string, string>>;
  readonly interaction?: Interaction;
}

/** One fault. Of several kinds the delay comes first. */
export interface FaultInjection {
  /** Milliseconds before the call goes on, or fails. */
  readonly delay?: number;
  /** Fails the call with this tag, code `MILLRACE_FAULT`. */
  readonly error?: ErrorTag;
  /** Breaks the answer off with Broken after so many items; 0 for before the first. */
  readonly abort?: number;
  /** The part of the calls in scope that it is for, from 0 up to 1; 1. */
  readonly share?: number;
  readonly when?: FaultScope;
}

/** Longer than this nobody means a delay. */
const LONGEST = 600_000;

/** The same fault; throws Invalid where it says nothing to do, or something that can't be. */
export function faultChecked(fault: FaultInjection): FaultInjection {
  const { delay, error, abort, share } = fault;
  if (delay === undefined && error === undefined && abort === undefined) {
    throw wrong('does nothing: give a delay, an error or an abort');
  }
  if (delay !== undefined && !(delay >= 0 && delay <= LONGEST)) {
    throw wrong(`has a delay of ${delay} ms; it is from 0 to ${LONGEST}`);
  }
  if (error !== undefined && !Object.hasOwn(ERRORS, error)) throw wrong(`has an error ${error}, which is no tag`);
  if (abort !== undefined && !(Number.isInteger(abort) && abort >= 0)) {
    throw wrong(`has an abort after ${abort} items; it is a whole number from 0`);
  }
  if (share !== undefined && !(share >= 0 && share <= 1)) throw wrong(`has a share of ${share}; it is from 0 to 1`);
  return fault;
}

/** Whether a call is in the scope of a fault. */
export function inScope(scope: FaultScope | undefined, call: Call<unknown>): boolean {
  if (scope === undefined) return true;
  const { method, metadata, baggage, interaction } = scope;
  if (interaction !== undefined && interaction !== call.interaction) return false;
  if (method !== undefined && !named(method, call.method)) return false;
  return holds(call.metadata, metadata) && holds(call.baggage, baggage);
}

function named(pattern: string, method: string): boolean {
  return pattern.endsWith('.*') ? method.startsWith(pattern.slice(0, -1)) : pattern === method;
}

function holds(all: ReadonlyMap<string, string>, some: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(some).every(([name, text]) => all.get(name) === text);
}

function wrong(what: string): Error {
  return meshError('Invalid', `a fault ${what}`, { code: 'MILLRACE_FAULT_INVALID' });
}
