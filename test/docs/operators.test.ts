import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { operatorCases } from '../demand/operator-cases.js';
import { operatorsPage, operatorsPath } from './operators.js';

describe('the page of operators', () => {
  let page: string;
  before(async () => {
    page = await operatorsPage();
  });

  it('is what the table of cases says; npm run docs writes it', () => {
    expect(readFileSync(operatorsPath, 'utf8')).to.equal(page);
  });

  it('has a line for each row, with as many cells as its head', () => {
    const lines = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(lines).to.have.length(Object.keys(operatorCases).length);
    for (const line of lines) expect(line.split(/(?<!\\)\|/), line).to.have.length(7);
  });
});
