/** What the tests of the MUST lines have in common: our server and a raw client, our client and a raw server, over real sockets. */

import { type ErrorTag, fromIterable, meshError } from 'millrace';
import {
  connect,
  type Connection,
  type ConnectOptions,
  listen,
  type ListenOptions,
  payload,
  tcp,
  text,
  type WireService,
} from 'millrace/rsocket';
import type { VirtualClock } from 'millrace/testing';
import { EMPTY, isObservable, NEVER, of, throwError } from 'rxjs';
import { over } from '../conformance/scene.js';
import { turns } from '../limits/limit-case.js';
import { connectSetUp, named } from '../rsocket/expectations.js';
import type { FrameGuard } from '../rsocket/inbox.js';
import { keepAliveFrame, type KeepAliveFrame, type RawFrame, type SetupFields } from '../rsocket/raw-frame.js';
import { connectRaw, listenRaw, type RawPeer, type RawServer } from '../rsocket/raw-peer.js';
import { createTally, type Tally } from '../rsocket/tally.js';
import { watchTests, type Watch } from '../rsocket/watch.js';

/** Our server, and raw clients that meet it. */
export interface Served {
  readonly port: number;
  /** `called`, and what each request said. */
  readonly calls: Tally;
  /** Closes the server in good order. */
  close(): Promise<void>;
  /** A client that has said nothing. */
  silent(): Promise<RawPeer>;
  /** A client that has sent SETUP. */
  setUp(setup?: SetupFields): Promise<RawPeer>;
}

/** Our client, and the raw server that it has met. */
export interface Met {
  readonly client: Connection;
  readonly server: RawPeer;
  readonly listener: RawServer;
}

export interface Encounter extends Served {
  readonly ours: Connection;
  readonly raw: RawPeer;
}

export interface Stage {
  readonly watch: Watch;
  serve(options?: ServeOptions): Promise<Served>;
  /** The raw server has had SETUP. */
  meet(options?: ConnectOptions & { readonly clock?: VirtualClock }): Promise<Met>;
  /** Our server's side of a connection, and the raw client at the other. */
  encounter(options?: ServeOptions, setup?: SetupFields): Promise<Encounter>;
  /** The next connection of a client that dials again. */
  next(listener: RawServer): Promise<RawPeer>;
}

export interface ServeOptions extends ListenOptions {
  readonly clock?: VirtualClock;
  readonly service?: WireService;
}

/** Called in a `describe`: all that its tests open is closed after each. */
export function stage(): Stage {
  const watch = watchTests();
  const made: Stage = {
    watch,
    async serve({ service, ...options } = {}) {
      const calls = createTally();
      const server = await listen(tcp({ port: 0 }), service ?? answering(calls), { grace: 0, ...options });
      const { port } = server.address;
      let closing: Promise<void> | undefined;
      const close = (): Promise<void> => (closing ??= over(server.close()));
      watch.after(async () => {
        const closed = close();
        await options.clock?.advance(2000);
        await closed;
      });
      return {
        port,
        calls,
        close,
        silent: async () => watch.peer(await connectRaw('tcp', port)),
        setUp: async (setup) => watch.peer(await connectSetUp('tcp', port, setup)),
      };
    },
    async encounter(options = {}, setup = {}) {
      let met: (ours: Connection) => void = () => undefined;
      const meeting = new Promise<Connection>((resolve) => (met = resolve));
      const served = await made.serve({ ...options, accept: (_, ours) => met(ours) });
      const raw = await served.setUp(setup);
      const ours = await meeting;
      await trips(raw);
      return { ...served, ours, raw };
    },
    async meet(options = {}) {
      const listener = await listenRaw('tcp');
      watch.after(listener.close);
      const client = await connect(tcp({ port: listener.port }), options);
      watch.after(() => client.close().subscribe());
      const server = watch.peer(await listener.accept());
      await server.expectFrame(named('SETUP'));
      return { client, server, listener };
    },
    next: async (listener) => watch.peer(await listener.accept()),
  };
  return made;
}

/** Gives back what it is asked for, but for `hang`, `fail TAG`, and streams, which count from 0 for ever. */
export function answering(calls: Tally): WireService {
  return ({ interaction, request }) => {
    if (isObservable(request)) return request;
    const said = text(request);
    calls.add('called');
    calls.add(said);
    const [, tag] = /^fail (\w+)$/.exec(said) ?? [];
    if (tag !== undefined) return throwError(() => meshError(tag as ErrorTag, 'as asked'));
    if (said === 'hang') return NEVER;
    if (interaction === 'notify') return EMPTY;
    return interaction === 'response' ? of(request) : numbers();
  };
}

function numbers() {
  return fromIterable(function* () {
    for (let n = 0; ; n++) yield payload(String(n));
  });
}

/** Any frame of a stream. */
export function onStream(id: number): FrameGuard<RawFrame> {
  return (frame): frame is RawFrame => frame.streamId === id;
}

/** The names of the frames that came on a stream. */
export function namesOn(peer: RawPeer, id: number): string[] {
  return peer.received.filter((frame) => frame.streamId === id).map(({ name }) => name);
}

/** All that either side had to say has come, and had its effect: KEEPALIVE goes there and back a few times. */
export async function trips(peer: RawPeer): Promise<void> {
  for (const data of ['first trip', 'second trip', 'third trip']) {
    await peer.send(keepAliveFrame(true, data));
    const echo = (frame: RawFrame): frame is KeepAliveFrame =>
      frame.name === 'KEEPALIVE' && frame.data.toString() === data;
    await peer.expectFrame(echo, `KEEPALIVE of the ${data}`);
  }
}

/** Resolves once `holds` does, asked after each turn of the event loop; rejects after very many. */
export async function comes(holds: () => boolean, about: string): Promise<void> {
  for (let turn = 0; turn < 1000 && !holds(); turn++) await turns();
  if (!holds()) throw new Error(`it does not come about that ${about}`);
}
