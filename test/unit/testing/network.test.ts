import { expect } from 'chai';
import { fromIterable, nextTurn, schedulerOf } from 'millrace';
import { connect, payload, text } from 'millrace/rsocket';
import { EMPTY, from, lastValueFrom, map, NEVER, timer } from 'rxjs';
import { all, count, echo, failure, scene, tagOf } from './network-scene.js';

const texts = (length: number): readonly string[] => Array.from({ length }, (_, n) => `${n}`);

describe('a simulated network', () => {
  it('carries calls of all models through delay, loss and splits', async () => {
    const { clock, net, home, catalog, serve, dial } = scene({ delay: ['1 ms', '20 ms'], loss: 0.1, splits: 0.3 });
    let noted = 0;
    await serve(catalog, (call) => {
      if (call.interaction === 'notify') noted += 1;
      return echo(call);
    });
    const client = await dial(home, 'catalog', { lifetime: '60 s' });
    const requests = fromIterable(texts(200)).pipe(map((each) => payload(each)));
    const results = await clock.until(
      Promise.all([
        all(client.response(payload('hello'))),
        all(client.stream(payload('500'))),
        all(client.channel(requests)),
        lastValueFrom(client.notify(payload('seen')), { defaultValue: 'sent' }),
      ]),
    );
    expect(results).to.deep.equal([['hello'], texts(500), texts(200), 'sent']);
    expect(noted).to.equal(1);
    expect(net.events.lost).to.be.greaterThan(0);
    expect(net.events.split).to.be.greaterThan(0);
  });

  it('takes a round trip to dial, and another for the first call', async () => {
    const { clock, home, catalog, serve, dial } = scene({ delay: '10 ms' });
    await serve(catalog);
    const client = await dial(home, 'catalog');
    expect(clock.now()).to.equal(20);
    await clock.until(all(client.response(payload('x'))));
    expect(clock.now()).to.equal(40);
  });

  it('serves a host that dials itself at once', async () => {
    const { clock, catalog, serve, dial } = scene({ delay: '10 ms', loss: 0.5, resets: 0.5 });
    await serve(catalog);
    const client = await dial(catalog, 'catalog');
    expect(await clock.until(all(client.stream(payload('100'))))).to.deep.equal(texts(100));
    expect(clock.now()).to.equal(0);
  });

  it('refuses a dial where nobody listens', async () => {
    const { clock, net, home, catalog, serve, dial } = scene();
    expect((await failure(dial(home, 'catalog')))?.message).to.equal('sim catalog:7001: refused');
    const server = await serve(catalog);
    await clock.until(lastValueFrom(server.close(), { defaultValue: undefined }));
    expect(await tagOf(dial(home, 'catalog'))).to.equal('Unavailable');
    expect(await tagOf(dial(home, 'nowhere'))).to.equal('Unavailable');
    expect(net.events.refused).to.equal(3);
  });

  it('gives a place to one server only, and a free port to who wants any', async () => {
    const { catalog, home } = scene();
    await catalog.at(7001).bind(() => undefined, { frame: 64, connections: 10 });
    expect(await tagOf(catalog.at(7001).bind(() => undefined, { frame: 64, connections: 10 }))).to.equal('Unavailable');
    expect(await tagOf(home.to('catalog', 7002).bind(() => undefined, { frame: 64, connections: 10 }))).to.equal(
      'Invalid',
    );
    const ports = [catalog.at(0), catalog.at(0)].map((place) =>
      place.bind(() => undefined, { frame: 64, connections: 10 }),
    );
    const [one, other] = await Promise.all(ports);
    expect(one?.address.port).to.not.equal(other?.address.port);
  });

  it('names its places so that a wire finds another by its address', () => {
    const { catalog } = scene();
    const wire = catalog.at(7001);
    expect([wire.name, wire.at('sim://ratings:7002')?.name, wire.at('tcp://ratings:7002')]).to.deep.equal([
      'sim://catalog:7001',
      'sim://ratings:7002',
      undefined,
    ]);
    expect([wire.serve !== undefined, wire.at('sim://ratings:7002')?.serve]).to.deep.equal([true, undefined]);
  });
});

