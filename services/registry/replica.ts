/**
 * An instance as registries tell each other of it, and how two accounts become one: whatever comes first, twice or late, all who have
 * heard the same know the same. Pure.
 */
import { type Instance, keyOf } from '../../framework/index.js';
import { isLater, latest, type Stamp } from './stamps.js';

/** When each thing about an instance was last said; of each the latest holds. */
export interface Marks {
  /** What it says of itself: of the same `dirty`, the later. */
  readonly said: Stamp;
  /** It registered: later than its cancellation, or it is gone. */
  readonly born: Stamp;
  /** It gave a sign of life, at the registry whose stamp this is. */
  readonly renewed: Stamp;
  /** Its channel to the registry whose stamp this is broke. */
  readonly broken: Stamp;
  /** An operator said something of it, or took it back. */
  readonly override: Stamp;
}

export interface Known {
  readonly instance: Instance;
  readonly marks: Marks;
}

/** What one registry tells another. */
export interface Replica extends Known {
  /** Milliseconds since it gave a sign of life. */
  readonly age: number;
  /** Milliseconds since 1970: when it registered first, and was UP first; 0 for never. */
  readonly registered: number;
  readonly up: number;
}

/** An instance was taken out. */
export interface Gone {
  readonly key: string;
  /** By itself or an operator: it is gone unless it registered later. */
  readonly cancelled?: Stamp | undefined;
  /** Its lease ended after this sign of life: it is gone where nobody has heard of a later one, and the lease has ended too. */
  readonly evicted?: Stamp | undefined;
}

/** A sign of life of an instance that the other is taken to know; `digest` says as what. */
export interface Renewal {
  readonly key: string;
  readonly renewed: Stamp;
  readonly age: number;
  readonly digest: string;
}

/** What both accounts together say. Its order doesn't matter, nor that of three. */
export function mergedOf(mine: Known, theirs: Known): Known {
  const [one, other] = [mine.marks, theirs.marks];
  const says = isNewer(theirs, mine) ? theirs : mine;
  const operator = isLater(other.override, one.override) ? theirs : mine;
  return {
    instance: { ...says.instance, override: operator.instance.override },
    marks: {
      said: says.marks.said,
      born: latest(one.born, other.born),
      renewed: latest(one.renewed, other.renewed),
      broken: latest(one.broken, other.broken),
      override: operator.marks.override,
    },
  };
}

/** Whether it is cut off: its channel broke at the registry that heard of it last. Elsewhere it may have another by now. */
export function isCut({ broken, renewed }: Marks): boolean {
  return broken.by === renewed.by && isLater(broken, renewed);
}

/** All that registries have to agree on, in few letters. Signs of life come by themselves. */
export function digestible({ instance, marks: { said, born, override } }: Known): string {
  return [keyOf(instance), instance.dirty, said.at, said.by, born.at, born.by, override.at, override.by].join(' ');
}

/** Eureka's rule: the later `dirty` holds. */
function isNewer(one: Known, other: Known): boolean {
  const [a, b] = [one.instance.dirty, other.instance.dirty];
  return a === b ? isLater(one.marks.said, other.marks.said) : a > b;
}
