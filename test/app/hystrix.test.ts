import { expect } from 'chai';
import { addresses, type App, contract, mesh, meshError, response, unchecked } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom, type Observable, of, throwError } from 'rxjs';
import { applications } from './applications.js';

const Films = contract('films', { title: response(unchecked<string>(), unchecked<string>()) });

describe('the Hystrix stream of an application', () => {
  const start = applications();

  /** The first event of a kind that meets a condition; the stream is left then. */
  async function event(
    app: App,
    wanted: (event: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown>> {
    const answer = await fetch(`${app.healthAddress}/hystrix.stream?delay=50`);
    expect(answer.headers.get('content-type')).to.match(/^text\/event-stream/);
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of answer.body ?? []) {
      text += decoder.decode(part as Uint8Array, { stream: true });
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines.filter((each) => each.startsWith('data: '))) {
        const seen = JSON.parse(line.slice(6)) as Record<string, unknown>;
        if (wanted(seen)) return seen;
      }
    }
    throw new Error('the stream has ended');
  }

  it('tells how the calls go that it makes, and of its breakers', async () => {
    let broken = false;
    const title = (id: string): Observable<string> => (broken ? throwError(() => meshError('Overrun', 'no')) : of(id));
    const films = await start(
      mesh()
        .serve(Films, { title })
        .over(tcp({ port: 0 })),
    );
    const app = await start(
      mesh()
        .named('home')
        .over(tcp())
        .in(addresses(...films.addresses))
        .configure({ 'health.port': 0, 'breaker.minimum-calls': 5, 'discovery.eject-after': 1000 }),
    );
    const client = app.client(Films);
    for (let at = 0; at < 3; at++) await firstValueFrom(client.title('a'));
    const well = await event(app, ({ type }) => type === 'HystrixCommand');
    expect(well).to.include({
      name: 'films.title',
      group: 'films',
      isCircuitBreakerOpen: false,
      rollingCountSuccess: 3,
      rollingCountFailure: 0,
      propertyValue_circuitBreakerRequestVolumeThreshold: 5,
    });
    broken = true;
    for (let at = 0; at < 6; at++) await firstValueFrom(client.title('a')).catch(() => undefined);
    const ill = await event(app, ({ isCircuitBreakerOpen }) => isCircuitBreakerOpen === true);
    expect(ill).to.include({ rollingCountFailure: 3, rollingCountShortCircuited: 3, errorPercentage: 50 });
    const pool = await event(app, ({ type }) => type === 'HystrixThreadPool');
    expect(pool).to.include({ name: 'films' });
  });

  it('holds no breaker for open whose instance is gone', async () => {
    const films = await start(
      mesh()
        .serve(Films, { title: () => throwError(() => meshError('Overrun', 'no')) })
        .over(tcp({ port: 0 }))
        .configure({ 'app.grace': '50 ms' }),
    );
    const values = {
      'health.port': 0,
      'breaker.minimum-calls': 3,
      'breaker.sleep': '1 s',
      'discovery.eject-after': 1000,
    };
    const plan = mesh()
      .over(tcp())
      .in(addresses(...films.addresses))
      .configure(values);
    const app = await start(plan);
    for (let at = 0; at < 3; at++) await firstValueFrom(app.client(Films).title('a')).catch(() => undefined);
    expect((await event(app, ({ type }) => type === 'HystrixCommand'))['isCircuitBreakerOpen']).to.equal(true);
    await films.stop();
    await event(app, ({ isCircuitBreakerOpen }) => isCircuitBreakerOpen === false);
    const [gauge] = app.meters.measure({ name: 'breakers.open' });
    expect(gauge).to.include({ kind: 'gauge', value: 0 });
  });
});
