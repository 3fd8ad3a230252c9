/** A line of RSocket's Protocol.md that says MUST: what it wants, and faults in our code that its tests have to see. */

export interface Must {
  /** Its place among the lines with MUST, in the order of the document. */
  readonly nr: number;
  readonly section: string;
  /** What it wants, in our words. */
  readonly what: string;
  /** Faults each of which its tests catch, or why there is none to make. */
  readonly mutations: readonly Mutation[] | string;
}

export interface Mutation {
  /** In transports/rsocket. */
  readonly file: string;
  /** Found once in the file; where it is needed, `find` is the first behind it. */
  readonly after?: string;
  /** Found once in the file, or behind `after`; within a line. */
  readonly find: string;
  readonly put: string;
}

/** The faults of a line, if there are any to make. */
export function mutationsOf({ mutations }: Must): readonly Mutation[] {
  return typeof mutations === 'string' ? [] : mutations;
}

/** `MUST-07`, with which the titles of its tests begin. */
export function idOf({ nr }: Pick<Must, 'nr'>): string {
  return `MUST-${String(nr).padStart(2, '0')}`;
}

/** The source with the fault. Throws where the text isn't there, or is there more than once. */
export function mutated(source: string, { file, after, find, put }: Mutation): string {
  const start = after === undefined ? 0 : onlyPlace(source, after, file) + after.length;
  const at = after === undefined ? onlyPlace(source, find, file) : source.indexOf(find, start);
  if (at === -1) throw new Error(`${file} has no '${find}' behind '${after}'`);
  return source.slice(0, at) + put + source.slice(at + find.length);
}

function onlyPlace(source: string, what: string, file: string): number {
  const at = source.indexOf(what);
  if (at === -1) throw new Error(`${file} has no '${what}'`);
  if (source.includes(what, at + 1)) throw new Error(`${file} has more than one '${what}'`);
  return at;
}
