import { expect } from 'chai';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import {
  addresses,
  type App,
  type Client,
  client,
  component,
  consume,
  type Handlers,
  inject,
  mesh,
  type Mesh,
  serves,
} from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom, NEVER, type Observable, of, Subject, timer } from 'rxjs';
import { applications, failure, quiet } from './applications.js';
import { Clock, Ratings } from './contracts.js';
import { LEVELS, logLines } from './log-lines.js';

const DIARY = Symbol('diary');
const TAP = Symbol('tap');

/** Something that writes down when it starts and ends. */
abstract class Diarist {
  constructor(@inject(DIARY) readonly diary: string[]) {}

  onStart(): unknown {
    this.diary.push(`${this.constructor.name} starts`);
    return undefined;
  }

  onStop(): unknown {
    this.diary.push(`${this.constructor.name} stops`);
    return undefined;
  }
}

@component()
class Disk extends Diarist {
  override onStart(): Promise<void> {
    return Promise.resolve().then(() => void super.onStart());
  }
}

@component()
class Cache extends Diarist {
  constructor(
    @inject(DIARY) diary: string[],
    readonly disk: Disk,
  ) {
    super(diary);
  }

  /** An Observable is awaited to its end. */
  override onStart(): Observable<number> {
    return timer(1).pipe((source) => {
      source.subscribe({ complete: () => super.onStart() });
      return source;
    });
  }
}

@serves(Ratings)
class RatingsService extends Diarist implements Handlers<typeof Ratings> {
  readonly never = new Subject<number>();

  constructor(
    @inject(DIARY) diary: string[],
    readonly cache: Cache,
    readonly disk: Disk,
  ) {
    super(diary);
  }

  of(id: string): Observable<number> {
    return id === 'never' ? NEVER : of(4);
  }

  all(): Observable<number> {
    return this.never;
  }
}

const parts = ['Disk', 'Cache', 'RatingsService'];
const starts = parts.map((name) => `${name} starts`);
const stops = parts.map((name) => `${name} stops`).toReversed();

describe('the life of an application', () => {
  const start = applications();
  let diary: string[];
  let shop: Mesh;

  beforeEach(() => {
    diary = [];
    shop = mesh(RatingsService).provide(DIARY, { useValue: diary });
  });

  it('starts each part behind what it asks for, and ends them in the reverse order', async () => {
    const app = await start(shop);
    expect(diary).to.deep.equal(starts);
    await app.stop();
    expect(diary).to.deep.equal([...starts, ...stops]);
  });

  it('starts the very instance that stands in the place of another, once', async () => {
    @component()
    class FakeDisk extends Disk {}
    const app = await start(shop.provide(Disk, { useClass: FakeDisk }));
    expect(app.get(RatingsService).disk).to.be.instanceOf(FakeDisk);
    await app.stop();
    expect(diary.filter((line) => line.includes('Disk'))).to.deep.equal(['FakeDisk starts', 'FakeDisk stops']);
  });

  for (const kind of ['value', 'factory'] as const) {
    it(`starts and ends what a provider gives by a ${kind}`, async () => {
      const disk = new Disk(diary);
      const app = await start(
        shop.provide(
          Disk,
          kind === 'value' ? { useValue: disk } : { useFactory: (from) => new Disk(from.resolve(DIARY)) },
        ),
      );
      await app.stop();
      expect(diary).to.deep.equal([...starts, ...stops]);
    });
  }

  it('stops once, however often it is told to', async () => {
    const app = await start(shop.over(tcp({ port: 0 })));
    const first = app.stop();
    expect(app.stop()).to.equal(first);
    await first;
    expect(app.stop()).to.equal(first);
    expect(diary.filter((line) => line === 'Disk stops')).to.have.length(1);
  });

  it('is starting, ready, stopping and stopped', async () => {
    const states: string[] = [];
    const app = await start(shop.provide(TAP, { useValue: { onStop: () => void states.push(app.state) } }));
    states.push(app.state);
    await app.stop();
    states.push(app.state);
    expect(states).to.deep.equal(['ready', 'stopping', 'stopped']);
  });

  it('goes on stopping, and logs it, when a part fails to stop', async () => {
    @component()
    class StuckDisk extends Disk {
      override onStop(): unknown {
        return Promise.reject(new Error('the disk is stuck'));
      }
    }
    @component()
    class StuckCache extends Cache {
      override onStop(): unknown {
        throw new Error('the cache is stuck');
      }
    }
    const lines = logLines();
    const app = await start(
      shop.provide(Disk, { useClass: StuckDisk }).provide(Cache, { useClass: StuckCache }).log(lines.options),
    );
    await app.stop();
    expect(await lines.of('StuckCache failed to stop')).to.deep.include({ level: LEVELS.error });
    expect((await lines.of('StuckDisk failed to stop')).err?.message).to.equal('the disk is stuck');
    expect(diary).to.include('RatingsService stops');
    expect(app.state).to.equal('stopped');
  });
});

