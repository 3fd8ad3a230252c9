/** The page about demand and RxJS operators, from the table that the tests drive. */
import { format, resolveConfig } from 'prettier';
import type { Bound, Category, OperatorCase, Pipeline } from '../demand/operator-case.js';
import { operatorCases } from '../demand/operator-cases.js';

/** Where the page belongs. */
export const operatorsPath = 'docs/operators.md';

/** The page, formatted as the repository is. */
export async function operatorsPage(): Promise<string> {
  const style = await resolveConfig(operatorsPath);
  return format(`${head}\n${table()}\n`, { ...style, filepath: operatorsPath });
}

/** A pipeline as it is written in the table of cases, without its argument. */
export function written(pipeline: Pipeline): string {
  return String(pipeline)
    .replace(/^\([^)]*\) => /, '')
    .replace(/\s+/g, ' ')
    .replace(/\(\s+/g, '(')
    .replace(/,?\s+\)/g, ')')
    .replace(/\s+\./g, '.');
}

const head = `# Demand and RxJS operators

RxJS has no demand. In Millrace a sink (a reply on the wire, \`for await\`, \`consume()\`) has a gate, and pulled sources (a
client's streams, \`fromIterable\`, \`fromReadable\`, \`pull\`) find it through the operators between, and give an item only
while it is open. What every operator and creation function of RxJS 7.8 does to that:

- **keeps** demand: no more is taken from the sources than the sink asks for, but for the few items that the table says;
- **absorbs** it: holds items back, folds or drops them, so that it takes more than it gives;
- **expands**: gives what nobody asked for; a sink keeps 256 such items, then the stream fails with \`Overrun\`;
- **cuts** the chain: the source sees no gate any more, gives one item a turn of the event loop, and Millrace warns;
- **twin**: runs ahead of demand where Millrace's own operator does not;
- **none**: gives no items of its own.

In the examples \`numbers()\` is an endless pulled source, \`few(n)\` one of n items, \`failing()\` one that fails after two items,
\`answer(value)\` a call to another service, \`ticks()\` something pushed each 5 ms, \`time\` a scheduler,
\`endless()\` a generator of numbers. *Taken* is the most
that is taken from pulled sources for n items that the sink was given. A test drives every row, asking ten items at a time.

A notifier (of \`takeUntil\`, \`buffer\`, \`sample\`) and the outer source of a search's \`switchMap\` wait for demand too if they
are pulled: wrap them in \`control()\`.
`;

function table(): string {
  const rows = Object.entries(operatorCases).map(([name, row]) => line(name, row));
  return ['| operator | demand | for example | taken | |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function line(name: string, row: OperatorCase): string {
  const cells = [`\`${name}\``, row.category, code(row), taken(row), remark(row)];
  return `| ${cells.join(' | ')} |`;
}

function remark({ note = '', twin }: OperatorCase): string {
  return twin === undefined ? note : `${note} Instead: ${code(twin)}, which takes ${taken(twin)}.`.trim();
}

function taken(row: Bound & { readonly category?: Category; readonly pipeline: Pipeline }): string {
  const { per = 1, extra = 0, everything } = row;
  if (row.category === 'cuts') return 'one a turn';
  if (everything) return 'everything';
  if (!/numbers|few|failing|endless/.test(written(row.pipeline))) return '';
  return `${per === 1 ? '' : per}n${extra === 0 ? '' : ` + ${extra}`}`;
}

function code({ pipeline, example = written(pipeline) }: Pick<OperatorCase, 'pipeline' | 'example'>): string {
  return `\`${example.replaceAll('|', '\\|')}\``;
}