describe('a partition of a simulated network', () => {
  it('breaks calls on both sides after the lifetime of the keep-alive', async () => {
    const { clock, net, home, catalog, serve, dial } = scene();
    let left = 0;
    const server = await serve(catalog, () => NEVER);
    const client = await dial(home, 'catalog');
    const call = tagOf(all(client.response(payload('x'))));
    client.closed.subscribe({ error: () => (left = clock.now()) });
    await clock.advance(2000);
    net.partition(['home'], ['catalog']);
    expect(await clock.until(call)).to.equal('Broken');
    expect(left).to.be.within(2000 + 3000, 2000 + 6000);
    await clock.advance(4000);
    expect(server.connections).to.equal(0);
    expect(net.events.partitioned).to.be.greaterThan(0);
  });

  it('breaks a connection by its own time-out where that is shorter', async () => {
    const { clock, net, home, catalog, serve, dial } = scene({ timeout: '500 ms' });
    await serve(catalog);
    const client = await dial(home, 'catalog');
    net.partition(['catalog'], ['home']);
    const error = await clock.until(failure(all(client.response(payload('x')))));
    expect([error?.tag, clock.now()]).to.deep.equal(['Broken', 503]);
    expect(error?.message).to.include('nothing got through within 500 ms');
    expect(net.events.timedOut).to.equal(1);
  });

  it('makes dials time out', async () => {
    const { clock, net, home, catalog, serve, dial } = scene({ dialTimeout: '3 s' });
    await serve(catalog);
    net.partition(['home'], ['catalog']);
    expect((await failure(dial(home, 'catalog')))?.message).to.include('no answer within 3000 ms');
    expect(clock.now()).to.equal(3000);
  });

  it('that heals in time costs time only, and no order', async () => {
    const { clock, net, home, catalog, serve, dial } = scene({ delay: ['1 ms', '20 ms'] });
    await serve(catalog);
    const client = await dial(home, 'catalog');
    const call = all(client.stream(payload('5000')));
    await clock.advance(200);
    net.partition(['home'], ['catalog']);
    await clock.advance(3000);
    net.heal();
    expect(await clock.until(call)).to.deep.equal(texts(5000));
  });

  it('lets a dial through when it heals', async () => {
    const { clock, net, home, catalog, serve, dial } = scene();
    await serve(catalog);
    net.partition(['home'], ['catalog']);
    const dialling = dial(home, 'catalog');
    await clock.advance(1000);
    net.heal();
    expect((await dialling).name).to.equal('sim catalog:7001');
  });

  it('leaves the others alone', async () => {
    const { clock, net, home, catalog, serve, dial } = scene();
    const ratings = net.host('ratings');
    await serve(catalog);
    await serve(ratings);
    const client = await dial(home, 'ratings');
    net.partition(['home', 'ratings'], ['catalog']);
    expect(await clock.until(all(client.response(payload('x'))))).to.deep.equal(['x']);
  });

  it('of a host that there is not, or from itself, is a mistake', () => {
    const { net } = scene();
    expect(() => net.partition(['home'], ['catalgo'])).to.throw('no host catalgo; there are home, catalog');
    expect(() => net.partition(['home'], ['home'])).to.throw("home can't be parted from itself");
    expect(() => net.crash('catalgo')).to.throw('no host catalgo');
  });
});

