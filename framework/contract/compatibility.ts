/** Whether a newer version of a contract still serves the callers of an older one. */
import type { ContractDescription, JsonSchema, MethodDescription } from './description.js';

/**
 * What in `newer` would break a caller that was written for `older`, one text for each; none if it can be put in its place.
 * A request may ask for less and allow more, a reply may say more and promise more. What JSON Schema keywords beyond types,
 * properties, items and enumerations say is compared for equality.
 * @example expect(breaks(describeContract(published), describeContract(Catalog))).to.deep.equal([])
 */
export function breaks(older: ContractDescription, newer: ContractDescription): string[] {
  const found: string[] = [];
  const [was, is] = [majorOf(older), majorOf(newer)];
  if (was !== is) found.push(`${older.name} is version ${newer.version}, and refuses callers of ${was}`);
  for (const [name, method] of Object.entries(older.methods)) {
    const route = `${older.name}.${name}`;
    const now = newer.methods[name];
    if (now === undefined) found.push(`${route} is gone`);
    else found.push(...breaksOfMethod(route, method, now));
  }
  for (const name of Object.keys(newer.failures)) {
    const before = older.failures[name];
    const now = newer.failures[name];
    if (before !== undefined && now !== undefined)
      found.push(...accepts(`the detail of ${older.name}.${name}`, before.detail, now.detail));
  }
  return found;
}

function majorOf({ version }: ContractDescription): string {
  return version.split('.')[0] ?? '';
}

function breaksOfMethod(route: string, older: MethodDescription, newer: MethodDescription): string[] {
  if (older.interaction !== newer.interaction)
    return [`${route} was a ${older.interaction}, and is a ${newer.interaction}`];
  return [
    ...accepts(`the request of ${route}`, newer.request, older.request),
    ...accepts(`the reply of ${route}`, open(older.reply ?? true), open(newer.reply ?? true)),
  ];
}

/** Callers take no notice of fields that they don't know, whatever their schema says of them. */
function open(schema: unknown): JsonSchema {
  if (!isSchema(schema) || typeof schema === 'boolean') return schema !== false;
  return opened(schema) as JsonSchema;
}

function opened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, each]) => key !== 'additionalProperties' || each !== false);
  return Object.fromEntries(kept.map(([key, each]) => [key, opened(each)]));
}

type Schema = Readonly<Record<string, unknown>>;
/** Nesting beyond this is compared for equality. */
const DEPTH = 32;
/** Keywords that say nothing about what is valid. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  'title',
  'description',
  '$comment',
  'default',
  'examples',
  '$schema',
  'deprecated',
]);
const UNDERSTOOD: ReadonlySet<string> = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
]);

/** Why `reader` would refuse something that `writer` may write. */
function accepts(place: string, reader: JsonSchema, writer: JsonSchema, depth = 0): string[] {
  if (reader === true || same(reader, writer)) return [];
  if (typeof reader === 'boolean') return [`${place} is not allowed any more`];
  if (depth > DEPTH) return [`${place} has changed`];
  if (typeof writer === 'boolean')
    return Object.keys(reader).every((key) => ANNOTATIONS.has(key))
      ? []
      : [`${place} may be anything on one side, and not on the other`];
  const found: string[] = [];
  const others = new Set([...Object.keys(reader), ...Object.keys(writer)]);
  for (const key of others) {
    if (ANNOTATIONS.has(key) || UNDERSTOOD.has(key) || reader[key] === undefined || same(reader[key], writer[key]))
      continue;
    found.push(`${place}: ${key} has changed`);
  }
  found.push(...acceptsType(place, reader, writer), ...acceptsValues(place, reader, writer));
  found.push(...acceptsProperties(place, reader, writer, depth));
  if (isSchema(reader['items']))
    found.push(...accepts(`an item of ${place}`, reader['items'], asSchema(writer['items']), depth + 1));
  return found;
}

function acceptsType(place: string, reader: Schema, writer: Schema): string[] {
  const allowed = namesOf(reader['type']);
  if (allowed.length === 0) return [];
  const written = namesOf(writer['type']);
  const missing = written.filter(
    (type) => !allowed.includes(type) && !(type === 'integer' && allowed.includes('number')),
  );
  if (written.length > 0 && missing.length === 0) return [];
  return [
    `${place} may be ${written.length === 0 ? 'anything' : missing.join(' or ')} on one side, and is ${allowed.join(' or ')} on the other`,
  ];
}

function acceptsValues(place: string, reader: Schema, writer: Schema): string[] {
  const allowed = valuesOf(reader);
  if (allowed === undefined) return [];
  const written = valuesOf(writer);
  if (written === undefined) return [`${place} is one of ${texts(allowed)} on one side only`];
  const missing = written.filter((value) => !allowed.some((each) => same(each, value)));
  return missing.length === 0
    ? []
    : [`${place} may be ${texts(missing)} on one side, and is one of ${texts(allowed)} on the other`];
}

function acceptsProperties(place: string, reader: Schema, writer: Schema, depth: number): string[] {
  const found: string[] = [];
  const wanted = propertiesOf(reader);
  const given = propertiesOf(writer);
  const certain = new Set(namesOf(writer['required']));
  for (const name of namesOf(reader['required'])) {
    if (!certain.has(name))
      found.push(
        `${place}: ${name} is required on one side, and ${given[name] === undefined ? 'unknown' : 'optional'} on the other`,
      );
  }
  for (const [name, schema] of Object.entries(given)) {
    const expected = wanted[name];
    if (expected !== undefined)
      found.push(...accepts(`${place}, ${name}`, asSchema(expected), asSchema(schema), depth + 1));
    else if (reader['additionalProperties'] === false && writer['additionalProperties'] !== false) {
      found.push(`${place}: ${name} is not allowed any more`);
    }
  }
  return found;
}

function propertiesOf(schema: Schema): Schema {
  const { properties } = schema;
  return typeof properties === 'object' && properties !== null ? (properties as Schema) : {};
}

function valuesOf(schema: Schema): readonly unknown[] | undefined {
  if (Array.isArray(schema['enum'])) return schema['enum'] as unknown[];
  return 'const' in schema ? [schema['const']] : undefined;
}

function namesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

function asSchema(value: unknown): JsonSchema {
  return isSchema(value) ? value : true;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function texts(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}
