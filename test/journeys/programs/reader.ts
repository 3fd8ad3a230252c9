/**
 * A slow reader: `reader.js NAME ADDRESS… ` reads ten million numbers of a station, one each millisecond, and logs every 200 how many it
 * has read and how many the source has made by then.
 */
import { addresses, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { setTimeout as delay } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { stationOf } from '../station.js';

const [name = '', ...places] = process.argv.slice(2);
const app = await mesh()
  .named('reader')
  .over(tcp())
  .in(addresses(...places))
  .run();
const station = app.client(stationOf(name));
/** Stations that pass the numbers on add one each. */
const RELAYS = 2;
let read = 0;
let wrong = 0;
for await (const item of station.page(10_000_000)) {
  if (item !== read + RELAYS) wrong += 1;
  read += 1;
  await delay(1);
  if (read % 200 === 0) {
    const made = await firstValueFrom(station.made());
    app.log.info({ read, made, wrong, rss: process.memoryUsage.rss() }, 'read');
  }
}
