/** Settings that may change while they are used. */

type Setting = string | number | boolean;

/** A value, or a function that is asked for it each time that it is used. */
export type Live<T extends Setting> = T | (() => T);

/**
 * What `parse` reads of a setting, as it is when it is asked for. Throws at once for a wrong value; of a function that comes to
 * return one the last good value holds, and before there was any the usual one.
 */
export function liveOf<V extends Setting, T>(
  given: Live<V> | undefined,
  otherwise: V,
  parse: (value: V) => T,
): () => T {
  if (typeof given !== 'function') {
    const fixed = parse(given ?? otherwise);
    return () => fixed;
  }
  let seen = otherwise;
  let good = parse(otherwise);
  return () => {
    const now = given();
    if (now === seen) return good;
    seen = now;
    try {
      good = parse(now);
    } catch {
      // The last good one holds.
    }
    return good;
  };
}
