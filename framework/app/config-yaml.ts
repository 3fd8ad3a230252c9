/** The text of a configuration file as a tree whose entries know their lines: YAML 1.2, and JSON, which is read as YAML too. */
import { parse as parseJson } from 'secure-json-parse';
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { CST, Document, ErrorCode, LineCounter, Node, Parser, YAMLMap } from 'yaml';
import { printable } from '../core/index.js';
import { type Fault, fault } from './config-faults.js';
import type { Entry } from './config-tree.js';

let loaded: typeof Yaml | undefined;

/** Loaded with the first file: most programs start without one. */
function yaml(): typeof Yaml {
  return (loaded ??= createRequire(import.meta.url)('yaml') as typeof Yaml);
}

/** What a text has, and all that is wrong with it; of a text that can't be read there are no entries. */
export interface YamlText {
  readonly faults: readonly Fault[];
  readonly entries: readonly Entry[];
}

/** Groups and lists within each other. */
const DEEPEST = 32;
/** What a text may repeat by aliases, lest a short one become gigabytes. */
const MOST_ALIASES = 100;

/** Reads one document. `from` is where the faults and entries stand, to which their line is added. */
export function readYaml(text: string, from: string, isJson: boolean): YamlText {
  const lines = new (yaml().LineCounter)();
  const place = (offset: number): string => `${from}:${lines.linePos(offset).line}`;
  const faults = isJson ? jsonFaults(text, from) : [];
  if (faults.length > 0) return { faults, entries: [] };
  const document = documentOf(text, lines, place);
  if ('says' in document) return { faults: [document], entries: [] };
  const wrong = [...syntaxFaults(document, place), ...contentFaults(document, place)];
  if (wrong.length > 0) return { faults: wrong, entries: [] };
  const { contents } = document;
  if (yaml().isMap(contents)) return { faults: [], entries: entriesOf(document, contents, place) };
  const empty = contents === null || (yaml().isScalar(contents) && contents.value === null);
  return { faults: empty ? [] : [fault(place(0), 'holds one value, where params stand by their names')], entries: [] };
}

type Place = (offset: number) => string;

/** Not the parser's own message: it quotes the text, where a secret may stand. */
function jsonFaults(text: string, from: string): Fault[] {
  try {
    parseJson(text);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (message.includes('forbidden prototype')) return [fault(from, 'has a key that would change a prototype')];
    const position = / at position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? '' : `:${text.slice(0, Number(position)).split('\n').length}`;
    return [fault(`${from}${line}`, 'is not JSON')];
  }
}

/**
 * The document of a text. The parser keeps its nesting in an array, the composer on the stack, whose overflow inside a
 * regular expression ends the process; so that depth is bounded while parsing.
 */
function documentOf(text: string, lines: LineCounter, place: Place): Document.Parsed | Fault {
  const tokens: CST.Token[] = [];
  const parser = new (yaml().Parser)(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new (yaml().Lexer)().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (depthOf(parser) > DEEPEST) return fault(place(parser.offset), `is nested deeper than ${DEEPEST}`);
  }
  tokens.push(...parser.end());
  const second = tokens.filter(({ type }) => type === 'document')[1];
  if (second !== undefined) return fault(place(second.offset), 'begins a second document, where a file has one');
  const composer = new (yaml().Composer)({ version: '1.2', schema: 'core', prettyErrors: false, uniqueKeys: false });
  const [document] = composer.compose(tokens, true, text.length);
  return document ?? fault(place(0), 'is not YAML');
}

/** How many groups and lists are open. */
function depthOf({ stack }: Parser): number {
  return stack.length > DEEPEST ? stack.filter((token) => yaml().CST.isCollection(token)).length : 0;
}

/** One a line, for what follows a first error is mostly its consequence. */
function syntaxFaults({ errors, warnings }: Document.Parsed, place: Place): Fault[] {
  const byPlace = new Map<string, Fault>();
  for (const { pos, code } of [...errors, ...warnings]) {
    const from = place(pos[0]);
    if (!byPlace.has(from))
      byPlace.set(from, fault(from, `is not YAML: ${REASONS[code] ?? code.toLowerCase().replaceAll('_', ' ')}`));
  }
  return [...byPlace.values()];
}

/** In the place of the parser's messages, which quote the text. */
const REASONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'an alias that nothing is called',
  BAD_DQ_ESCAPE: 'an escape that there is not',
  BAD_INDENT: 'wrong indentation, or a bracket is missing',
  BAD_SCALAR_START: 'a value that begins with a reserved character (put it in quotes)',
  BLOCK_AS_IMPLICIT_KEY: 'a group where a value belongs (a value with a colon goes in quotes)',
  MISSING_CHAR: 'a quote, bracket, comma or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key over more than one line, or a colon is missing',
  TAB_AS_INDENT: 'a tab as indentation',
  TAG_RESOLVE_FAILED: 'a tag that is not known, or does not fit its value',
  UNEXPECTED_TOKEN: 'something that does not belong here',
};

/** Without its name: what is a password to a reader, `*swordfish`, is an alias in YAML. */
const NO_ANCHOR = 'an alias that nothing before it is called (put it in quotes if it is a text)';

/** What YAML allows and a configuration does not; once over the whole text, whoever reads its values. */
function contentFaults(document: Document.Parsed, place: Place): Fault[] {
  const faults: Fault[] = [];
  let aliases = 0;
  yaml().visit(document, {
    Alias: (_, node) => {
      aliases += 1;
      const from = place(offsetOf(node));
      if (aliases > MOST_ALIASES)
        faults.push(fault(from, `has alias ${aliases}, where a file may have ${MOST_ALIASES}`));
      else if (node.resolve(document) === undefined) faults.push(fault(from, NO_ANCHOR));
      return aliases > MOST_ALIASES ? yaml().visit.BREAK : undefined;
    },
    Map: (_, node) => void faults.push(...keyFaults(node, place)),
  });
  return faults;
}

function keyFaults(map: YAMLMap, place: Place): Fault[] {
  const seen = new Set<string>();
  return map.items.flatMap(({ key }): Fault[] => {
    const from = place(offsetOf(key));
    if (!yaml().isScalar(key)) return [fault(from, 'a key has to be a text')];
    const name = String(key.value);
    if (FORBIDDEN.has(name)) return [fault(from, `the key ${name} would change a prototype`)];
    if (seen.has(name)) return [fault(from, `the key ${printable(name, 100)} stands twice in its group`)];
    seen.add(name);
    return [];
  });
}

const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function entriesOf(document: Document.Parsed, map: YAMLMap, place: Place): Entry[] {
  return map.items.map(({ key, value }) => {
    const node = yaml().isAlias(value) ? value.resolve(document) : value;
    return {
      key: yaml().isScalar(key) ? String(key.value) : '',
      from: place(offsetOf(key)),
      value: () => (yaml().isNode(value) ? valueOf(document, value) : null),
      inside: () => {
        if (yaml().isMap(node)) return entriesOf(document, node, place);
        return node == null || (yaml().isScalar(node) && node.value === null) ? [] : undefined;
      },
    };
  });
}

function valueOf(document: Document.Parsed, node: Node): unknown {
  try {
    return node.toJS(document, { maxAliasCount: MOST_ALIASES + 1 });
  } catch {
    throw new Error('its aliases repeat too much');
  }
}

function offsetOf(node: unknown): number {
  return yaml().isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