describe('an application that can not start', () => {
  const start = applications();
  let diary: string[];
  let shop: Mesh;
  let other: Server;

  beforeEach(async () => {
    diary = [];
    shop = mesh(RatingsService).provide(DIARY, { useValue: diary });
    other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
  });
  afterEach(() => {
    other.close();
  });

  it('says which part failed and why, and stops those that had begun', async () => {
    @component()
    class WornCache extends Cache {
      override onStart(): Observable<number> {
        throw new Error('no room on the disk');
      }
    }
    const error = await failure(start(shop.provide(Cache, { useClass: WornCache })));
    expect(error).to.include({ tag: 'Unavailable', code: 'MILLRACE_START' });
    expect(error.message).to.equal('WornCache could not start: no room on the disk');
    expect(error.cause).to.have.property('message', 'no room on the disk');
    expect(diary).to.deep.equal(['Disk starts', 'Disk stops']);
  });

  it('says which place is taken, and stops what had begun, its other places too', async () => {
    const free = await freePort();
    const plan = shop.over(tcp({ port: free }), tcp({ port: portOf(other) }));
    const error = await failure(start(plan));
    expect(error.tag).to.equal('Unavailable');
    expect(error.message).to.match(
      new RegExp(`^cannot listen at tcp://127\\.0\\.0\\.1:${portOf(other)}: .*EADDRINUSE`),
    );
    expect(diary).to.deep.equal([...starts, ...stops]);
    const app = await start(shop.over(tcp({ port: free })));
    expect(app.addresses).to.deep.equal([`tcp://127.0.0.1:${free}`]);
  });

  it('says so of the port of its health, and leaves its place to others', async () => {
    const free = await freePort();
    const plan = shop.over(tcp({ port: free }));
    const error = await failure(start(plan.health({ port: portOf(other) })));
    expect(error.message).to.match(new RegExp(`^cannot serve health at http://127\\.0\\.0\\.1:${portOf(other)}: `));
    expect(diary).to.deep.equal([]);
    expect((await start(plan)).addresses).to.deep.equal([`tcp://127.0.0.1:${free}`]);
  });

  it('leaves the peers that it had dialled', async () => {
    const peer = await start(
      mesh(RatingsService)
        .provide(DIARY, { useValue: [] })
        .over(tcp({ port: 0 })),
    );
    @component()
    class WornDisk extends Disk {
      override onStart(): Promise<void> {
        return Promise.reject(new Error('worn'));
      }
    }
    const plan = shop
      .provide(Disk, { useClass: WornDisk })
      .in(addresses(...peer.addresses))
      .over(tcp());
    expect((await failure(start(plan))).message).to.equal('WornDisk could not start: worn');
    await peer.stop();
  });
});

