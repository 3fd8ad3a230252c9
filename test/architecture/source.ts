/** A source file as the architecture rules see it: its code without comments and literals, and what it imports. */

export interface Import {
  /** The name as written: `./turn.js`, `rxjs`, `node:net`; undefined when it is computed. */
  readonly name: string | undefined;
  readonly line: number;
  /** True for `import type` and `export type`, which leave nothing behind at run time. */
  readonly typeOnly: boolean;
}

export interface Source {
  /** The path from the root of the repository, with slashes. */
  readonly path: string;
  /** The text with comments and the inside of literals blanked, so that positions stay. */
  readonly code: string;
  readonly imports: readonly Import[];
  readonly lines: number;
}

/** Reads a source text. */
export function parseSource(path: string, text: string): Source {
  const code = blank(text);
  return { path, code, imports: importsOf(text, code), lines: text.trimEnd().split('\n').length };
}

/** The line, counted from 1, of a position in a text. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

function importsOf(text: string, code: string): Import[] {
  const named = /(?<![.\w$])(?:from\s*|import\s*\(?\s*|require\s*\(\s*)(['"])/g;
  const computed = /(?<![.\w$])import\s*\(\s*(?!['"\s])/g;
  const found = [...code.matchAll(named)].map((match): Import => {
    const start = match.index + match[0].length;
    const name = text.slice(start, text.indexOf(match[1] ?? "'", start));
    return { name, line: lineAt(text, start), typeOnly: isTypeOnly(code, match.index) };
  });
  const unknown = [...code.matchAll(computed)].map(({ index }): Import => {
    return { name: undefined, line: lineAt(text, index), typeOnly: false };
  });
  return [...found, ...unknown];
}

function isTypeOnly(code: string, position: number): boolean {
  const statement = code.slice(code.lastIndexOf(';', position) + 1, position);
  return /^\s*(?:import|export)\s+type\s/.test(statement);
}

/** Replaces comments and the inside of strings, templates and regular expressions by spaces; line breaks stay. */
function blank(text: string): string {
  const templates: number[] = [];
  let depth = 0;
  let out = '';
  let at = 0;
  const skip = (end: number, keep: number) => {
    const part = text.slice(at, end);
    out +=
      part.length <= 2 * keep
        ? part
        : part.slice(0, keep) + space(part.slice(keep, part.length - keep)) + part.slice(-keep || part.length);
    at = end;
  };
  const skipTemplate = () => {
    const { end, opens } = templateEnd(text, at + 1);
    skip(end, 1);
    if (opens) templates.push(depth);
  };
  while (at < text.length) {
    const char = text[at] ?? '';
    const two = text.slice(at, at + 2);
    if (two === '//') skip(indexOr(text, '\n', at), 0);
    else if (two === '/*') skip(indexOr(text, '*/', at + 2) + 2, 0);
    else if (char === "'" || char === '"') skip(quoteEnd(text, at), 1);
    else if (char === '`') skipTemplate();
    else if (char === '}' && templates.at(-1) === depth) {
      templates.pop();
      skipTemplate();
    } else if (char === '/' && startsPattern(out)) skip(patternEnd(text, at), 1);
    else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      out += char;
      at += 1;
    }
  }
  return out;
}

const space = (text: string) => text.replace(/[^\n]/g, ' ');

function indexOr(text: string, part: string, from: number): number {
  const index = text.indexOf(part, from);
  return index === -1 ? text.length : index;
}

function quoteEnd(text: string, start: number): number {
  const quote = text[start];
  let at = start + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function templateEnd(text: string, start: number): { end: number; opens: boolean } {
  let at = start;
  while (at < text.length && text[at] !== '`') {
    if (text.startsWith('${', at)) return { end: at + 2, opens: true };
    at += text[at] === '\\' ? 2 : 1;
  }
  return { end: at + 1, opens: false };
}

/** After a value a slash divides; after an operator, a bracket or a keyword it begins a regular expression. */
function startsPattern(before: string): boolean {
  return /(?:^|[=(,:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|await|yield))$/.test(
    before.trimEnd().slice(-12),
  );
}

function patternEnd(text: string, start: number): number {
  let at = start + 1;
  let inClass = false;
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}
