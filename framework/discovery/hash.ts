/** A hash that spreads texts evenly, the same in each process; for balancing, not against forgers. */

/** 32 bits: FNV-1a, mixed as MurmurHash3 ends, for FNV alone leaves similar texts near each other. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
