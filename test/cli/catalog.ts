/** An application to be called and described: all four models, and all that can go wrong. */
import {
  type App,
  contract,
  channel,
  declared,
  fromIterable,
  mesh,
  MeshError,
  nothing,
  notify,
  response,
  stream,
  unchecked,
} from 'millrace';
import { tcp, websocket } from 'millrace/rsocket';
import { map, NEVER, Observable, of, scan, take, tap, throwError } from 'rxjs';
import { z } from 'zod';

const Id = z.object({ id: z.string().min(1) });

export const Catalog = contract(
  'catalog',
  {
    title: response(Id, z.object({ id: z.string(), name: z.string() }), {
      about: 'A title by its id.',
      idempotent: true,
      deadline: '20 s',
    }),
    numbers: stream(z.object({ from: z.number().int() }), z.number().int(), { about: 'Counts up, for ever.' }),
    sum: channel(z.object({ n: z.number() }), z.number()),
    first: channel(unchecked(), unchecked()),
    viewed: notify(Id),
    told: response(unchecked(), unchecked()),
    never: response(nothing, unchecked()),
    denied: response(nothing, unchecked()),
    odd: stream(nothing, unchecked()),
  },
  { version: '2.1', about: 'Films.', failures: { NotFound: declared(Id, { httpStatus: 404 }) } },
);

/** What the application saw. */
export interface Seen {
  /** Numbers that were made. */
  numbers: number;
  /** Messages of channels. */
  messages: number;
  readonly viewed: Promise<unknown>;
  /** Resolves when a caller has left the numbers. */
  readonly left: Promise<void>;
}

/** Starts it at free ports of TCP and WebSocket. */
export async function startCatalog(): Promise<{ readonly app: App; readonly seen: Seen }> {
  let view: (id: unknown) => void = () => undefined;
  let leave: () => void = () => undefined;
  const seen: Seen = {
    numbers: 0,
    messages: 0,
    viewed: new Promise((done) => (view = done)),
    left: new Promise((done) => (leave = done)),
  };
  const app = await mesh()
    .serve(Catalog, {
      title: ({ id }) =>
        id === 'tt1' ? of({ id, name: 'Alien' }) : throwError(() => Catalog.fail('NotFound', { id }, `no title ${id}`)),
      numbers: ({ from }) =>
        new Observable((to) => {
          to.add(leave);
          return fromIterable(countFrom(from, seen)).subscribe(to);
        }),
      sum: (requests) =>
        requests.pipe(
          tap(() => (seen.messages += 1)),
          scan((total, { n }) => total + n, 0),
        ),
      first: (requests) =>
        requests.pipe(
          tap(() => (seen.messages += 1)),
          take(1),
          map(() => 'enough'),
        ),
      viewed: ({ id }) => view(id),
      told(request, call) {
        call.reply.set('shelf', 'seven');
        const { metadata, baggage, priority, deadline } = call;
        return of({
          request,
          metadata: Object.fromEntries(metadata),
          baggage: Object.fromEntries(baggage),
          priority,
          endless: deadline === Infinity,
        });
      },
      never: () => NEVER,
      denied: () =>
        throwError(() => {
          const cause = new MeshError('Unauthenticated', 'the token has expired');
          return new MeshError('Denied', 'staff only', { cause });
        }),
      odd: () => of('a\u001b[2Jb', { deep: { list: [1, null, true], text: 'x'.repeat(60) } }),
    })
    .named('films')
    .over(tcp({ port: 0 }), websocket({ port: 0 }))
    .configure({ 'log.level': 'silent' })
    .start();
  return { app, seen };
}

function* countFrom(from: number, seen: Seen): Generator<number> {
  for (let n = from; ; n++) {
    seen.numbers += 1;
    yield n;
  }
}
