/** A contract as plain data: messages as JSON Schemas. Docs, `describe` and other descriptions derive from it. */
import type { Interaction } from '../core/index.js';
import type { AnyMethod, Contract } from './contract.js';
import type { Schema } from './schema.js';

/** A JSON Schema, draft 2020-12; `true` where the schema's library can't say. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

export interface MethodDescription {
  readonly interaction: Interaction;
  readonly about?: string;
  readonly idempotent?: boolean;
  readonly deadline?: string | number;
  /** What a caller sends. */
  readonly request: JsonSchema;
  /** What a caller gets; missing for fire-and-forget. */
  readonly reply?: JsonSchema;
}

export interface FailureDescription {
  readonly detail: JsonSchema;
  readonly httpStatus?: number;
  readonly retry?: string;
}

/** The canonical form: names sorted, nothing that is a default. */
export interface ContractDescription {
  readonly name: string;
  readonly version: string;
  readonly about?: string;
  readonly methods: Readonly<Record<string, MethodDescription>>;
  readonly failures: Readonly<Record<string, FailureDescription>>;
}

/** Describes a contract. Equal contracts give equal descriptions, to the byte as JSON. */
export function describeContract(contract: Contract): ContractDescription {
  const { name, version, about } = contract;
  return {
    name,
    version,
    ...(about === undefined ? {} : { about }),
    methods: sorted(contract.methods, describeMethod),
    failures: sorted(contract.failures, ({ detail, options }) => ({
      detail: schemaOf(detail, 'output'),
      ...(options.httpStatus === undefined ? {} : { httpStatus: options.httpStatus }),
      ...(options.retry === undefined ? {} : { retry: options.retry }),
    })),
  };
}

function describeMethod({ interaction, about, idempotent, deadline, request, reply }: AnyMethod): MethodDescription {
  return {
    interaction,
    ...(about === undefined ? {} : { about }),
    ...(idempotent === true ? { idempotent } : {}),
    ...(deadline === undefined ? {} : { deadline }),
    request: schemaOf(request, 'input'),
    ...(interaction === 'notify' ? {} : { reply: schemaOf(reply, 'output') }),
  };
}

function sorted<A, B>(record: Readonly<Record<string, A>>, describe: (value: A) => B): Record<string, B> {
  const names = Object.keys(record).toSorted();
  return Object.fromEntries(names.map((name) => [name, describe(record[name] as A)]));
}

/** What Standard JSON Schema adds to a schema that can describe itself. Source: standardschema.dev/json-schema, version 1. */
interface SelfDescribing {
  readonly jsonSchema?: Readonly<Record<'input' | 'output', (options: { target: string }) => Record<string, unknown>>>;
}

function schemaOf(schema: Schema, side: 'input' | 'output'): JsonSchema {
  const standard: SelfDescribing & { readonly vendor: string } = schema['~standard'];
  const { jsonSchema, vendor } = standard;
  if (vendor === 'millrace') return schema['~standard'].validate(0) instanceof Promise ? true : ofOurs(schema);
  if (jsonSchema === undefined) return { $comment: `${vendor} gives no JSON Schema for this` };
  try {
    const { $schema: _dialect, ...described } = jsonSchema[side]({ target: 'draft-2020-12' });
    return canonical(described) as JsonSchema;
  } catch (error) {
    return {
      $comment: `${vendor} gives no JSON Schema for this: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** `unchecked()` lets everything through, `nothing` nothing. */
function ofOurs(schema: Schema): JsonSchema {
  const result = schema['~standard'].validate(0);
  return 'issues' in result && result.issues !== undefined ? { type: 'null' } : true;
}

/** The same value with the keys of each object sorted. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, each]) => [key, canonical(each)]));
}
