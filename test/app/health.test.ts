import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type App, Health, LOG_LEVEL, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom, Subject } from 'rxjs';
import { applications } from './applications.js';
import { Ratings } from './contracts.js';
import { RatingsService } from './shop.js';

const GATE = Symbol('gate');

describe('health over HTTP', () => {
  const start = applications();
  const shop = mesh(RatingsService).health({ port: 0 });
  let app: App;

  const ask = (path: string, options: RequestInit = {}): Promise<Response> =>
    fetch(`${app.healthAddress}${path}`, { ...options, headers: { connection: 'close' } });

  it('says that an application lives and is ready, and what its parts say', async () => {
    app = await start(shop);
    for (const path of ['/livez', '/readyz', '/readyz?verbose']) {
      const response = await ask(path);
      expect(response.status).to.equal(200);
      expect(response.headers.get('content-type')).to.equal('application/json');
      expect(response.headers.get('cache-control')).to.equal('no-store');
      expect(await response.json()).to.deep.equal({ status: 'ok', state: 'ready', checks: {} });
    }
  });

  it('is not ready while a part says otherwise, and lives', async () => {
    app = await start(shop);
    app.get(Health).report('shelf', false, 'it is empty');
    app.get(Health).report('disk', true);
    const response = await ask('/readyz');
    expect(response.status).to.equal(503);
    expect(await response.json()).to.deep.equal({
      status: 'unavailable',
      state: 'ready',
      checks: { shelf: { ok: false, why: 'it is empty' }, disk: { ok: true } },
    });
    expect((await ask('/livez')).status).to.equal(200);
    app.get(Health).report('shelf', true);
    expect((await ask('/readyz')).status).to.equal(200);
  });

  it('is there while parts start, and says that the application lives and is not ready', async () => {
    const seen: unknown[] = [];
    let port = 0;
    const probe = {
      async onStart() {
        for (const path of ['/livez', '/readyz']) {
          const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
          seen.push(response.status, ((await response.json()) as { state: string }).state);
        }
      },
    };
    const free = await start(shop);
    port = Number(new URL(free.healthAddress ?? '').port);
    await free.stop();
    app = await start(mesh(RatingsService).health({ port }).provide(GATE, { useValue: probe }));
    expect(seen).to.deep.equal([200, 'starting', 503, 'starting']);
  });

  it('says that an application stops for as long as calls are open', async () => {
    const open = new Subject<number>();
    const begun = new Subject<void>();
    app = await start(
      mesh()
        .serve(Ratings, {
          of: () => {
            begun.next();
            return open;
          },
          all: () => open,
        })
        .over(tcp({ port: 0 }))
        .health({ port: 0 }),
    );
    const beginning = firstValueFrom(begun);
    const call = firstValueFrom(app.client(Ratings).of('tt1'));
    await beginning;
    const stopping = app.stop();
    const response = await ask('/readyz');
    expect(response.status).to.equal(503);
    expect(await response.json()).to.include({ status: 'unavailable', state: 'stopping' });
    expect((await ask('/livez')).status).to.equal(200);
    open.next(1);
    await call;
    await stopping;
    expect(await ask('/livez').catch((error: unknown) => error)).to.be.instanceOf(TypeError);
  });

  it('knows two ways of asking, and no other paths', async () => {
    app = await start(shop);
    const head = await ask('/readyz', { method: 'HEAD' });
    expect([head.status, await head.text()]).to.deep.equal([200, '']);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await ask('/readyz', { method })).status).to.equal(405);
    for (const path of ['/', '/healthz', '/readyz/', '//livez']) expect((await ask(path)).status).to.equal(404);
  });

  it('is nowhere by default', async () => {
    app = await start(mesh(RatingsService));
    expect(app.healthAddress).to.equal(undefined);
  });

  it('changes what is logged, for who is on the same machine', async () => {
    app = await start(shop);
    const set = (body: string): Promise<Response> => ask('/log-level', { method: 'POST', body });
    expect((await set('debug\n')).status).to.equal(204);
    expect(app.config.get(LOG_LEVEL)).to.equal('debug');
    const refused = await set('loud');
    expect(refused.status).to.equal(400);
    expect(await refused.text()).to.match(/log\.level: 'loud' is not 'trace'/);
    expect((await ask('/log-level')).status).to.equal(405);
    expect(app.config.get(LOG_LEVEL)).to.equal('debug');
  });

  describe('with a socket that says nothing, or slowly,', () => {
    const sockets: Socket[] = [];
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.destroy();
    });
    const dial = async (): Promise<Socket> => {
      const socket = connect(Number(new URL(app.healthAddress ?? '').port), '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    };

    it('answers others', async () => {
      app = await start(shop);
      for (let count = 0; count < 50; count++) (await dial()).write('GET /livez HTTP/1.1\r\nx-slow: ');
      expect((await ask('/livez')).status).to.equal(200);
    });

    it('leaves it after some seconds', async function () {
      this.timeout(30_000);
      app = await start(shop);
      const socket = await dial();
      socket.write('GET /livez HTTP/1.1\r\nx-slow: ');
      socket.resume();
      await once(socket, 'close');
      expect((await ask('/livez')).status).to.equal(200);
    });

    it('stops at once', async () => {
      app = await start(shop);
      const closed = once(await dial(), 'close');
      await app.stop();
      await closed;
    });
  });
});
