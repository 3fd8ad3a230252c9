/** A server and a client on a wire, with a tap between them; after each test nothing of it may be left over. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Clock, MeshError } from 'millrace';
import {
  type Accept,
  connect,
  type Connection,
  type ConnectOptions,
  Flag,
  FrameType,
  type Limits,
  listen,
  payload,
  type Server,
  type WireService,
} from 'millrace/rsocket';
import { filter, firstValueFrom, lastValueFrom, type Observable, of } from 'rxjs';
import { countingClock } from './counting-clock.js';
import { type Tap, tapped } from './tap.js';
import type { Wire } from './wire.js';

type Rows = { readonly [K in keyof Limits]?: number | string };

export interface SceneOptions extends Pick<ConnectOptions, 'responder' | 'setup' | 'keepAlive' | 'lifetime'> {
  /** Of both sides. */
  readonly limits?: Rows;
  readonly accept?: Accept;
  readonly clock?: Clock & { readonly pending: number };
  /** Instead of the wire's. */
  readonly fragment?: number;
  /** `broken` for a test that ends the connection otherwise than in order. */
  readonly ends?: 'in order' | 'broken';
}

export interface Scene {
  readonly client: Connection;
  /** The server's side of the connection. */
  readonly peer: Connection;
  readonly server: Server;
  readonly tap: Tap;
}

export interface Stage {
  readonly wire: Wire;
  open(service: WireService, options?: SceneOptions): Promise<Scene>;
  /** Runs at the end of the test, last first, before what is left over is looked for. */
  after(finish: () => Promise<unknown>): void;
}

/** Called in a `describe`: opens scenes for its tests, and checks after each what they have left. */
export function stageOf(wire: Wire): Stage {
  const finishers: ((failed: boolean) => Promise<void>)[] = [];
  const strays: string[] = [];
  const stray = (error: unknown): void => void strays.push(String(error));
  const warned = (warning: Error): void => {
    if (warning.name === 'MillraceWarning') strays.push(warning.message);
  };
  let before: readonly string[] = [];

  beforeEach(() => {
    strays.length = 0;
    before = sockets();
    process.prependListener('unhandledRejection', stray);
    process.prependListener('uncaughtExceptionMonitor', stray);
    process.on('warning', warned);
  });

  afterEach(async function () {
    const failed = this.currentTest?.state === 'failed';
    try {
      for (const finish of finishers.splice(0)) await finish(failed);
    } finally {
      process.off('unhandledRejection', stray);
      process.off('uncaughtExceptionMonitor', stray);
      process.off('warning', warned);
    }
    expect(strays, 'unhandled rejections, uncaught exceptions and warnings').to.deep.equal([]);
    for (let turn = 0; turn < 100 && sockets().length > before.length; turn++) await nextTurn();
    if (!failed) expect(sockets(), 'open sockets').to.deep.equal(before);
  });

  return {
    wire,
    after: (finish) => void finishers.unshift(async () => void (await finish())),
    async open(service, options = {}) {
      const { responder, setup, keepAlive, lifetime, limits, ends = 'in order' } = options;
      const clock = options.clock ?? countingClock();
      const fragment = options.fragment ?? wire.fragment;
      const common = {
        clock,
        fragment,
        resume: wire.resume,
        ...(wire.lease ? { lease: true, leases: PLENTY } : {}),
        ...(limits === undefined ? {} : { limits }),
      };
      let met: (peer: Connection) => void = () => undefined;
      const meeting = new Promise<Connection>((resolve) => (met = resolve));
      const accept: Accept = (said, peer) => {
        met(peer);
        return options.accept?.(said, peer);
      };
      const place = wire.place();
      const server = await listen(place.listen, service, { ...common, accept, grace: '2 s' });
      const tap = tapped(place.dial(server.address));
      const client = await connect(tap.transport, {
        ...common,
        ...(responder === undefined ? {} : { responder }),
        ...(setup === undefined ? {} : { setup }),
        ...(keepAlive === undefined ? {} : { keepAlive }),
        ...(lifetime === undefined ? {} : { lifetime }),
      });
      // A lease is granted once the server has accepted.
      if (wire.lease && options.accept === undefined)
        await firstValueFrom(client.availability.pipe(filter((requests) => requests > 0)));
      const scene: Scene = { client, peer: await meeting, server, tap };
      finishers.push(async (failed) => {
        if (failed) tap.cut();
        else if (ends === 'in order') await endInOrder(scene);
        await over(server.close());
        await tap.allClosed();
        if (failed) return;
        for (let turn = 0; turn < 10; turn++) await nextTurn();
        expect(server.connections, 'connections of a closed server').to.equal(0);
        expect(tap.overruns, 'items beyond demand').to.deep.equal([]);
        expect(clock.pending, 'timers').to.equal(0);
        expect(tooLong(tap, fragment), 'frames longer than a fragment').to.deep.equal([]);
      });
      return scene;
    },
  };
}

/** So many that no test uses them up. */
const PLENTY = of({ requests: 1_000_000, ttl: 1_000_000 });

/** A side that closes ends at once, and in order, only if it has no streams: so this shows that both tables are empty. */
async function endInOrder({ client, peer }: Scene): Promise<void> {
  const ends = [endOf(client), endOf(peer)];
  await over(client.close());
  const [here, there] = await Promise.all(ends);
  expect(here?.message, "the client's end").to.equal(undefined);
  expect(there?.message, "the server's end, which has streams left over if the connection was lost to it").to.equal(
    undefined,
  );
}

/** How a connection ends: the error, or undefined if it was in order. */
export function endOf(connection: Connection): Promise<MeshError | undefined> {
  return new Promise((resolve) => connection.closed.subscribe({ error: resolve, complete: () => resolve(undefined) }));
}

/** Subscribes what only completes. */
export async function over(work: Observable<never>): Promise<void> {
  await lastValueFrom(work, { defaultValue: undefined });
}

/** Round trips enough for all that was under way in either direction to have had its effect. */
export async function settled(connection: Connection): Promise<void> {
  for (let trip = 0; trip < 10; trip++) await firstValueFrom(connection.response(payload('ping')));
}

function sockets(): readonly string[] {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP'));
}

/** Requests and items; what has to be in one frame, as errors and bare completions have, may be longer. */
function tooLong(tap: Tap, fragment = Infinity): readonly unknown[] {
  return tap.frames.filter(({ id, length, type, flags }) => {
    const whole = type === FrameType.ERROR || (type === FrameType.PAYLOAD && (flags & Flag.NEXT) === 0);
    return id > 0 && !whole && length > fragment;
  });
}
