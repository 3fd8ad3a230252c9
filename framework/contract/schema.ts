/** Schemas at the border: any library that speaks Standard Schema (zod, valibot, arktype, …). Source: standardschema.dev, version 1. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type MeshError, meshError } from '../core/index.js';

/** What a contract describes messages with: what may be written for a message, and what is read of it. */
export type Schema<In = unknown, Out = In> = StandardSchemaV1<In, Out>;

/** Issues of one message that are named in an error; the rest are counted. */
const NAMED = 5;

/** Lets every message through as it is: for a first sketch, and for what other checks have passed. */
export function unchecked<T = unknown>(): Schema<T> {
  return {
    '~standard': { version: 1, vendor: 'millrace', validate: (value) => ({ value: value as T }) },
  };
}

/** No message: of a method that takes nothing, or says nothing. Lets `undefined` and `null` through, as `undefined`. */
export const nothing: Schema<void> = {
  '~standard': {
    version: 1,
    vendor: 'millrace',
    validate: (value) =>
      value === undefined || value === null ? { value: undefined } : { issues: [{ message: 'nothing was expected' }] },
  },
};

/** Whether `value` can describe messages. */
export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value))
    return false;
  const standard = value['~standard'] as { version?: unknown; validate?: unknown } | null;
  return standard?.version === 1 && typeof standard.validate === 'function';
}

/**
 * What `schema` reads of `value`, at once or, where the schema is asynchronous, later. Throws, or rejects with, `refuse` of a
 * text that says where the value is wrong: "year: expected number, received string; …".
 */
export function check<Out>(
  schema: Schema<unknown, Out>,
  value: unknown,
  refuse: (what: string) => MeshError,
): Out | Promise<Out> {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then((late) => outcome(late, refuse)) : outcome(result, refuse);
}

function outcome<Out>(result: StandardSchemaV1.Result<Out>, refuse: (what: string) => MeshError): Out {
  if (result.issues === undefined) return result.value;
  throw refuse(issuesOf(result.issues));
}

function issuesOf(issues: readonly StandardSchemaV1.Issue[]): string {
  const named = issues.slice(0, NAMED).map(({ message, path }) => {
    const place = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  const more = issues.length > NAMED ? [`and ${issues.length - NAMED} more`] : [];
  return [...named, ...more].join('; ').slice(0, 2000);
}

/** A caller's message that does not match the contract. */
export function invalidMessage(what: string): (issues: string) => MeshError {
  return (issues) =>
    meshError('Invalid', `${what} does not match the contract: ${issues}`, { code: 'MILLRACE_SCHEMA' });
}

/** Our own side's message that does not match the contract: a bug, of which the caller hears no details. */
export function brokenPromise(what: string): (issues: string) => MeshError {
  return (issues) => meshError('Defect', `${what} does not match the contract: ${issues}`, { code: 'MILLRACE_SCHEMA' });
}
