/** What is fuzzed: something that plays an input and throws when the code under test did wrong. */
import type { Coverage } from './coverage.js';
import type { Input } from './input.js';

export interface Target {
  readonly name: string;
  readonly seeds: readonly Input[];
  /** What counts elsewhere, where the code under test is in another process. */
  readonly coverage?: Coverage;
  /** Plays inputs at once, or one after the other; rejects with what went wrong. */
  play(inputs: readonly Input[]): Promise<void>;
  /** Inputs that are played together. */
  readonly batch: number;
  /** Looks at what takes longer to look at, each few hundred inputs and at the end. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** The code under test did what it must not. */
export class Fault extends Error {}

export function must(right: boolean, wrong: () => string): void {
  if (!right) throw new Fault(wrong());
}
