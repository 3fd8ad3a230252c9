/** The titles of the tests that prove MUST lines, as they stand in the sources beside this file. */
import { readdirSync, readFileSync } from 'node:fs';
import { root } from '../docs/page.js';
import { idOf, type Must } from './must.js';

export interface Title {
  /** From the root of the repository. */
  readonly file: string;
  /** Without the line's id; a placeholder of the source as `…`. */
  readonly text: string;
}

const folder = 'test/musts';

/** The tests of each line, by its id. */
export function titlesById(): ReadonlyMap<string, readonly Title[]> {
  const found = new Map<string, Title[]>();
  for (const name of readdirSync(`${root}${folder}`).filter((each) => each.endsWith('.test.ts'))) {
    const file = `${folder}/${name}`;
    for (const [, id = '', text = ''] of readFileSync(`${root}${file}`, 'utf8').matchAll(TITLE)) {
      found.set(id, [...(found.get(id) ?? []), { file, text: text.replaceAll(/\$\{[^}]*\}/g, '…') }]);
    }
  }
  return found;
}

/** The titles of a line's tests. */
export function titlesOf(must: Must, all = titlesById()): readonly Title[] {
  return all.get(idOf(must)) ?? [];
}

const TITLE = /\bit\(\s*['`](MUST-\d\d): (.+?)['`],/g;