/** A port of ours, which a socket had a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('an application that stops', () => {
  const start = applications();
  let ratings: App;
  const shelf = (): Mesh => mesh(RatingsService).provide(DIARY, { useValue: [] });

  beforeEach(async () => {
    ratings = await start(
      shelf()
        .over(tcp({ port: 0 }))
        .configure({ 'app.grace': '50 ms' }),
    );
  });

  /** Listens to what there is to hear of ratings from its start to its end, as a service that keeps a view of them does. */
  @serves(Clock)
  class Listener implements Handlers<typeof Clock> {
    private readonly leaving = new AbortController();

    constructor(
      @client(Ratings) private readonly ratings: Client<typeof Ratings>,
      @inject(DIARY) private readonly diary: string[],
    ) {}

    onStart(): void {
      consume(this.ratings.all(), () => undefined, { signal: this.leaving.signal }).catch(() => undefined);
    }

    onStop(): void {
      this.diary.push('Listener stops');
      this.leaving.abort();
    }

    name() {
      return of('listener');
    }
  }

  it('ends though one of its services listens to a peer', async () => {
    const diary: string[] = [];
    const listener = await quiet(mesh(Listener))
      .provide(DIARY, { useValue: diary })
      .over(tcp())
      .in(addresses(...ratings.addresses))
      .start();
    await firstValueFrom(listener.client(Ratings).of('tt1'));
    await listener.stop();
    expect(diary).to.deep.equal(['Listener stops']);
  });

  it('ends though one of its services listens to another', async () => {
    const app = await start(mesh(Listener, RatingsService).provide(DIARY, { useValue: [] }));
    await app.stop();
    expect(app.state).to.equal('stopped');
  });

  it('lets its parts call others at their end', async () => {
    const heard: unknown[] = [];
    const goodbye = { onStop: () => firstValueFrom(app.client(Ratings).of('tt1')).then((stars) => heard.push(stars)) };
    const app = await start(
      mesh()
        .provide(TAP, { useValue: goodbye })
        .over(tcp())
        .in(addresses(...ratings.addresses)),
    );
    await app.stop();
    expect(heard).to.deep.equal([4]);
  });

  it('lets calls end that are open, and refuses new ones', async () => {
    const begun = new Subject<void>();
    const gate = new Subject<number>();
    const slow = await start(
      mesh()
        .serve(Ratings, {
          of: () => {
            begun.next();
            return gate;
          },
          all: () => NEVER,
        })
        .over(tcp({ port: 0 })),
    );
    const caller = await start(
      mesh()
        .over(tcp())
        .in(addresses(...slow.addresses))
        .configure({ 'discovery.patience': '20 ms' }),
    );
    const beginning = firstValueFrom(begun);
    const call = firstValueFrom(caller.client(Ratings).of('tt1'));
    await beginning;
    const stopping = slow.stop();
    expect(slow.open).to.deep.equal([['ratings.of', 1]]);
    const refused = await failure(firstValueFrom(caller.client(Ratings).of('tt2')));
    expect(refused.tag).to.equal('Unavailable');
    expect(refused.message).to.match(/^nobody serves ratings: tcp:.* is (?:not ready|down)/);
    gate.next(3);
    expect(await call).to.equal(3);
    await stopping;
  });

  it('ends calls that are open when the grace has passed, and says so', async () => {
    const lines = logLines();
    const app = await start(
      shelf()
        .over(tcp({ port: 0 }))
        .configure({ 'app.grace': '20 ms' })
        .log(lines.options),
    );
    const caller = await start(
      mesh()
        .over(tcp())
        .in(addresses(...app.addresses)),
    );
    const call = failure(firstValueFrom(caller.client(Ratings).of('never')));
    const inProcess = failure(firstValueFrom(app.client(Ratings).of('never')));
    await firstValueFrom(caller.client(Ratings).of('tt1'));
    await app.stop();
    expect(await call).to.include({
      tag: 'Broken',
      code: 'MILLRACE_STOPPED',
      message: 'the server has stopped, and the call was open after 20 ms of grace',
    });
    expect(await lines.of(/calls were open after 20 ms of grace/)).to.include({ level: LEVELS.warn });
    expect(await inProcess).to.include({ tag: 'Broken', code: 'MILLRACE_STOPPED' });
  });
});
