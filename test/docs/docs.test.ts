import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { generators } from './generators.js';
import { root } from './page.js';

describe('generated docs', () => {
  for (const [name, generate] of Object.entries(generators)) {
    it(`of ${name} are as the code makes them; npm run docs writes them`, async () => {
      const { file, text } = await generate();
      expect(existsSync(`${root}${file}`), file).to.equal(true);
      expect(readFileSync(`${root}${file}`, 'utf8')).to.equal(text);
    }).timeout(30_000);
  }
});
