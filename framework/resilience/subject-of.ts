/** Of whom a refusal speaks. */
import type { Call } from '../core/index.js';

/** The name that the program gave, else the call's method, else the service. */
export function subjectOf(name: string | undefined, { method }: Call<unknown>): string {
  return name ?? (method === '' ? 'the service' : method);
}
