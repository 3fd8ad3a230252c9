/** A link of a chain: `relay.js TRANSPORT PORT`. It passes on what it is asked to the server at that port. */
import { connect, listen } from 'millrace/rsocket';
import { isObservable } from 'rxjs';
import { fail, report, say, transportOf } from './station.js';

const [transport, port] = process.argv.slice(2);

report(() => 0);
const next = await connect(transportOf(transport, Number(port)));
const server = await listen(transportOf(transport, 0), ({ request }) =>
  isObservable(request) ? next.channel(request) : next.stream(request),
);
next.closed.subscribe({ error: fail });
say({ kind: 'listening', port: server.address.port });
