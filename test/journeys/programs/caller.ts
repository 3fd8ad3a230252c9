/** A program that serves nothing: `caller.js NAME ADDRESS…` asks the station of that name once, however long that takes. */
import { addresses, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom } from 'rxjs';
import { stationOf } from '../station.js';

const [name = '', ...places] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const app = await mesh()
  .named('caller')
  .over(tcp())
  .in(addresses(...places))
  .run();
const answer = await firstValueFrom(app.client(stationOf(name)).title('tt1'));
app.log.info(`heard ${answer}`);
if (process.argv.includes('--once')) await app.stop();
