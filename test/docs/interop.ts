/** docs/interop.md: what passes between Millrace and stock rsocket-js, from the cases that the tests run. */
import { cases } from '../rsocket/stock-cases.js';
import { type Page, pageOf } from './page.js';

const intro = `# Interoperation

Millrace speaks RSocket 1.0 with any implementation. Two things are its own, and hidden from others: peers that are both Millrace recognise each
other in SETUP, and then send errors whole, a reply's metadata, and a bound in bytes ([decisions](decisions.md), D-003).

## Stock rsocket-js 1.0.0-alpha.3

Every case below passes in \`npm test\`, with the packages as they are published. Where rsocket-js does not do a thing, the note says what it does instead.
`;

const outro = `
## Other implementations

\`npm run interop -- --tcp PORT [--ws PORT] [--fragment BYTES]\` starts a responder with a fixed set of routes that any implementation can be
pointed at: \`echo\`, \`echo.meta\`, \`size\`, \`big.N\`, \`empty\`, \`never\`, \`delay.MS\`, \`error\` and its kinds, \`range.N\`, \`slow.N\`, \`interval.MS\`,
\`stream.error.N\`, \`stream.big.N\`, \`channel.echo\`, \`channel.take.N\`, \`channel.error.N\`, \`channel.sum\`, and \`stats\`, which tells what the responder has
seen, each REQUEST_N included. It prints \`interop ready tcp=PORT ws=PORT\` when it accepts connections. \`--resume\` lets clients
resume their connections, and \`--lease REQUESTS --ttl MS\` grants as many requests in each lease.

rsocket-java 1.1.5 counts the three bytes of a frame's length into its largest frame and hangs on one that is longer, so Millrace splits what
would be longer than 16,777,212 bytes.
`;

const transports = { tcp: 'TCP', websocket: 'WebSocket' } as const;

export function generate(): Promise<Page> {
  const names = [...new Set(cases.map(({ name }) => name))];
  const columns = (['client', 'server'] as const).flatMap((role) =>
    (['tcp', 'websocket'] as const).map((transport) => ({ role, transport })),
  );
  const head = columns.map(({ role, transport }) => `Millrace as ${role}, ${transports[transport]}`);
  const rows = names.map((name) => {
    const own = cases.filter((each) => each.name === name);
    const cells = columns.map(({ role, transport }) =>
      own.some((each) => each.role === role && each.transport === transport) ? 'passes' : '',
    );
    const notes = [...new Set(own.flatMap(({ note }) => (note === undefined ? [] : [note])))];
    return `| ${[name, ...cells, notes.join('; ')].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const table = [`| case | ${head.join(' | ')} | note |`, `| ${'--- | '.repeat(columns.length + 2)}`, ...rows];
  return pageOf('docs/interop.md', `${intro}\n${table.join('\n')}\n${outro}`);
}
