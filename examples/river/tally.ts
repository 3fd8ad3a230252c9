/** How many items have passed each place of the river. */

export interface Tally {
  produced: number;
  middle: number;
  edge: number;
  read: number;
}

/** One line of what has passed since the line before, and of what is on its way, hop by hop. */
export function lineOf(now: Tally, before: Tally, pace: number): string {
  const produced = `produced ${now.produced} (+${now.produced - before.produced})`;
  const read = `read ${now.read} (+${now.read - before.read})`;
  const hops = `source→middle ${now.produced - now.middle}, middle→edge ${now.middle - now.edge}, edge→reader ${now.edge - now.read}`;
  return `pace ${pace}/s: ${produced}, ${read}, in flight ${now.produced - now.read} (${hops})`;
}
