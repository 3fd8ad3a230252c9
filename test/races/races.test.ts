import { expect } from 'chai';
import { assert, asyncProperty, constantFrom, integer, record, type Scheduler, scheduler } from 'fast-check';
import { fromIterable, GateSink, type MeshError, meshError } from 'millrace';
import { type Connection, connect, listen, type Payload, payload, type Server, text } from 'millrace/rsocket';
import { type VirtualClock, virtualClock } from 'millrace/testing';
import { concat, NEVER, type Observable, throwError } from 'rxjs';
import { type Tap, tapped } from '../conformance/tap.js';
import { over } from '../conformance/scene.js';
import { type Raced, raced } from './raced.js';

const RUNS = 1000;
/** Seconds that open calls get when a server closes. */
const GRACE = 5;
const models = ['response', 'stream', 'channel'] as const;
type Model = (typeof models)[number];

/** One call as its caller sees it. */
class Watched {
  readonly items: string[] = [];
  readonly ends: (MeshError | 'complete')[] = [];
  left = false;
  /** Items that came after the end, or after the caller had left. */
  late = 0;
  private readonly sink = new GateSink<Payload>({
    next: (item) => {
      if (this.left || this.ends.length > 0) this.late += 1;
      this.items.push(text(item));
    },
    error: (error) => void this.ends.push(error as MeshError),
    complete: () => void this.ends.push('complete'),
  });

  constructor(answer: Observable<Payload>) {
    answer.subscribe(this.sink);
  }

  ask(n: number): void {
    this.sink.request(n);
  }

  leave(): void {
    if (this.ends.length > 0) return;
    this.left = true;
    this.sink.unsubscribe();
  }
}

interface World extends Raced {
  readonly client: Connection;
  readonly server: Server;
  readonly clock: VirtualClock;
  readonly tap: Tap;
  call(model: Model, size: number, end?: End): Watched;
}

type End = 'ends' | 'fails' | 'stays';

/** Numbers from 0, and then the end, an error, or nothing. */
function numbers(size: number, end: string | undefined): Observable<Payload> {
  const items = fromIterable(Array.from({ length: size }, (_, n) => payload(String(n))));
  if (end === 'stays') return concat(items, NEVER);
  if (end === 'ends') return items;
  return concat(
    items,
    throwError(() => meshError('Denied', 'enough')),
  );
}

async function worldOf(order: Scheduler, resume: boolean): Promise<World> {
  const clock = virtualClock();
  const race = raced(order);
  const tap = tapped(race.transport);
  const server = await listen(
    race.transport,
    ({ request, interaction }) => {
      if ('subscribe' in request) return request;
      const [size, end] = text(request).split(' ');
      return numbers(interaction === 'response' ? 1 : Number(size), end);
    },
    { clock, grace: `${GRACE} s`, resume },
  );
  const client = await connect(tap.transport, { clock, resume });
  await race.settle();
  return {
    ...race,
    client,
    server,
    clock,
    tap,
    call(model, size, end = 'ends') {
      const asked = payload(`${size} ${end}`);
      if (model === 'response') return new Watched(client.response(asked));
      if (model === 'stream') return new Watched(client.stream(asked));
      return new Watched(client.channel(numbers(size, end)));
    },
  };
}

/** What holds whatever happened, and that nothing is left of it. */
async function check(world: World, calls: readonly Watched[], closing?: Promise<void>, resumed = false): Promise<void> {
  const { settle, tap, clock, client, server } = world;
  await settle();
  let closed = false;
  const closes = Promise.all([closing, over(client.close()), over(server.close())]).then(() => (closed = true));
  // Sockets that are half closed, and peers that say no farewell, are given up in their time; calls are not, before the grace.
  for (let second = 0; second < GRACE - 1 && !closed; second++) {
    await settle();
    await clock.advance(1000);
    await settle();
  }
  expect(closed, 'everything is closed').to.equal(true);
  await closes;
  // What is sent again over a new link was asked for over one before.
  if (!resumed) expect(tap.overruns).to.deep.equal([]);
  expect(server.connections).to.equal(0);
  for (const { items, ends, late, left } of calls) {
    expect(items).to.deep.equal(items.map((_, at) => String(at)));
    expect(late).to.equal(0);
    expect(ends.length, 'ends of a call').to.equal(left ? 0 : 1);
  }
  await clock.advance(120_000);
  expect(clock.pending, 'timers').to.equal(0);
}

