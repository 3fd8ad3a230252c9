/** The XML form of Eureka's REST API, as XStream writes it: made from the JSON form, and read into it. */
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { type MeshError, meshError } from '../../framework/index.js';
import { type Info, isRecord } from './eureka-info.js';

const DECLARATION = /<!|<\?(?!xml[\s?])/i;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '$',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '$',
  format: true,
  indentBy: '  ',
  suppressEmptyNode: false,
  suppressBooleanAttributes: false,
});

/**
 * What a document says, as the JSON form would say it. Throws Invalid, `MILLRACE_XML`, for what isn't XML, and for any declaration: what
 * declares entities is refused, not ignored.
 */
export function readXml(text: string): Info {
  if (DECLARATION.test(text)) throw wrong('a document type, comment or processing instruction is not taken');
  if (tooDeep(text)) throw wrong('it is nested too deep');
  let read: unknown;
  try {
    read = parser.parse(text, true);
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : 'it can not be read');
  }
  return friendly(read, fromFriendly) as Info;
}

/** A document of one element. */
export function writeXml(name: string, content: Info): string {
  return builder.build({ [name]: friendly(xmlShape(content), toFriendly) }).trimEnd();
}

/** Elements of an instance are no deeper than this. */
const DEEPEST = 16;

function tooDeep(text: string): boolean {
  let depth = 0;
  for (const [tag] of text.matchAll(/<(\/?)[^<>]*>/g)) {
    if (tag.startsWith('</')) depth -= 1;
    else if (!tag.endsWith('/>') && !tag.startsWith('<?')) depth += 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

/** What XML says otherwise than JSON: attributes of classes, and the name of the override. */
function xmlShape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(xmlShape);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]): [string, unknown] => {
      if (key === '@class') return ['@class', each];
      return [key === 'overriddenStatus' ? 'overriddenstatus' : key, xmlShape(each)];
    }),
  );
}

/** Names as XStream's XmlFriendlyNameCoder writes them. */
function toFriendly(name: string): string {
  return name.replaceAll('_', '__').replaceAll('$', '_-');
}

function fromFriendly(name: string): string {
  return name.replaceAll(/__|_-/g, (each) => (each === '__' ? '_' : '$'));
}

const NAME = /^[A-Za-z_][\w.-]*$/;

function friendly(value: unknown, how: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => friendly(each, how));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => [
    key === '$' || key.startsWith('@') ? key : how(key),
    friendly(each, how),
  ]);
  // A name that XML can't write would make the document one that nobody can read.
  return Object.fromEntries(entries.filter(([key]) => key === '$' || key.startsWith('@') || NAME.test(key)));
}

function wrong(why: string): MeshError {
  return meshError('Invalid', `the XML can't be read: ${why}`, { code: 'MILLRACE_XML' });
}
