/**
 * `npm start`: a source, a middle and an edge service, each an RSocket server on loopback, and a reader at the end whose pace
 * changes. A line each second shows that the source produces no faster than the reader reads, three hops away.
 */
import { connect, type Connection, listen, payload, type Server, tcp, websocket } from 'millrace/rsocket';
import { concat, lastValueFrom } from 'rxjs';
import { readAtPace } from './reader.js';
import { edge, middle, source, WINDOW } from './services.js';
import { settingsOf } from './settings.js';
import { lineOf, type Tally } from './tally.js';

try {
  await river();
} catch (error) {
  process.stderr.write(`river: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function river(): Promise<void> {
  const settings = settingsOf(process.env);
  const tally: Tally = { produced: 0, middle: 0, edge: 0, read: 0 };

  const sourceServer = await listen(tcp({ port: settings.sourcePort }), source(tally));
  const toSource = await connect(tcp(sourceServer.address));
  const middleServer = await listen(tcp({ port: settings.middlePort }), middle(toSource, tally));
  const toMiddle = await connect(tcp(middleServer.address));
  const edgeServer = await listen(websocket({ port: settings.edgePort }), edge(toMiddle, tally));
  const toEdge = await connect(websocket(edgeServer.address));
  say(`source at tcp://${placeOf(sourceServer)}`);
  say(`middle at tcp://${placeOf(middleServer)}`);
  say(`edge at ws://${placeOf(edgeServer)}`);

  const started = performance.now();
  const pace = (): number => {
    const turn = Math.floor((performance.now() - started) / settings.hold);
    return settings.paces[turn % settings.paces.length] ?? 1;
  };
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  let before = { ...tally };
  const lines = setInterval(() => {
    say(lineOf(tally, before, pace()));
    before = { ...tally };
  }, settings.tick);
  try {
    await readAtPace(
      toEdge.stream(payload('readings'), { window: WINDOW }),
      pace,
      () => (tally.read += 1),
      stopping.signal,
    );
  } finally {
    clearInterval(lines);
  }
  await drain([toEdge, edgeServer, toMiddle, middleServer, toSource, sourceServer]);
  say(`drained: produced ${tally.produced}, read ${tally.read}`);
}

/** Closes one after the other, from the reader's end to the source: each waits for the calls that are open. */
function drain(parts: readonly (Connection | Server)[]): Promise<undefined> {
  return lastValueFrom(concat(...parts.map((part) => part.close())), { defaultValue: undefined });
}

function placeOf({ address }: Server): string {
  return `${address.host}:${address.port}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