/** Runs the property over the orders that the scheduler finds; its seed is in the message if it fails. */
function property(race: (world: World, shape: Shape) => Promise<void>, resume = false): Promise<void> {
  const shapes = record({ model: constantFrom(...models), size: integer({ min: 0, max: 4 }) });
  return assert(
    asyncProperty(scheduler(), shapes, async (order, shape) => race(await worldOf(order, resume), shape)),
    { numRuns: RUNS },
  );
}

interface Shape {
  readonly model: Model;
  readonly size: number;
}

describe(`in each of ${RUNS.toLocaleString('en')} orders of events`, function () {
  this.timeout(60_000);

  it('a cancel and a completion that cross leave one end, or none to who has left', () =>
    property(async (world, { model, size }) => {
      const call = world.call(model, size);
      world.sometime('asks', () => call.ask(10));
      world.sometime('leaves', () => call.leave());
      await check(world, [call]);
      if (!call.left) expect(call.ends).to.deep.equal(['complete']);
    }));

  it('a cancel and the items that cross it leave nothing open, though the source never ends', () =>
    property(async (world, { model, size }) => {
      const call = world.call(model === 'response' ? 'stream' : model, size, 'stays');
      world.sometime('asks', () => call.ask(10));
      world.sometime('leaves', () => call.leave());
      await check(world, [call]);
    }));

  it('an error and a REQUEST_N that cross give what was asked for, and the error once', () =>
    property(async (world, { size }) => {
      const call = world.call('stream', size, 'fails');
      for (let each = 0; each < 3; each++) world.sometime('asks', () => call.ask(2));
      await check(world, [call]);
      const [end] = call.ends;
      expect(end).to.include({ tag: 'Denied', message: 'enough' });
      expect(call.items).to.have.length(size);
    }));

  it('a close and calls that cross end each call once, with all it has or a word why not', () =>
    property(async (world, { model, size }) => {
      const calls: Watched[] = [];
      for (const each of [model, ...models]) {
        world.sometime(`calls ${each}`, () => {
          const call = world.call(each, size);
          calls.push(call);
          world.sometime('asks', () => call.ask(10));
        });
      }
      let closing: Promise<void> | undefined;
      const side = size % 2 === 0 ? world.client : world.server;
      world.sometime('closes', () => (closing = over(side.close())));
      await world.settle();
      await check(world, calls, closing);
      for (const { ends, items } of calls) {
        const [end] = ends;
        if (end === 'complete') continue;
        expect(end?.tag).to.be.oneOf(['Unavailable', 'Rejected']);
        expect(items).to.deep.equal([]);
      }
    }));

  it('a cut, its resumption and a cancel that cross lose no item and double none', () =>
    property(async (world, { model, size }) => {
      const call = world.call(model, size);
      const other = world.call('stream', 4);
      world.sometime('asks', () => call.ask(10));
      world.sometime('asks', () => other.ask(10));
      world.sometime('cut', () => world.cut());
      world.sometime('leaves', () => call.leave());
      world.sometime('cut again', () => world.cut());
      await world.settle();
      // The second attempt to dial comes after a pause.
      for (let each = 0; each < 5; each++) {
        await world.clock.advance(200);
        await world.settle();
      }
      await check(world, [call, other], undefined, true);
      expect(other.items).to.deep.equal(['0', '1', '2', '3']);
      expect(other.ends).to.deep.equal(['complete']);
    }, true));
});
