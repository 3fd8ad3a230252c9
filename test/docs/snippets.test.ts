import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './page.js';
import { portsOf, type Step, stepsOf } from './snippets.js';
import { freePorts, Stage } from './stage.js';

/** Pages that show lines, and no programs. */
const lines = new Set(['decisions.md', 'limits.md']);
const docs = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md') && !lines.has(file));
const pages = ['README.md', ...docs.toSorted().map((file) => `docs/${file}`)];

describe('the programs and commands of', function () {
  this.timeout(60_000);
  for (const page of pages) {
    describe(page, () => {
      let planned: readonly Step[] = [];
      try {
        planned = stepsOf(page);
      } catch (error) {
        it('can all be run', () => Promise.reject(error));
      }
      if (planned.length > 0) follow(page, planned);
    });
  }
});

function follow(page: string, planned: readonly Step[]): void {
  let stage: Stage;
  let steps: readonly Step[] = [];

  before(async () => {
    const ports = await freePorts(portsOf(page));
    steps = stepsOf(page, ports);
    stage = new Stage(page.replace(/^docs\//, '').replace(/\.md$/, ''), ports);
  });

  after(() => stage.close());

  planned.forEach((step, at) => {
    it(`${at + 1}. ${titleOf(step)}`, () => stage.do(steps[at] as Step));
  });
}

function titleOf(step: Step): string {
  switch (step.kind) {
    case 'file':
      return `are written: ${step.path}`;
    case 'program':
      return `print what the page says: ${step.path}`;
    case 'commands':
      return `do what the page says: ${step.commands.join('; ')}`;
    case 'interrupt':
      return `end in good order: ${step.program}`;
  }
}
