/** Applications that serve ratings in ways that a test tells apart. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { addresses, type App, type Client, type Handlers, mesh, type Mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { type ObservableInput, of } from 'rxjs';
import { Ratings } from './contracts.js';

/** What is asked of a peer, in order. */
export interface Peer {
  readonly app: App;
  readonly address: string;
  readonly asked: string[];
}

type Start = (plan: Mesh) => Promise<App>;

/** A peer that answers `of` with what `answer` gives, and `all` with its one item. */
export async function peer(
  start: Start,
  answer: (id: string) => ObservableInput<number> = () => of(1),
  port = 0,
  more: Partial<Handlers<typeof Ratings>> = {},
): Promise<Peer> {
  const asked: string[] = [];
  const plan = mesh()
    .serve(Ratings, {
      of(id) {
        asked.push(id);
        return answer(id);
      },
      all: () => of(1),
      ...more,
    })
    .over(tcp({ port }))
    .configure({ 'app.grace': '50 ms' });
  const app = await start(plan);
  return { app, address: app.addresses[0] ?? '', asked };
}

/** A client of whoever serves ratings at `places`, once it knows all of them. */
export async function callerOf(start: Start, places: readonly string[], values: object = {}): Promise<App> {
  return start(
    mesh()
      .over(tcp())
      .in(addresses(...places))
      .configure(values as Readonly<Record<string, unknown>>),
  );
}

export type RatingsClient = Client<typeof Ratings>;

/** A place at which nobody listens: of a socket that listened a moment ago. */
export async function emptyPlace(): Promise<{ readonly port: number; readonly address: string }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  server.close();
  await once(server, 'close');
  return { port, address: `tcp://127.0.0.1:${port}` };
}
