/** One row of the table of RxJS operators: a pipeline, what it does to demand, and what a test may hold it to. */
import type { ObservableInput } from 'rxjs';
import type { Given } from './rig.js';

/**
 * `keeps` demand; `absorbs` it: holds items back or folds them, so that it takes more than it gives; `expands`: gives what
 * nobody asked for, into the sink's buffer; `cuts` the chain: one item a turn of the event loop, and a warning; needs its `twin`;
 * `none`: gives no items of its own.
 */
export type Category = 'keeps' | 'absorbs' | 'expands' | 'cuts' | 'twin' | 'none';

export type Pipeline = (given: Given) => ObservableInput<unknown>;

/** What is taken from pulled sources: at most `per` items for each delivered one and `extra` more, or everything. */
export interface Bound {
  readonly per?: number;
  readonly extra?: number;
  readonly everything?: true;
  /** What comes of it: all that is asked (the default), some of it, or so many items and then the end. */
  readonly gives?: 'all' | 'some' | 'none' | number;
  /** The sink that its sources find serves several calls, and so none. */
  readonly shared?: true;
  /** How it ends, where it gives a number of items and then fails. */
  readonly fails?: RegExp;
}

export interface OperatorCase extends Bound {
  readonly category: Category;
  readonly pipeline: Pipeline;
  /** How the page writes the pipeline, where it is not as it stands. */
  readonly example?: string;
  /** What surprises, in one sentence. */
  readonly note?: string;
  /** What to use instead where demand matters, driven as the pipeline is. */
  readonly twin?: Bound & Pick<OperatorCase, 'pipeline' | 'example'>;
}

export type Cases = Readonly<Record<string, OperatorCase>>;

type Rest = Omit<OperatorCase, 'category' | 'pipeline'>;

export const keeps = row('keeps');
export const absorbs = row('absorbs');
export const expands = row('expands');
export const cuts = row('cuts');
export const none = row('none');

/** A row of an operator that has a twin. */
export function needsTwin(
  pipeline: Pipeline,
  rest: Rest & { readonly twin: NonNullable<OperatorCase['twin']> },
): OperatorCase {
  return { category: 'twin', pipeline, ...rest };
}

function row(category: Category): (pipeline: Pipeline, rest?: Rest) => OperatorCase {
  return (pipeline, rest = {}) => ({ category, pipeline, ...rest });
}
