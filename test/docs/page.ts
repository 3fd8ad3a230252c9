/** A page of docs that is made from the code: where it belongs, and its text as it has to be. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

export interface Page {
  /** From the root of the repository, `docs/limits.md`. */
  readonly file: string;
  readonly text: string;
}

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The page with its text as the formatter wants it. */
export async function pageOf(file: string, text: string): Promise<Page> {
  const config = await resolveConfig(`${root}${file}`);
  return { file, text: await format(text, { ...config, filepath: file }) };
}

/** A page that people write, with what stands between `<!-- NAME -->` and `<!-- /NAME -->` made anew. Throws where that isn't there. */
export function pageWith(file: string, parts: Readonly<Record<string, string>>): Promise<Page> {
  let text = readFileSync(`${root}${file}`, 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from === -1 || to < from) throw new Error(`${file} has no ${begin} … ${end}`);
    text = `${text.slice(0, from + begin.length)}\n\n${part}\n\n${text.slice(to)}`;
  }
  return pageOf(file, text);
}

/** A table in Markdown. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
