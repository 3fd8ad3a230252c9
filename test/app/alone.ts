/** A program that nothing keeps alive but what it waits for: `alone.js deadline|stop|timer`. */
import { contract, mesh, nothing, response, schedulerOf, systemClock, unchecked } from 'millrace';
import { firstValueFrom, NEVER, timer } from 'rxjs';

const [, , what = ''] = process.argv;
const Odd = contract('odd', { never: response(nothing, unchecked<number>()) });
const app = await mesh()
  .serve(Odd, { never: () => NEVER })
  .configure({ 'log.level': 'silent', 'app.grace': '50 ms' })
  .start();
const said = (error: unknown): unknown => (error as { tag?: unknown }).tag;

if (what === 'deadline') {
  console.log('done', await firstValueFrom(app.client(Odd).with({ deadline: '50 ms' }).never()).catch(said));
} else if (what === 'stop') {
  const call = firstValueFrom(app.client(Odd).never()).catch(said);
  await app.stop();
  console.log('done', await call);
} else {
  console.log('done', await firstValueFrom(timer(50, schedulerOf(systemClock))));
}
