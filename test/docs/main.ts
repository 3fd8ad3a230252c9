/** `npm run docs`: writes the pages of docs that are made from the code. */
import { writeFileSync } from 'node:fs';
import { generators } from './generators.js';
import { root } from './page.js';

for (const generate of Object.values(generators)) {
  const { file, text } = await generate();
  writeFileSync(`${root}${file}`, text);
  console.log(file);
}
