/** Failures that a contract declares: callers get them typed, wherever they come from. */
import type { ErrorDetails } from '../core/index.js';
import { isSchema, type Schema } from './schema.js';
import { MeshError } from '../core/index.js';

/** How a declared failure is to be treated by those who know only the table of errors. */
export type FailureOptions = Pick<ErrorDetails, 'httpStatus' | 'retry' | 'after' | 'rsocketCode'>;

export interface Failure<In, Out> {
  /** What it says beside its name. */
  readonly detail: Schema<In, Out>;
  readonly options: FailureOptions;
}

export type Failures = Readonly<Record<string, Failure<unknown, unknown>>>;

/** Declares a failure with a detail of this shape. By default it is not tried again and is 500 in HTTP. */
export function declared<In, Out>(detail: Schema<In, Out>, options: FailureOptions = {}): Failure<In, Out> {
  if (!isSchema(detail)) {
    throw new MeshError('Invalid', "a failure's detail isn't described by a Standard Schema", {
      code: 'MILLRACE_CONTRACT',
    });
  }
  return { detail, options };
}
