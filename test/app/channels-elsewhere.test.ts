import { expect } from 'chai';
import {
  addresses,
  type App,
  channel,
  contract,
  fromIterable,
  type Handlers,
  iterate,
  mesh,
  MeshError,
} from 'millrace';
import { tcp } from 'millrace/rsocket';
import { concatMap, defer, finalize, lastValueFrom, type Observable, of, take, throwError, toArray } from 'rxjs';
import { z } from 'zod';
import { applications, failure } from './applications.js';

const Echo = contract('echo', { say: channel(z.number(), z.number()) });
const Relay = contract('relay', { say: channel(z.number(), z.number()) });
type Say = Handlers<typeof Echo>['say'];

const echo: Say = (numbers) => numbers;
const refused = (): MeshError => new MeshError('Rejected', 'not now');

describe('a channel that is refused', () => {
  const start = applications();
  const serving = async (say: Say): Promise<string> =>
    (
      await start(
        mesh()
          .serve(Echo, { say })
          .over(tcp({ port: 0 }))
          .configure({ 'app.grace': '50 ms' }),
      )
    ).addresses[0] ?? '';
  const calling = (...places: string[]): Promise<App> =>
    start(
      mesh()
        .over(tcp())
        .in(addresses(...places)),
    );

  /** A caller that knows both, and of whose next two calls one comes to each. */
  async function caller(first: Say, second: Say): Promise<App> {
    const heard = new Set<number>();
    const counted =
      (say: Say, at: number): Say =>
      (numbers, call) => {
        if (!call.metadata.has('hello')) return say(numbers, call);
        heard.add(at);
        return echo(numbers, call);
      };
    const app = await calling(await serving(counted(first, 0)), await serving(counted(second, 1)));
    const hello = app.client(Echo).with({ metadata: { hello: '' } });
    while (heard.size < 2) await lastValueFrom(hello.say([1]));
    return app;
  }

  const refuse: Say = () => throwError(refused);

  /** Says numbers that can't be had twice, once by way of each. */
  const bothSay = async (app: App): Promise<number[][]> => {
    const once = () => lastValueFrom(app.client(Echo).say([1, 2, 3, 4, 5].values()).pipe(toArray()));
    return [await once(), await once()];
  };

  it('goes elsewhere with all of its items, though they can be had once only', async () => {
    expect(await bothSay(await caller(refuse, echo))).to.deep.equal([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ]);
  });

  it('is refused in earnest when more has been read', async () => {
    const look: Say = (numbers) =>
      numbers.pipe(
        take(4),
        toArray(),
        concatMap(() => throwError(refused)),
      );
    const app = await caller(look, look);
    expect(await failure(bothSay(app))).to.include({ tag: 'Rejected', message: 'not now' });
  });

  it('goes elsewhere with what is pushed, which is subscribed once', async () => {
    const app = await caller(refuse, echo);
    let subscribed = 0;
    const numbers = defer(() => {
      subscribed += 1;
      return of(1, 2, 3);
    });
    for (let count = 1; count <= 2; count++) {
      expect(await lastValueFrom(app.client(Echo).say(numbers).pipe(toArray()))).to.deep.equal([1, 2, 3]);
      expect(subscribed).to.equal(count);
    }
  });

  it('goes elsewhere from a handler that passes on what it hears', async () => {
    const behind = await caller(refuse, echo);
    const say: Say = (numbers) => behind.client(Echo).say(numbers);
    const relay = await start(
      mesh()
        .serve(Relay, { say })
        .over(tcp({ port: 0 })),
    );
    const app = await calling(...relay.addresses);
    for (let count = 0; count < 2; count++) {
      expect(await lastValueFrom(app.client(Relay).say([7, 8, 9]).pipe(toArray()))).to.deep.equal([7, 8, 9]);
    }
  });

  it('takes no more of its items than are asked for, and leaves them when the caller leaves', async () => {
    let made = 0;
    let left = 0;
    const numbers = (): Observable<number> =>
      fromIterable(function* () {
        for (;;) yield (made += 1);
      }).pipe(finalize(() => (left += 1)));
    const app = await caller(refuse, echo);
    for (let count = 1; count <= 2; count++) {
      made = 0;
      for await (const item of iterate(app.client(Echo).say(numbers()))) if (item === 10) break;
      expect(made).to.be.within(10, 10 + 2 * 256);
      expect(left).to.equal(count);
    }
  });

  it('whose items fail, fails as they do', async () => {
    const app = await caller(refuse, echo);
    for (let count = 0; count < 2; count++) {
      const said = app.client(Echo).say(throwError(() => new MeshError('Failed', 'no numbers today')));
      expect(await failure(lastValueFrom(said))).to.include({ tag: 'Failed', message: 'no numbers today' });
    }
  });
});
