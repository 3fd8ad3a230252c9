/** A program with a part that starts when the process gets SIGUSR2, and fails to if it was started with `fail`. */
import { component, contract, type Handlers, Log, mesh, nothing, response, serves, unchecked } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { once } from 'node:events';
import { of } from 'rxjs';

const Slow = contract('slow', { name: response(nothing, unchecked<string>()) });

@component()
class Engine {
  constructor(private readonly log: Log) {}

  async onStart(): Promise<void> {
    const told = once(process, 'SIGUSR2');
    const awake = setInterval(() => undefined, 60_000);
    this.log.info('engine starts');
    await told;
    clearInterval(awake);
    if (process.argv.includes('fail')) throw new Error('no steam');
    this.log.info('engine runs');
  }

  onStop(): void {
    this.log.info('engine stops');
  }
}

@serves(Slow)
class SlowService implements Handlers<typeof Slow> {
  constructor(readonly engine: Engine) {}

  name() {
    return of('slow');
  }
}

await mesh(SlowService)
  .over(tcp({ port: 0 }))
  .run();
