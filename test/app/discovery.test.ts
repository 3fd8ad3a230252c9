import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:net';
import {
  addresses,
  type App,
  type Discovery,
  type Endpoint,
  type Encoded,
  type Instance,
  mesh,
  MeshError,
  instanceAt,
  type Status,
  TextMessage,
  type Wire,
} from 'millrace';
import { tcp, websocket } from 'millrace/rsocket';
import { type VirtualClock, virtualClock } from 'millrace/testing';
import { concat, EMPTY, finalize, firstValueFrom, map, NEVER, type Observable, of, Subject, throwError } from 'rxjs';
import { applications, failure } from './applications.js';
import { Catalog, Clock, Ratings } from './contracts.js';
import { callerOf, emptyPlace, peer } from './peers.js';

/** A wire whose endpoint answers `status` as it is told, and the moments at which it was asked. */
function told(now: () => number, answer: (time: number) => Observable<Status>, left: () => void = () => undefined) {
  const asked: number[] = [];
  const endpoint: Endpoint<Encoded | Observable<Encoded>, Encoded> = {
    call: () => {
      asked.push(now());
      return answer(asked.length).pipe(map((status) => new TextMessage(JSON.stringify(status))));
    },
    availability: NEVER,
    close: () => EMPTY.pipe(finalize(left)),
  };
  const wire: Wire = { name: 'told://peer', params: [], endpoint: () => endpoint, at: () => undefined };
  return { wire, asked };
}

describe('peers are found', () => {
  const start = applications();
  const ask = (app: App, id = 'tt1'): Promise<number> => firstValueFrom(app.client(Ratings).of(id));

  it('by addresses and by wires, over whatever wire each is of', async () => {
    const one = await start(
      mesh()
        .serve(Clock, { name: () => of('one') })
        .over(websocket({ port: 0 })),
    );
    const other = await peer(start, () => of(2));
    const { port } = new URL(other.address);
    const caller = await start(
      mesh()
        .over(websocket())
        .in(addresses(...one.addresses, tcp({ port: Number(port) }))),
    );
    expect(await firstValueFrom(caller.client(Clock).name())).to.equal('one');
    expect(await ask(caller)).to.equal(2);
  });

  it('by what they serve, each for its own', async () => {
    const clock = await start(
      mesh()
        .serve(Clock, { name: () => of('noon') })
        .over(tcp({ port: 0 })),
    );
    const ratings = await peer(start);
    const caller = await callerOf(start, [...clock.addresses, ratings.address], { 'discovery.patience': '50 ms' });
    for (let count = 0; count < 3; count++) {
      expect(await firstValueFrom(caller.client(Clock).name())).to.equal('noon');
      expect(await ask(caller)).to.equal(1);
    }
    const error = await failure(firstValueFrom(caller.client(Catalog).title({ id: 'tt1' })));
    expect(error.tag).to.equal('Unavailable');
    expect(error.message).to.equal(
      `nobody serves catalog: ${clock.addresses[0]} serves clock, ${ratings.address} serves ratings`,
    );
  });

  it('when they come later: a call waits for them', async () => {
    const place = await emptyPlace();
    const caller = await callerOf(start, [place.address], {
      'discovery.reconnect': '10 ms',
      'discovery.patience': '20 s',
    });
    const early = ask(caller);
    const { asked } = await peer(start, () => of(3), place.port);
    expect(await early).to.equal(3);
    expect(asked).to.have.length(1);
  });

  it('when they come again, at the same place', async () => {
    const first = await peer(start);
    const caller = await callerOf(start, [first.address], { 'discovery.reconnect': '10 ms' });
    expect(await ask(caller)).to.equal(1);
    await first.app.stop();
    const waiting = ask(caller);
    await peer(start, () => of(2), Number(new URL(first.address).port));
    expect(await waiting).to.equal(2);
    expect(await ask(caller)).to.equal(2);
  });

  it('as a discovery tells of them, and are left when it does so no more', async () => {
    const [one, other] = [await peer(start, () => of(1)), await peer(start, () => of(2))];
    const places = new Subject<readonly string[]>();
    const told = concat(of([one.address]), places).pipe(map((each) => each.map(instanceAt)));
    const discovery: Discovery = { name: 'told', wires: [], instances: () => told };
    const caller = await start(mesh().over(tcp()).in(discovery));
    expect(await ask(caller)).to.equal(1);
    places.next([one.address, other.address]);
    while ((await ask(caller)) !== 2);
    places.next([other.address]);
    for (let count = 0; count < 4; count++) expect(await ask(caller)).to.equal(2);
  });

  it('though one of the discoveries fails while they are known', async () => {
    const known = await peer(start);
    const broken = new Subject<readonly Instance[]>();
    const discovery: Discovery = { name: 'told', wires: [], instances: () => broken };
    const caller = await start(
      mesh().over(tcp()).in(addresses(known.address), discovery).configure({ 'discovery.patience': '20 ms' }),
    );
    expect(await ask(caller)).to.equal(1);
    broken.error(new Error('the registry is gone'));
    expect(await ask(caller)).to.equal(1);
    const error = await failure(firstValueFrom(caller.client(Clock).name()));
    expect(error.message).to.match(/^nobody serves clock: .*; a discovery has ended: the registry is gone$/);
  });

  it('by no call that has a deadline before', async () => {
    const place = await emptyPlace();
    const caller = await callerOf(start, [place.address]);
    const error = await failure(firstValueFrom(caller.client(Ratings).with({ deadline: '30 ms' }).of('tt1')));
    expect(error.tag).to.equal('Late');
  });
});

