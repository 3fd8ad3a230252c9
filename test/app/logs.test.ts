import { expect } from 'chai';
import {
  addresses,
  type App,
  type Call,
  type Client,
  client,
  contract,
  declared,
  type Handlers,
  iterate,
  Log,
  mesh,
  MeshError,
  notify,
  response,
  serves,
  stream,
  unchecked,
} from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom, map, of, Subject, tap, throwError } from 'rxjs';
import { applications, failure } from './applications.js';
import { Ratings } from './contracts.js';
import { peer } from './peers.js';
import { LEVELS, type LogLine, type LogLines, logLines } from './log-lines.js';

const Back = contract(
  'back',
  {
    work: response(unchecked<string>(), unchecked<string>()),
    later: response(unchecked<string>(), unchecked<string>()),
    fail: response(unchecked<string>(), unchecked<string>()),
    leak: stream(unchecked<string>(), unchecked<number>()),
    told: notify(unchecked<string>()),
  },
  { failures: { Full: declared(unchecked<string>()) } },
);

const Front = contract('front', {
  work: response(unchecked<string>(), unchecked<string>()),
  fail: response(unchecked<string>(), unchecked<string>()),
});

const turns = new Subject<void>();

@serves(Back)
class BackService implements Handlers<typeof Back> {
  constructor(private readonly log: Log) {}

  async work(what: string, call: Call<unknown>): Promise<string> {
    this.log.of(call).info(`begins ${what}`);
    await firstValueFrom(turns);
    this.log.info({ what }, `ends ${what}`);
    return what;
  }

  later(what: string, call: Call<unknown>) {
    return of(what).pipe(tap(() => this.log.of(call).warn(`later ${what}`)));
  }

  fail(how: string) {
    if (how === 'throw') throw new RangeError('thrown secret');
    if (how === 'reject') return Promise.reject(new RangeError('rejected secret'));
    if (how === 'error') return throwError(() => new RangeError('raised secret'));
    if (how === 'full') return throwError(() => Back.fail('Full', 'no beds'));
    if (how === 'text') return throwError(() => 'just a text');
    return throwError(() => new MeshError('Rejected', 'not today'));
  }

  async *leak() {
    yield 1;
    throw new RangeError('leaked secret');
  }

  async told(what: string): Promise<void> {
    this.log.info(`told ${what}`);
    throw new RangeError('told secret');
  }
}

@serves(Front)
class FrontService implements Handlers<typeof Front> {
  constructor(
    @client(Back) private readonly back: Client<typeof Back>,
    private readonly log: Log,
  ) {}

  work(what: string, call: Call<unknown>) {
    this.log.of(call).info(`asks for ${what}`);
    return this.back.later(what).pipe(map((done) => done.toUpperCase()));
  }

  async fail(how: string): Promise<string> {
    return firstValueFrom(this.back.fail(how));
  }
}