describe('a half-open path of a simulated network', () => {
  for (const [from, to] of [
    ['home', 'catalog'],
    ['catalog', 'home'],
  ] as const) {
    it(`from ${from} to ${to} is found out by keep-alive`, async () => {
      const { clock, net, home, catalog, serve, dial } = scene({ timeout: '1 s' });
      const server = await serve(catalog, () => NEVER);
      const client = await dial(home, 'catalog');
      const call = tagOf(all(client.response(payload('x'))));
      await clock.advance(100);
      net.halfOpen(from, to);
      await clock.advance(2000);
      expect(server.connections).to.equal(1);
      expect(await clock.until(call)).to.equal('Broken');
      await clock.advance(5000);
      expect(server.connections).to.equal(0);
      expect([net.events.halfOpen > 0, net.events.partitioned]).to.deep.equal([true, 0]);
    });

    it(`from ${from} to ${to} makes dials time out`, async () => {
      const { net, home, catalog, serve, dial } = scene();
      await serve(catalog);
      net.halfOpen(from, to);
      expect((await failure(dial(home, 'catalog')))?.message).to.include('no answer');
    });
  }
});

describe('a crash in a simulated network', () => {
  it('breaks calls in flight and refuses dials, until the host is started again', async () => {
    const { clock, net, home, catalog, serve, dial } = scene();
    await serve(catalog, () => NEVER);
    const client = await dial(home, 'catalog');
    const call = failure(all(client.response(payload('x'))));
    await clock.advance(100);
    net.crash('catalog');
    expect([catalog.up, (await clock.until(call))?.tag, clock.now()]).to.deep.equal([false, 'Broken', 103]);
    expect((await call)?.message).to.include('reset');
    expect(await tagOf(dial(home, 'catalog'))).to.equal('Unavailable');
    expect(await tagOf(serve(catalog))).to.equal('Unavailable');
    net.restart('catalog');
    await serve(catalog);
    const again = await dial(home, 'catalog');
    expect(await clock.until(all(again.response(payload('back'))))).to.deep.equal(['back']);
    expect(net.events).to.include({ crashed: 1, restarted: 1, reset: 1 });
  });

  it('is not heard of over a half-open path until the keep-alive says so', async () => {
    const { clock, net, home, catalog, serve, dial } = scene();
    await serve(catalog, () => NEVER);
    const client = await dial(home, 'catalog');
    const call = tagOf(all(client.response(payload('x'))));
    await clock.advance(100);
    net.halfOpen('catalog', 'home');
    net.crash('catalog');
    await clock.advance(2900);
    expect(net.events.reset).to.equal(0);
    expect(await clock.until(call)).to.equal('Broken');
    expect(clock.now()).to.be.greaterThan(4000);
  });

  it('that nobody was told of shows when the host is written to after its restart', async () => {
    const { clock, net, home, catalog, serve, dial } = scene();
    await serve(catalog, () => NEVER);
    const client = await dial(home, 'catalog', { keepAlive: '30 s', lifetime: '90 s' });
    const call = failure(all(client.response(payload('x'))));
    await clock.advance(100);
    net.partition(['catalog'], ['home']);
    net.crash('catalog');
    net.restart('catalog');
    net.heal();
    await clock.advance(1000);
    expect(net.events.reset).to.equal(0);
    const second = tagOf(all(client.response(payload('x'))));
    await clock.advance(2);
    expect([(await call)?.message.includes('reset'), await second]).to.deep.equal([true, 'Broken']);
  });

  it('stops the timers of the host, those set later too, and none of the others', async () => {
    const { clock, net, home, catalog } = scene();
    const before = catalog.clock;
    const ticks = { home: 0, catalog: 0, again: 0 };
    home.clock.every(10, () => (ticks.home += 1));
    before.every(10, () => (ticks.catalog += 1));
    before.after(1000, () => (ticks.catalog += 100));
    timer(500, schedulerOf(before)).subscribe(() => (ticks.catalog += 100));
    await clock.advance(100);
    net.crash('catalog');
    before.after(10, () => (ticks.catalog += 100));
    before.every(10, () => (ticks.catalog += 100));
    net.restart('catalog');
    before.after(10, () => (ticks.catalog += 100));
    catalog.clock.after(10, () => (ticks.again += 1));
    await clock.advance(2000);
    expect(ticks).to.deep.equal({ home: 210, catalog: 10, again: 1 });
    expect(clock.pending).to.equal(1);
  });

  it('ends what was made of the host before, not what is made after', async () => {
    const { clock, net, home, catalog, serve, dial } = scene();
    await serve(catalog);
    const [dialler, listener] = [home.to('catalog', 7001), home.at(7002)];
    net.crash('home');
    net.restart('home');
    expect(await tagOf(dialler.dial())).to.equal('Unavailable');
    expect(await tagOf(listener.bind(() => undefined, { frame: 64, connections: 10 }))).to.equal('Unavailable');
    const client = await dial(home, 'catalog');
    expect(await clock.until(all(client.response(payload('x'))))).to.deep.equal(['x']);
  });

  it('of who dials leaves the dial without an answer', async () => {
    const { clock, net, home, catalog, serve } = scene();
    const server = await serve(catalog);
    let answered = false;
    void connect(home.to('catalog', 7001), { clock: home.clock }).finally(() => (answered = true));
    net.crash('home');
    await clock.advance(60_000);
    expect([answered, server.connections, clock.pending]).to.deep.equal([false, 0, 0]);
  });
});

