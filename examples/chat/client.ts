/**
 * Talks from a terminal: `node client.js NAME [ROOM [ADDRESS]]`. Each line is said, `/join ROOM` goes elsewhere, and the end of
 * the input (Ctrl-D) ends it.
 */
import { createInterface } from 'node:readline';
import { addresses, asMeshError, consume, fromIterable, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { defer, finalize, scan, startWith } from 'rxjs';
import { Chat, type Line } from './chat.js';

const [who = 'somebody', room = 'lobby', address = 'tcp://127.0.0.1:7010'] = process.argv.slice(2);
const app = await mesh().in(addresses(address)).over(tcp()).configure({ 'log.level': 'warn' }).start();
const entered: Line = { room, who, text: '' };
const said = defer(typed).pipe(scan(spoken, entered), startWith(entered));
try {
  await consume(app.client(Chat).talk(said), ({ room, who, text }) => console.log(`#${room} ${who}: ${text}`));
} catch (error) {
  const { tag, message } = asMeshError(error);
  console.error(`${tag}: ${message}`);
  process.exitCode = 1;
}
await app.stop();

function spoken(before: Line, typed: string): Line {
  const [, room] = /^\/join (.+)$/.exec(typed) ?? [];
  return room === undefined ? { ...before, text: typed } : { ...before, room, text: '' };
}

function typed() {
  const terminal = createInterface({ input: process.stdin });
  return fromIterable(terminal).pipe(finalize(() => terminal.close()));
}