describe('the logs of two applications', () => {
  const start = applications();
  let far: LogLines;
  let near: LogLines;
  let caller: LogLines;
  let app: App;
  const failed = (lines: LogLines): readonly LogLine[] => lines.all.filter(({ level }) => level >= LEVELS.error);

  beforeEach(async () => {
    [far, near, caller] = [logLines(), logLines(), logLines()];
    const back = await start(
      mesh(BackService)
        .over(tcp({ port: 0 }))
        .log(far.options),
    );
    const front = await start(
      mesh(FrontService)
        .over(tcp({ port: 0 }))
        .in(addresses(...back.addresses))
        .log(near.options),
    );
    app = await start(
      mesh()
        .named('caller')
        .over(tcp())
        .in(addresses(...front.addresses, ...back.addresses))
        .log(caller.options),
    );
  });

  it('are lines of JSON with a time, a level and the name of the application', async () => {
    app.log.warn({ more: 1 }, 'careful');
    const line = await caller.of('careful');
    expect(line).to.include({ name: 'caller', level: LEVELS.warn, more: 1 });
    expect(line).to.have.property('time').that.is.a('number');
    for (const raw of caller.raw) expect(raw).to.match(/^\{.*\}\n$/);
  });

  it('say where it is called when it is ready, and that it stops', async () => {
    const first = await far.of('ready');
    expect(first).to.have.property('addresses').that.has.length(1);
    expect(first).to.deep.include({ services: ['back'] });
  });

  it('name the call that a handler works on, between its awaits as well, of several at once', async () => {
    const calls = ['a', 'b'].map((what) => firstValueFrom(app.client(Back).work(what)));
    const begun = await Promise.all([far.of('begins a'), far.of('begins b')]);
    turns.next();
    await Promise.all(calls);
    const ended = await Promise.all([far.of('ends a'), far.of('ends b')]);
    for (const at of [0, 1]) {
      expect(begun[at]).to.include({ method: 'back.work' });
      expect(begun[at]?.traceId).to.match(/^[\da-f]{32}$/);
      expect(ended[at]).to.include({ traceId: begun[at]?.traceId, spanId: begun[at]?.spanId });
    }
    expect(begun[0]?.traceId).not.to.equal(begun[1]?.traceId);
    expect(await far.of('ready')).not.to.have.property('method');
  });

  it('agree on the trace of a call over two hops', async () => {
    expect(await firstValueFrom(app.client(Front).work('x'))).to.equal('X');
    const asked = await near.of('asks for x');
    const done = await far.of('later x');
    expect(asked).to.include({ method: 'front.work' });
    expect(done).to.include({ method: 'back.later', traceId: asked.traceId });
    expect(done.spanId).not.to.equal(asked.spanId);
  });

  it('say each thing once a line, whatever names the call', async () => {
    const work = firstValueFrom(app.client(Back).work('c'));
    await far.of('begins c');
    turns.next();
    await work;
    await failure(firstValueFrom(app.client(Front).fail('reject')));
    for (const raw of [...far.raw, ...near.raw]) {
      const keys = [...raw.matchAll(/"(method|traceId|spanId)":/g)].map(([, key]) => key);
      expect(keys, raw).to.deep.equal([...new Set(keys)]);
    }
  });

  for (const [how, message] of [
    ['throw', 'thrown secret'],
    ['reject', 'rejected secret'],
    ['error', 'raised secret'],
  ] as const) {
    it(`tell of a bug (${how}) once, with its stack, where it happened`, async () => {
      const error = await failure(firstValueFrom(app.client(Front).fail(how)));
      expect(error).to.include({ tag: 'Defect', message: 'internal error' });
      expect(failed(far)).to.have.length(1);
      const [line] = failed(far);
      expect(line).to.include({ msg: 'back.fail failed', method: 'back.fail' });
      expect(line?.err?.message).to.equal(message);
      expect(line?.err?.stack).to.include('RangeError').and.include('logs.test');
      expect(line?.traceId).to.match(/^[\da-f]{32}$/);
      expect([...failed(near), ...failed(caller)]).to.deep.equal([]);
    });
  }

  it('tell of what was thrown that is no error', async () => {
    await failure(firstValueFrom(app.client(Front).fail('text')));
    expect(failed(far)).to.have.length(1);
    expect(far.raw.join('')).to.include('just a text');
  });

  it('tell of a bug in the middle of a stream', async () => {
    const items: number[] = [];
    const read = async (): Promise<void> => {
      for await (const item of iterate(app.client(Back).leak('x'))) items.push(item);
    };
    expect((await failure(read())).tag).to.equal('Defect');
    expect(items).to.deep.equal([1]);
    expect(failed(far).map(({ msg, err }) => [msg, err?.message])).to.deep.equal([
      ['back.leak failed', 'leaked secret'],
    ]);
  });

  it('tell of a bug in a fire-and-forget, of which nobody else hears', async () => {
    await lastValueFrom(app.client(Back).told('news'), { defaultValue: undefined });
    const line = await far.of('back.told failed');
    expect(line.err?.message).to.equal('told secret');
    expect(line.traceId).to.equal((await far.of('told news')).traceId);
  });

  it('are silent of what a contract declares, and of what is refused', async () => {
    for (const how of ['full', 'reject-this']) await failure(firstValueFrom(app.client(Front).fail(how)));
    expect([...failed(far), ...failed(near), ...failed(caller)]).to.deep.equal([]);
  });
});

describe('the log of an application', () => {
  const start = applications();

  it('leaves out what is below its level', async () => {
    const lines = logLines();
    const app = await start(mesh().configure({ 'log.level': 'warn' }).log(lines.options));
    app.log.info('unheard');
    app.log.warn('heard');
    expect(lines.all.map(({ msg }) => msg)).to.deep.equal(['heard']);
    app.config.set('log.level', 'silent');
    app.log.fatal('unheard');
    expect(lines.all).to.have.length(1);
  });

  it('tells of peers that go and come again, and of calls that wait or go elsewhere', async () => {
    const lines = logLines();
    const no = () => throwError(() => new MeshError('Rejected', 'too busy'));
    const [first, second] = [await peer(start, no), await peer(start)];
    const app = await start(
      mesh()
        .over(tcp())
        .in(addresses(first.address, second.address))
        .configure({ 'log.level': 'debug', 'discovery.reconnect': '10 ms' })
        .log(lines.options),
    );
    const ask = (): Promise<number> => firstValueFrom(app.client(Ratings).of('tt1'));
    expect(await ask()).to.equal(1);
    expect(await lines.of('call waits for a peer')).to.include({ level: LEVELS.debug, method: 'ratings.of' });
    expect(await lines.of('peer is up')).to.include({ level: LEVELS.debug });
    while (first.asked.length === 0) expect(await ask()).to.equal(1);
    expect(await lines.of('call goes elsewhere')).to.deep.include({
      level: LEVELS.debug,
      method: 'ratings.of',
      peer: first.address,
      to: second.address,
      reason: 'too busy',
    });
    await second.app.stop();
    expect(await lines.of('peer is down')).to.include({ level: LEVELS.warn, peer: second.address });
    await peer(start, () => of(2), Number(new URL(second.address).port));
    expect(await lines.of('peer is up again')).to.include({ level: LEVELS.info, peer: second.address });
  });

  it('takes options of the library beneath it', async () => {
    const lines = logLines();
    const mixin = (): object => ({ rack: 7 });
    const app = await start(
      mesh()
        .log(lines.options)
        .log({ pino: { redact: ['password'], base: { zone: 'a' }, mixin } }),
    );
    app.log.info({ password: 'swordfish' }, 'hidden');
    expect(await lines.of('hidden')).to.include({ password: '[Redacted]', zone: 'a', rack: 7 });
  });
});