describe('a run of a simulated network', () => {
  const run = async (seed: number): Promise<readonly [string, string]> => {
    const faults = { delay: ['1 ms', '20 ms'], loss: 0.02, splits: 0.2, resets: 0.0005 } as const;
    const { clock, net, home, catalog, serve, dial } = scene({ seed, ...faults });
    await serve(catalog, ({ request, interaction }) => {
      if ('subscribe' in request) return EMPTY;
      if (interaction === 'stream') return count(Number(text(request)));
      return from(answer(text(request)));
    });
    for (let round = 0; round < 5; round++) {
      const client = await dial(home, 'catalog').catch(() => undefined);
      if (client === undefined) continue;
      const calls = [client.stream(payload('300')), client.response(payload('a')), client.response(payload('b'))];
      const tags = await clock.until(Promise.all(calls.map((call) => tagOf(all(call)))));
      net.note(tags.join(' '));
      client.close().subscribe();
    }
    return [net.fingerprint(), net.log.join('\n')];
  };

  async function answer(what: string) {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    await new Promise(process.nextTick);
    await new Promise<void>(nextTurn);
    return payload(what);
  }

  it('is the same to the byte for the same seed, with promises and turns in between', async () => {
    expect(await run(7)).to.deep.equal(await run(7));
  });

  it('is the same when two of them are interleaved', async () => {
    const alone = [await run(1), await run(2)];
    expect(await Promise.all([run(1), run(2)])).to.deep.equal(alone);
  });

  it('is another for another seed', async () => {
    const prints = await Promise.all([1, 2, 3, 4].map((seed) => run(seed)));
    expect(new Set(prints.map(([print]) => print)).size).to.equal(4);
  });

  it('keeps a bounded log, and a fingerprint of all', async () => {
    const { net, clock } = scene({ logLines: 10 });
    for (let n = 0; n < 95; n++) net.note(`${n}`);
    await clock.advance(1.5);
    net.note('last');
    expect(net.log).to.have.length(10);
    expect(net.log.at(-1)).to.equal('1.500 last');
    const other = scene({ logLines: 10 }).net;
    for (let n = 85; n < 95; n++) other.note(`${n}`);
    expect(net.fingerprint()).to.not.equal(other.fingerprint());
  });
});

describe('the options of a simulated network', () => {
  for (const [what, options] of Object.entries({
    'a delay that ends before it begins': { delay: ['2 ms', '1 ms'] },
    'a certain loss': { loss: 1 },
    'a negative chance': { splits: -0.1 },
    'a chance that is no number': { resets: Number.NaN },
    'a size without a unit': { highWater: 'much' },
  } as const)) {
    it(`refuse ${what}`, () => {
      expect(() => scene(options))
        .to.throw()
        .with.property('tag', 'Invalid');
    });
  }
});
