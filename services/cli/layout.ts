/** Texts that take one line where they fit, and a line for each part where they don't. */
import type { Paint, Style } from './terminal.js';

/** A piece of text, pieces in a row, or a group in brackets. `width` is what it takes on one line. */
export type Layout =
  | { readonly kind: 'leaf'; readonly width: number; readonly text: string; readonly style: Style | undefined }
  | { readonly kind: 'row'; readonly width: number; readonly parts: readonly Layout[] }
  | { readonly kind: 'group'; readonly width: number; readonly brackets: Brackets; readonly parts: readonly Layout[] };

export interface Brackets {
  readonly open: string;
  readonly close: string;
  /** Between parts, and on a line of its own behind each but the last. */
  readonly between: string;
  /** Whether spaces stand inside of the brackets on one line. */
  readonly airy: boolean;
}

export function leaf(text: string, style?: Style): Layout {
  return { kind: 'leaf', width: text.length, text, style };
}

export function row(...parts: readonly Layout[]): Layout {
  return { kind: 'row', width: sum(parts), parts };
}

export function group(brackets: Brackets, parts: readonly Layout[]): Layout {
  const { open, close, between, airy } = brackets;
  const gaps = Math.max(0, parts.length - 1) * (between.length + 1) + (airy && parts.length > 0 ? 2 : 0);
  return { kind: 'group', width: sum(parts) + gaps + open.length + close.length, brackets, parts };
}

export interface Room {
  readonly columns: number;
  readonly paint: Paint;
  /** Characters that stand before the first line, and to which all others are indented. Default 0. */
  readonly indent?: number;
}

/** Lays it out in so many columns. */
export function laidOut(layout: Layout, { columns, paint, indent = 0 }: Room): string {
  const pieces: string[] = [];
  let column = indent;
  const put = (text: string, style?: Style): void => {
    pieces.push(style === undefined ? text : paint(style, text));
    column += text.length;
  };
  const newLine = (at: number): void => {
    pieces.push(`\n${' '.repeat(at)}`);
    column = at;
  };
  const write = (each: Layout, at: number): void => {
    if (each.kind === 'leaf') return put(each.text, each.style);
    if (each.kind === 'row') return each.parts.forEach((part) => write(part, at));
    const { open, close, between, airy } = each.brackets;
    const breaks = column + each.width > columns && each.parts.length > 0;
    put(breaks || !airy || each.parts.length === 0 ? open : `${open} `);
    each.parts.forEach((part, index) => {
      if (breaks) newLine(at + 2);
      else if (index > 0) put(' ');
      write(part, at + 2);
      if (index < each.parts.length - 1) put(between);
    });
    if (breaks) newLine(at);
    put(breaks || !airy || each.parts.length === 0 ? close : ` ${close}`);
  };
  write(layout, indent);
  return pieces.join('');
}

function sum(parts: readonly Layout[]): number {
  return parts.reduce((total, { width }) => total + width, 0);
}
