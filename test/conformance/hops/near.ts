/** The near end of a chain: `near.js TRANSPORT BYTES EVERY PORT down|up`. It reads a stream slowly, or makes a channel's items. */
import { connect, payload } from 'millrace/rsocket';
import { fail, make, readSlowly, report, say, transportOf } from './station.js';

const [transport, bytes, every, port, way] = process.argv.slice(2);
let count = 0;

report(() => count);
const connection = await connect(transportOf(transport, Number(port)));
if (way === 'down') {
  readSlowly(connection.stream(payload('items')), Number(every), () => say({ kind: 'reached', count: (count += 1) }));
} else {
  const replies = connection.channel(make(Number(bytes), () => (count += 1)));
  readSlowly(replies, Number(every), () => fail(new Error('a reply that nobody sent')));
}
