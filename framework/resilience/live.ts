/** Settings that may change while they are used. */

/** A value, or a function that is asked for it each time. */
export type Live<T extends string | number | boolean> = T | (() => T);

export function liveOf<T extends string | number | boolean>(given: Live<T> | undefined, otherwise: T): () => T {
  if (typeof given === 'function') return given;
  const value = given ?? otherwise;
  return () => value;
}
