/** Asks the greeter: `node client.js [NAME [ADDRESS]]`. */
import { addresses, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom } from 'rxjs';
import { Greeter } from './greeter.js';

const [name = 'world', address = 'tcp://127.0.0.1:7001'] = process.argv.slice(2);
const app = await mesh().in(addresses(address)).over(tcp()).configure({ 'log.level': 'warn' }).start();
try {
  console.log(await firstValueFrom(app.client(Greeter).hello({ name })));
} finally {
  await app.stop();
}
