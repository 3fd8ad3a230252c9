/** The services in a row, two of them twice: the first keeps what it is told, the others pass everything on. */
import {
  channel,
  type Client,
  contract,
  type Handlers,
  iterate,
  mesh,
  MeshError,
  type Mesh,
  notify,
  response,
  stream,
} from 'millrace';
import type { World } from 'millrace/testing';
import { catchError, concat, filter, map, mergeMap, type Observable, of, ReplaySubject, tap, throwError } from 'rxjs';
import { z } from 'zod';

const methods = {
  ask: response(z.number(), z.number()),
  /** So many numbers; `id` is that of {@link Sightings.call}. */
  list: stream(z.object({ id: z.number(), count: z.number() }), z.number()),
  talk: channel(z.number(), z.number()),
  tell: notify(z.number()),
};
export const NAMES = ['store', 'ratings', 'catalog', 'home', 'gateway'] as const;
const contracts = NAMES.map((name) => contract(name, methods));
export const gateway = contracts[4] as (typeof contracts)[0];
type Hop = Client<(typeof contracts)[0]>;
type Answers = Handlers<(typeof contracts)[0]>;

/** Where they run, and which of the names each serves. */
export const HOSTS: readonly (readonly [host: string, at: number])[] = [
  ['store', 0],
  ['store-b', 0],
  ['ratings', 1],
  ['ratings-b', 1],
  ['catalog', 2],
  ['home', 3],
  ['gateway', 4],
];

/** Items that a hop may have asked for and not passed on. */
export const WINDOW = 8;

/** A mistake to plant in a service: each is what a real one would be. */
export type Plant = 'swallowed error' | 'doubled item' | 'lost item' | 'swapped items' | 'told twice' | 'hoarded items';

/** What the services have seen. */
export class Sightings {
  readonly told = new Map<number, number>();
  readonly lateStarts: string[] = [];
  private readonly edges: { given: number; taken: number }[] = [];

  /** The most items that were between two neighbours at a time. */
  get apart(): number {
    return this.most;
  }

  private most = 0;

  /** Numbers a call for a list: its caller counts what it takes of it, its handler what it gives. */
  call(): number {
    return this.edges.push({ given: 0, taken: 0 }) - 1;
  }

  /** The handler begins, perhaps anew after a refusal. */
  begins(id: number): void {
    const edge = this.edges[id];
    if (edge !== undefined) edge.given = 0;
  }

  gives(id: number): void {
    const edge = this.edges[id];
    if (edge === undefined) return;
    edge.given += 1;
    this.most = Math.max(this.most, edge.given - edge.taken);
  }

  takes(id: number): void {
    const edge = this.edges[id];
    if (edge !== undefined) edge.taken += 1;
  }
}

/** What all agree on, the caller included. */
export function patient(resume: boolean): Mesh {
  return mesh().configure({
    'rsocket.resume': resume,
    'rsocket.resume-time': '2 s',
    'rsocket.keep-alive': '300 ms',
    'rsocket.keep-alive-lifetime': '900 ms',
    'rsocket.window': WINDOW,
    'rsocket.fast-window': WINDOW,
    'app.grace': '1 s',
    'discovery.patience': '1 s',
    'discovery.reconnect-most': '2 s',
  });
}

export function serviceOf(host: string, at: number, world: World, seen: Sightings, plant?: Plant): Mesh {
  const here = contracts[at] as (typeof contracts)[0];
  let asked = 0;
  /** The second of a kind is busy each fifth time. */
  const busy = (where: string, method: string): boolean =>
    where.endsWith('-b') && method.startsWith(NAMES[at] ?? '') && (asked += 1) % 5 === 0;
  const plan = patient(world.seed % 2 === 0).use((next) => (call) => {
    const { clock } = world.net.host(host);
    if (call.method.startsWith(NAMES[at] ?? '') && call.deadline < clock.now())
      seen.lateStarts.push(`${call.method} began after its deadline`);
    if (busy(host, call.method)) return throwError(() => new MeshError('Rejected', `${host} is busy`));
    return next(call);
  });
  if (at === 0) return plan.serve(here, leaf(seen));
  const next = contracts[at - 1] as (typeof contracts)[0];
  const mistake = NAMES[at] === 'catalog' ? plant : undefined;
  return plan.serve(here, (app) => passing(app.client(next), seen, mistake));
}

function leaf(seen: Sightings): Answers {
  return {
    ask: (n) => of(n),
    *list({ id, count }) {
      seen.begins(id);
      for (let n = 0; n < count; n++) {
        seen.gives(id);
        yield n;
      }
    },
    talk: (numbers) => numbers,
    tell: (n) => void seen.told.set(n, (seen.told.get(n) ?? 0) + 1),
  };
}

function passing(next: Hop, seen: Sightings, plant: Plant | undefined): Answers {
  const ask = (n: number): Observable<number> => next.ask(n).pipe(map((answer) => answer + 1));
  const list = (count: number): Observable<number> => {
    const id = seen.call();
    return next.list({ id, count }).pipe(tap(() => seen.takes(id)));
  };
  const given = (id: number, items: Observable<number>): Observable<number> => {
    seen.begins(id);
    return items.pipe(tap(() => seen.gives(id)));
  };
  const planted = (items: Observable<number>): Observable<number> => {
    if (plant === 'swapped items') return items.pipe(map((item) => (item === 7 ? 8 : item === 8 ? 7 : item)));
    if (plant === 'doubled item') return items.pipe(mergeMap((item) => (item === 7 ? of(item, item) : of(item))));
    if (plant === 'hoarded items') return hoarded(items);
    return plant === 'lost item' ? items.pipe(filter((item) => item !== 7)) : items;
  };
  return {
    ask: (n) => (plant === 'swallowed error' ? ask(n).pipe(catchError(() => of(-1))) : ask(n)),
    list: ({ id, count }) => given(id, planted(list(count))),
    talk: (numbers) => next.talk(numbers),
    tell: (n) => (plant === 'told twice' ? concat(next.tell(n), next.tell(n)) : next.tell(n)),
  };
}

/** Takes all that there is as fast as it comes, whoever reads how slowly. */
function hoarded(items: Observable<number>): Observable<number> {
  const all = new ReplaySubject<number>();
  void (async () => {
    try {
      for await (const item of iterate(items)) all.next(item);
      all.complete();
    } catch (error) {
      all.error(error);
    }
  })();
  return all;
}
