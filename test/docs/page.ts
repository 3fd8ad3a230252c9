/** A page of docs that is made from the code: where it belongs, and its text as it has to be. */
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
