/**
 * A policy is a pure machine: what it decides depends on a state that is a value, the call and the time. From one
 * machine come the RxJS operator, the filter, and its place in a fused stack (fuse.ts), which subscribes once for all.
 */
import type { ObservableInput } from 'rxjs';
import type { Call } from './call.js';
import type { MeshError } from './errors.js';

/** How a call, or one attempt at it, ended. A stream's success is its first item; it is in flight until its end. */
export interface Outcome {
  readonly kind: 'complete' | 'error' | 'cancel';
  /** Milliseconds since it was admitted. */
  readonly elapsed: number;
  /** Milliseconds from being admitted to its first item; undefined if none came. */
  readonly first: number | undefined;
  /** Of kind `error`. */
  readonly error: MeshError | undefined;
}

/** The answer to a call that wants in. */
export interface Admission<State> {
  readonly state: State;
  /** Refuses the call: nothing below is subscribed. */
  readonly refuse?: MeshError | undefined;
  /** Lets the call wait, behind all that wait already, and asks again. It is not admitted yet, and not settled if it leaves. */
  readonly wait?: Wait | undefined;
  /** Ends the call with `late` if its first item, or its end, has not come within so many milliseconds. */
  readonly within?:
    { readonly ms: number; readonly until: 'first' | 'end'; readonly late: () => MeshError } | undefined;
}

/** How a call waits. It is asked again when a call is settled here and it is the first in the line, or after a while. */
export interface Wait {
  /** Milliseconds after which to ask again though nothing was settled. */
  readonly after?: number | undefined;
  /** The longest wait in milliseconds, from the first time that it was told to; then it fails with `late`. */
  readonly most: number;
  readonly late: () => MeshError;
}

/** What to do about a failure instead of passing it on. */
export type Remedy =
  | { readonly kind: 'again'; /** Milliseconds to wait. */ readonly after: number }
  | { readonly kind: 'instead'; readonly source: () => ObservableInput<unknown> };

export interface Settlement<State> {
  readonly state: State;
  /** Only looked at when the outcome is an error. */
  readonly remedy?: Remedy | undefined;
  /** What the policies outside and the caller get in the place of the error, where there is no remedy. */
  readonly error?: MeshError | undefined;
}

/**
 * `State` is one for each arrow: each service a filter is put before has its own, or each of its methods (`scope`). `Local` is what the policy keeps for one
 * call from attempt to attempt (how often it tried), undefined at first.
 */
export interface Policy<State, Local = undefined> {
  readonly name: string;
  readonly initial: State;
  /** Whether each method of a service has a state of its own; by default one state is the service's. */
  readonly scope?: 'service' | 'method';
  /** `line` is how many calls wait here before this one. */
  admit(state: State, call: Call<unknown>, now: number, local: Local | undefined, line: number): Admission<State>;
  /** The first item has come, the call goes on. Left out where it makes no difference. */
  first?(state: State, elapsed: number, call: Call<unknown>, now: number): State;
  settle(state: State, outcome: Outcome, call: Call<unknown>, now: number, local: Local | undefined): Settlement<State>;
  /** What to keep for the next attempt after a remedy of `again`. */
  keep?(local: Local | undefined, outcome: Outcome): Local;
  /** The call as the policies within are to see it at the next attempt. */
  again?(call: Call<unknown>, local: Local): Call<unknown>;
  /** What somebody who looks sees of the state. */
  view?(state: State, now: number): Readonly<Record<string, string | number>>;
}

/** What a policy of a fused stack decided about a call, as whoever asks why it went as it did is told. */
export interface Decision {
  readonly call: Call<unknown>;
  /** The policy's name. */
  readonly by: string;
  /** It refused the call, ended it for lateness, or met a failure with another attempt or another source. */
  readonly why: 'refused' | 'late' | Remedy['kind'];
  /** Code of the error that it refused or ended the call with, or of the failure that it met. */
  readonly code: string;
  /** A moment of the clock, in milliseconds. */
  readonly at: number;
}

/** Hears decisions, in the order in which they are made. */
export type Told = (decision: Decision) => void;

/** A policy whose types nobody needs to know any more, as a stack holds it. */
export type AnyPolicy = Policy<unknown, unknown>;

/** Forgets the types of a policy's state; it is only ever handed back what it returned. */
export function anyPolicy<State, Local>(policy: Policy<State, Local>): AnyPolicy {
  return policy as Policy<never, never> as AnyPolicy;
}
