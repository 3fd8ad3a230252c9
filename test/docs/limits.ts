/** docs/limits.md: the table of limits, from the table that the code reads. */
import { LIMITS, type Limits } from 'millrace/rsocket';
import { type Page, pageOf } from './page.js';

type Row = (typeof LIMITS)[keyof Limits];

const intro = `# Limits

What a peer can make Millrace hold or do is bounded, and each bound can be set, by \`limits\` of \`listen\` and of \`connect\`:

\`\`\`ts
const server = await listen(tcp({ port: 7000 }), service, { limits: { streams: 1000, reassembly: '4 MiB', setupTime: '5 s' } });
\`\`\`

Sizes are numbers of bytes or texts such as \`'64 KiB'\`, times numbers of milliseconds or texts such as \`'5 s'\`. A wrong value, or a
name that is not in the table, throws Invalid where it is written. Either side has its own limits; they hold for requests and answers alike.

This page is made from the code by \`npm run docs\`.
`;

export function generate(): Promise<Page> {
  const rows = Object.entries(LIMITS).map(
    ([name, row]) => `| \`${name}\` | ${initialOf(row)} | ${row.about.replaceAll('|', '\\|')} |`,
  );
  const table = ['| name | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  return pageOf('docs/limits.md', `${intro}\n${table}\n`);
}

/** The default in the unit that is read most easily. */
function initialOf({ initial, about }: Row): string {
  if (/^Bytes\b/.test(about)) return inUnits(initial, 1024, ['B', 'KiB', 'MiB', 'GiB']);
  if (/\bmilliseconds\b/i.test(about)) return inUnits(initial, 1000, ['ms', 's']);
  return initial.toLocaleString('en-GB');
}

function inUnits(value: number, step: number, units: readonly string[]): string {
  let left = value;
  let at = 0;
  while (left >= step && left % step === 0 && at < units.length - 1) {
    left /= step;
    at += 1;
  }
  return `${left.toLocaleString('en-GB')} ${units[at]}`;
}
