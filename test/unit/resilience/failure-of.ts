// The error that a call which ends at once ends with.
import type { Observable } from 'rxjs';
import { asMeshError, type MeshError } from 'millrace';

export function failureOf(answer: Observable<unknown>): MeshError | undefined {
  let failure: MeshError | undefined;
  answer.subscribe({ error: (error: unknown) => (failure = asMeshError(error)) });
  return failure;
}
