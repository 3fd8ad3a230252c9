/** What a caller gets in the place of a failure. */
import { catchError, defer, from, type Observable, type ObservableInput } from 'rxjs';
import {
  asMeshError,
  type Call,
  errorWith,
  type ErrorTag,
  type MeshError,
  policyFilter,
  type PolicyFilter,
  systemClock,
} from '../core/index.js';

/** Answers a call that has failed. */
export type Alternative = (error: MeshError, call: Call<unknown>) => ObservableInput<unknown>;

export interface FallbackOptions {
  /** Of which failures; by default of all but those that are the caller's: Invalid, Unknown, Denied, Unauthenticated, Canceled. */
  readonly when?: (error: MeshError, call: Call<unknown>) => boolean;
}

const CALLERS: ReadonlySet<ErrorTag> = new Set(['Invalid', 'Unknown', 'Denied', 'Unauthenticated', 'Canceled']);

/**
 * Answers with the first of the alternatives that does not fail itself; each is given the failure before it. A stream of which an item has
 * been given fails as it is. When all have failed, the last failure is the answer, with the first as its cause.
 * @example @use(fallback((error, call) => cached(call), () => popular))
 */
export function fallback(...given: readonly [Alternative, ...Alternative[]]): PolicyFilter;
export function fallback(options: FallbackOptions, ...given: readonly [Alternative, ...Alternative[]]): PolicyFilter;
export function fallback(...given: readonly (FallbackOptions | Alternative)[]): PolicyFilter {
  const alternatives = given.filter((each) => typeof each === 'function');
  const { when = isOurs } = given.find((each) => typeof each === 'object') ?? {};
  return policyFilter<undefined, undefined>(
    {
      name: 'fallback',
      initial: undefined,
      admit: (state) => ({ state }),
      settle(state, { first, error }, call) {
        if (error === undefined || first !== undefined || !when(error, call)) return { state };
        return { state, remedy: { kind: 'instead', source: () => chain(alternatives, error, call) } };
      },
    },
    systemClock,
  );
}

function isOurs({ tag }: MeshError): boolean {
  return !CALLERS.has(tag);
}

function chain(alternatives: readonly Alternative[], failure: MeshError, call: Call<unknown>): Observable<unknown> {
  const [alternative, ...others] = alternatives;
  return defer(() => from(alternative?.(failure, call) ?? [])).pipe(
    catchError((cause: unknown) => {
      const error = asMeshError(cause);
      if (others.length > 0) return chain(others, error, call);
      throw error.cause === undefined ? errorWith(error, { cause: failure }) : error;
    }),
  );
}
