/** docs/musts.md: each line of RSocket's specification with MUST, the tests that prove it, and the faults that they catch. */
import { idOf, type Must, type Mutation, mutationsOf } from '../musts/must.js';
import { musts } from '../musts/musts.js';
import { titlesById, titlesOf } from '../musts/titles.js';
import { type Page, pageOf } from './page.js';

const intro = `# The lines with MUST

RSocket's [Protocol.md](https://github.com/rsocket/rsocket/blob/master/Protocol.md) (1.0) has 97 lines that say MUST. Here each stands in our
words, in the order of the document, with the tests that prove it, in \`test/musts\`: most talk to a real socket with frames made by hand.

A test that can't fail proves nothing, so each line has faults, changes in one line of \`transports/rsocket\`, that its tests have to see.
\`npm run soak -- musts\` makes each fault in a copy of the compiled code and runs the line's tests there, which takes some minutes;
\`npm run soak -- musts MUST-09\` takes one line. \`npm test\` runs the tests, and checks that the text of each fault is still in the code.

This page is made from the table by \`npm run docs\`.
`;

export function generate(): Promise<Page> {
  const faults = musts.flatMap(mutationsOf).length;
  const without = musts.filter((must) => mutationsOf(must).length === 0);
  const titles = titlesById();
  const summary = `${musts.length} lines, ${faults} faults; ${without.map(idOf).join(', ')} have none, and say why.`;
  const sections = [...new Set(musts.map(({ section }) => section))].map((section) => {
    const own = musts.filter((must) => must.section === section);
    return `## ${section}\n\n${own.map((must) => entryOf(must, titlesOf(must, titles))).join('\n')}`;
  });
  return pageOf('docs/musts.md', `${intro}\n${summary}\n\n${sections.join('\n\n')}\n`);
}

function entryOf(must: Must, titles: readonly { readonly text: string }[]): string {
  const tests = titles.map(({ text }) => `  - test: ${text}`);
  const faults =
    typeof must.mutations === 'string'
      ? [`  - no fault to make: ${must.mutations}`]
      : must.mutations.map((mutation) => `  - fault in \`${mutation.file}\`: ${changeOf(mutation)}`);
  return [`- **${idOf(must)}** ${must.what}`, ...tests, ...faults].join('\n');
}

function changeOf({ after, find, put }: Mutation): string {
  const change = put === '' ? `without ${code(find)}` : `${code(put)} for ${code(find)}`;
  return after === undefined ? change : `${change}, behind ${code(after)}`;
}

/** Code with backticks of its own needs more around it. */
function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
