import { expect } from 'chai';
import {
  type Client,
  contract,
  type Handlers,
  mesh,
  MeshError,
  notify,
  nothing,
  response,
  serves,
  stream,
  unchecked,
} from 'millrace';
import { virtualClock } from 'millrace/testing';
import { firstValueFrom, lastValueFrom, mergeMap, NEVER, of, timer } from 'rxjs';
import { z } from 'zod';
import { startChild } from '../child.js';
import { applications, failure } from './applications.js';
import { LEVELS, logLines } from './log-lines.js';

const Odd = contract('odd', {
  never: response(nothing, unchecked<number>()),
  ticks: stream(nothing, unchecked<number>()),
  tell: notify(z.object({ sku: z.string() })),
});
const quiet: Handlers<typeof Odd> = { never: () => NEVER, ticks: () => timer(0, 5), tell: () => undefined };

describe('an application in one process', () => {
  const start = applications();

  it('ends its calls when it stops, a stream as well as a response', async () => {
    const app = await start(mesh().serve(Odd, quiet).configure({ 'app.grace': '20 ms' }));
    const client = app.client(Odd);
    const never = failure(firstValueFrom(client.never()));
    const ticks = failure(lastValueFrom(client.ticks()));
    await app.stop();
    for (const error of [await never, await ticks]) {
      expect(error).to.include({ tag: 'Broken', code: 'MILLRACE_STOPPED' });
    }
    expect(app.open).to.deep.equal([]);
  });

  it('fails calls that go round in a circle, and says so', async () => {
    const number = unchecked<number>();
    const [A, B] = [contract('a', { go: response(number, number) }), contract('b', { go: response(number, number) })];
    const to = (next: Client<typeof A>) => (n: number) => of(n).pipe(mergeMap((m) => next.go(m + 1)));
    const app = await start(
      mesh()
        .serve(A, (own) => ({ go: to(own.client(B)) }))
        .serve(B, (own) => ({ go: to(own.client(A)) })),
    );
    const error = await failure(firstValueFrom(app.client(A).go(0)));
    expect(error.tag).to.equal('Invalid');
    expect(error.message).to.match(
      /^[ab]\.go is called within 64 other calls: do services call each other in a circle\?$/,
    );
    expect(app.open).to.deep.equal([]);
  });

  it('can not serve a contract of the name that is its own', async () => {
    const own = contract('millrace', { any: response(nothing, unchecked<number>()) });
    const error = await failure(start(mesh().serve(own, { any: () => of(1) })));
    expect(error.message).to.equal("a contract can't be called millrace: each application serves one of that name");
  });

  it('says which part does not stop', async () => {
    @serves(Odd)
    class Stuck implements Handlers<typeof Odd> {
      never() {
        return NEVER;
      }
      ticks() {
        return NEVER;
      }
      tell(): void {}
      onStop(): Promise<void> {
        return new Promise(() => undefined);
      }
    }
    const lines = logLines();
    const clock = virtualClock();
    const app = await clock.until(start(mesh(Stuck).on(clock).configure({ 'app.grace': '2 s' }).log(lines.options)));
    await clock.until(app.stop());
    expect(await lines.of('Stuck.onStop did not end within 2000 ms')).to.include({ level: LEVELS.error });
  });

  it('logs a fire-and-forget that is refused, and not each of many', async () => {
    const lines = logLines();
    const clock = virtualClock();
    const full = {
      ...quiet,
      tell: () => {
        throw new MeshError('Rejected', 'no room');
      },
    };
    const app = await clock.until(start(mesh().serve(Odd, full).on(clock).log(lines.options)));
    const tell = (sku: unknown): Promise<unknown> =>
      lastValueFrom(app.client(Odd).tell({ sku: sku as string }), { defaultValue: undefined });
    await tell(1);
    expect(await lines.of('odd.tell failed')).to.include({ level: LEVELS.warn, method: 'odd.tell', tag: 'Invalid' });
    for (let n = 0; n < 10; n++) await tell('s');
    const warnings = () => lines.all.filter(({ msg }) => msg === 'odd.tell failed');
    expect(warnings()).to.have.length(1);
    await clock.advance(1000);
    await tell('s');
    expect(warnings()).to.have.length(2);
    expect(warnings()[1]).to.include({ tag: 'Rejected', reason: 'no room', others: 10 });
  });

  it('logs an answer that gives more than was asked for', async () => {
    const lines = logLines();
    const burst = { ...quiet, ticks: () => of(...Array.from({ length: 300 }, (_, n) => n)) };
    const app = await start(mesh().serve(Odd, burst).log(lines.options));
    const error = await failure(lastValueFrom(app.client(Odd).ticks()));
    expect(error.tag).to.equal('Overrun');
    expect(error.message).to.include('give the array, the generator or fromIterable(…) itself');
  });

  for (const what of ['deadline', 'stop', 'timer']) {
    it(`without a socket lives until its ${what} is due`, async () => {
      const child = startChild('test/app/alone.js', [what]);
      expect(await child.ended, child.errors()).to.equal(0);
      expect(child.lines.at(-1)).to.match(/^done/);
    });
  }
});
