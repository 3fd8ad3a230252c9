/** A JSON Schema as people write types: `{ id: string; year?: integer }`. */
import { type JsonSchema, printable } from '../../framework/index.js';
import { type Brackets, group, type Layout, leaf, row } from './layout.js';

type Keywords = { readonly [keyword: string]: unknown };

/** References and types within each other that are written out; deeper ones are named. */
const DEEPEST = 12;
const OBJECT: Brackets = { open: '{', close: '}', between: ';', airy: true };
const TUPLE: Brackets = { open: '[', close: ']', between: ',', airy: false };
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** What a schema lets through. Bounds, patterns and other keywords that no type can say are left out. */
export function typeLayout(schema: JsonSchema): Layout {
  return write(schema, { root: schema, open: [], depth: 0 });
}

interface Place {
  readonly root: unknown;
  /** References that are being written out. */
  readonly open: readonly string[];
  readonly depth: number;
}

function write(schema: unknown, place: Place): Layout {
  if (schema === false) return leaf('never', 'yellow');
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return unknown();
  const keywords: Keywords = { ...schema };
  if (place.depth > DEEPEST) return leaf('…');
  const inner = { ...place, depth: place.depth + 1 };
  if (typeof keywords['$ref'] === 'string') return reference(keywords['$ref'], inner);
  if ('const' in keywords) return literal(keywords['const']);
  if (Array.isArray(keywords['enum'])) return joined(keywords['enum'].map(literal), ' | ');
  const some = keywords['anyOf'] ?? keywords['oneOf'];
  if (Array.isArray(some))
    return joined(
      some.map((each) => write(each, inner)),
      ' | ',
    );
  const all = keywords['allOf'];
  if (Array.isArray(all))
    return joined(
      all.map((each) => write(each, inner)),
      ' & ',
    );
  const types = Array.isArray(keywords['type']) ? keywords['type'] : [keywords['type']];
  return joined(
    types.map((type) => ofType(type, keywords, inner)),
    ' | ',
  );
}

function ofType(type: unknown, keywords: Keywords, place: Place): Layout {
  if (type === 'object' || (type === undefined && isObject(keywords['properties']))) return object(keywords, place);
  if (type === 'array') return array(keywords, place);
  if (typeof type !== 'string') return unknown();
  const { format } = keywords;
  const plain = leaf(said(type), 'yellow');
  return typeof format === 'string' ? row(plain, leaf(` /* ${said(format)} */`, 'dim')) : plain;
}

function object(keywords: Keywords, place: Place): Layout {
  const { properties, required, additionalProperties: others } = keywords;
  const certain = new Set(Array.isArray(required) ? required : []);
  const fields = Object.entries(isObject(properties) ? properties : {}).map(([name, schema]) => {
    const key = IDENTIFIER.test(name) ? name : said(JSON.stringify(name));
    return row(leaf(key, 'cyan'), leaf(certain.has(name) ? ': ' : '?: '), write(schema, place));
  });
  const more = isObject(others) || others === true ? [row(leaf('[name: string]: '), write(others, place))] : [];
  return fields.length + more.length === 0 ? leaf('object', 'yellow') : group(OBJECT, [...fields, ...more]);
}

function array({ items, prefixItems }: Keywords, place: Place): Layout {
  const each = items === undefined ? unknown() : write(items, place);
  const many = each.kind === 'row' ? row(leaf('('), each, leaf(')[]')) : row(each, leaf('[]'));
  if (!Array.isArray(prefixItems)) return many;
  const first = prefixItems.map((item) => write(item, place));
  return group(TUPLE, items === undefined || items === false ? first : [...first, row(leaf('...'), many)]);
}

function reference(ref: string, place: Place): Layout {
  const name = ref === '#' ? 'this' : (ref.split('/').at(-1) ?? ref);
  const target = place.open.includes(ref) ? undefined : targetOf(ref, place.root);
  return target === undefined ? leaf(said(name), 'yellow') : write(target, { ...place, open: [...place.open, ref] });
}

/** What a reference within the schema, `#/$defs/Title`, leads to. */
function targetOf(ref: string, root: unknown): unknown {
  if (!ref.startsWith('#')) return undefined;
  const steps = ref
    .slice(1)
    .split('/')
    .filter((step) => step !== '');
  return steps.reduce<unknown>((at, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }, root);
}

function literal(value: unknown): Layout {
  return leaf(said(JSON.stringify(value) ?? 'null'), 'green');
}

function joined(parts: readonly Layout[], between: string): Layout {
  const [only] = parts;
  if (only === undefined) return unknown();
  return parts.length === 1 ? only : row(...parts.flatMap((part, at) => (at === 0 ? [part] : [leaf(between), part])));
}

function unknown(): Layout {
  return leaf('unknown', 'yellow');
}

function said(text: string): string {
  return printable(text, 200);
}

function isObject(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