describe('a call that finds no peer says why', () => {
  const start = applications();
  const nobody = async (places: readonly string[]): Promise<string> => {
    const caller = await callerOf(start, places, { 'discovery.patience': '30 ms' });
    const error = await failure(firstValueFrom(caller.client(Ratings).of('tt1')));
    expect(error).to.include({ tag: 'Unavailable', retry: 'elsewhere' });
    return error.message;
  };

  it('when none are known', async () => {
    expect(await nobody([])).to.equal(
      'nobody serves ratings: no peers are known; say where they are with .in(addresses(…))',
    );
  });

  it('when none is there', async () => {
    const { address } = await emptyPlace();
    expect(await nobody([address])).to.match(
      new RegExp(`^nobody serves ratings: ${address} is down \\(.*ECONNREFUSED.*\\)$`),
    );
  });

  it('when one does not answer', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const at = silent.address();
    const address = `tcp://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`;
    expect(await nobody([address])).to.equal(`nobody serves ratings: ${address} has not answered yet`);
    silent.close();
  });

  it('when one stops', async () => {
    const { app, address } = await peer(start);
    await app.stop();
    expect(await nobody([address])).to.include(`${address} is down`);
  });
});

describe('an address that no wire reaches is refused at the start', () => {
  const start = applications();
  const refused = async (place: string, ...wires: readonly Wire[]): Promise<string> => {
    const error = await failure(
      start(
        mesh()
          .over(...wires)
          .in(addresses(place)),
      ),
    );
    expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_ADDRESS' });
    return error.message;
  };

  it('with its scheme and the wires that there are', async () => {
    expect(await refused('quic://10.0.0.7:1', tcp(), websocket())).to.equal(
      "no wire reaches 'quic://10.0.0.7:1' (it is over tcp, ws); give .over(…) one for quic",
    );
    expect(await refused('tcp://10.0.0.7:1')).to.equal(
      "no wire reaches 'tcp://10.0.0.7:1' (the application has no wires); give .over(…) one for tcp",
    );
  });

  for (const place of ['10.0.0.7:7001', 'localhost:7001', 'tcp://10.0.0.7', 'tcp:7001', '']) {
    it(`with what is wrong about '${place}'`, async () => {
      expect(await refused(place, tcp())).to.equal(`'${place}' is not an address such as 'tcp://127.0.0.1:7001'`);
    });
  }

  it('and leaves the peers that it had dialled by then', async () => {
    let closed = 0;
    const { wire } = told(
      () => 0,
      () => NEVER,
      () => (closed += 1),
    );
    await failure(start(mesh().over(tcp()).in(addresses(wire), addresses('quic://10.0.0.7:1'))));
    expect(closed).to.equal(1);
  });
});

describe('a peer that can not be reached is tried again', () => {
  const start = applications();

  const gone = (): Observable<never> => throwError(() => new MeshError('Unavailable', 'nobody there'));
  const pausesOf = (asked: readonly number[]): number[] => asked.slice(1).map((time, at) => time - (asked[at] ?? 0));
  const caller = (wire: Wire, clock: VirtualClock): Promise<App> => start(mesh().in(addresses(wire)).on(clock));

  it('after pauses that grow to their longest, each with some chance in it', async () => {
    const clock = virtualClock(7);
    const { wire, asked } = told(clock.now, gone);
    const app = await caller(wire, clock);
    await clock.advance(1_500_000);
    const pauses = pausesOf(asked);
    let expected = 1000;
    for (const pause of pauses) {
      expect(pause).to.be.within(expected * 0.8, expected * 1.2);
      expected = Math.min(expected * 1.6, 120_000);
    }
    expect(pauses.length).to.be.greaterThan(12);
    expect(new Set(pauses.map((pause) => Math.round(pause))).size).to.be.greaterThan(10);
    await clock.until(app.stop());
    await clock.advance(300_000);
    expect(asked).to.have.length(pauses.length + 1);
  });

  it('as soon as at first, once it has been reached', async () => {
    const clock = virtualClock(7);
    const ready: Status = { ready: true, state: 'ready', services: ['ratings'], checks: {} };
    const { wire, asked } = told(clock.now, (time) => (time === 8 ? of(ready) : gone()));
    await caller(wire, clock);
    await clock.advance(100_000);
    const pauses = pausesOf(asked);
    expect(pauses[6]).to.be.within(1000 * 1.6 ** 6 * 0.8, 1000 * 1.6 ** 6 * 1.2);
    expect(pauses[7]).to.be.within(800, 1200);
    expect(pauses[8]).to.be.within(1280, 1920);
  });

  it('alike for the same chance, and otherwise for another', async () => {
    const runs: number[][] = [];
    for (const seed of [1, 1, 2]) {
      const clock = virtualClock(seed);
      const { wire, asked } = told(clock.now, gone);
      await caller(wire, clock);
      await clock.advance(20_000);
      runs.push(asked);
    }
    expect(runs[0]).to.deep.equal(runs[1]);
    expect(runs[0]).not.to.deep.equal(runs[2]);
  });
});
