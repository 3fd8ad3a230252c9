/** The far end of a chain: `far.js TRANSPORT BYTES EVERY`. It makes a stream, or reads a channel slowly. */
import { listen } from 'millrace/rsocket';
import { isObservable, NEVER } from 'rxjs';
import { fail, make, readSlowly, report, say, transportOf } from './station.js';

const [transport, bytes, every] = process.argv.slice(2);
let count = 0;

report(() => count);
const server = await listen(transportOf(transport, 0), ({ request }) => {
  if (!isObservable(request)) return make(Number(bytes), () => (count += 1));
  readSlowly(request, Number(every), () => say({ kind: 'reached', count: (count += 1) }));
  return NEVER;
});
say({ kind: 'listening', port: server.address.port });
process.on('uncaughtException', fail);
