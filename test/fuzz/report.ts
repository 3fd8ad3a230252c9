/** What a process that fuzzes tells its parent, in lines of its standard output: those leave even a process that ends at once. */
import { writeSync } from 'node:fs';

export interface Figures {
  readonly target: string;
  readonly frames: number;
  readonly inputs: number;
  /** Inputs that each reached something new, with the seeds. */
  readonly corpus: number;
  /** Counters that were ever above zero, of all there are. */
  readonly edges: number;
  readonly counters: number;
  readonly seconds: number;
}

export interface Fault {
  readonly what: string;
  readonly target: string;
  readonly seed: number;
  /** How many inputs were played of it until then. */
  readonly iteration: number;
  /** The input that did it, or the last ones if it is not known which; in lines. */
  readonly inputs: readonly string[];
}

export type Report =
  | ({ readonly kind: 'progress' | 'done' } & Figures)
  | ({ readonly kind: 'fault' } & Fault)
  | { readonly kind: 'ready' | 'played' | 'over' };

export function say(report: Report): void {
  writeSync(1, `${JSON.stringify(report)}\n`);
}
