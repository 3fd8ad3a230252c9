/** Five services in a row, called by all four models, and what must hold of the calls whatever the network does. */
import {
  channel,
  type Client,
  contract,
  GateSink,
  type Handlers,
  isMeshError,
  mesh,
  type Mesh,
  type MeshError,
  notify,
  response,
  stream,
} from 'millrace';
import { type FaultCounts, simulate, type World } from 'millrace/testing';
import { catchError, concat, EMPTY, filter, map, mergeMap, type Observable, of } from 'rxjs';
import { z } from 'zod';

const methods = {
  ask: response(z.number(), z.number()),
  list: stream(z.number(), z.number()),
  talk: channel(z.number(), z.number()),
  tell: notify(z.number()),
};
const NAMES = ['store', 'ratings', 'catalog', 'home', 'gateway'] as const;
const contracts = NAMES.map((name) => contract(name, methods));
const gateway = contracts[4] as (typeof contracts)[0];
type Hop = Client<(typeof contracts)[0]>;
type Answers = Handlers<(typeof contracts)[0]>;

/** A mistake to plant in a service: each is what a real one would be. */
export type Plant = 'swallowed error' | 'doubled item' | 'lost item' | 'swapped items' | 'told twice';

/** What became of a run. */
export interface Report {
  readonly faults: Readonly<FaultCounts>;
  /** How often calls ended in each way. */
  readonly ends: Readonly<Record<string, number>>;
  /** What should not have been. */
  readonly broken: readonly string[];
  /** A hash of all that went over the network, and of how each call ended. */
  readonly fingerprint: string;
  /** Timers that were set when everything had stopped. */
  readonly timers: number;
}

/** Longer than any call may take to end: its deadline, and a hop's work besides. */
const DEADLINE = 2000;
const SLACK = 1500;
/** What is left after a stop are last words to peers that have gone, and what the network still tries to deliver. */
const LINGER = 60_000;
const ITEMS = 40;

export async function runSeed(seed: number, plant?: Plant, calls = 24): Promise<Report> {
  const world = simulate({
    seed,
    faults: { delay: ['1 ms', '30 ms'], loss: 0.02, resets: 0.002, splits: 0.2, timeout: '5 s', dialTimeout: '2 s' },
  });
  const told = new Map<number, number>();
  const lateStarts: string[] = [];
  NAMES.forEach((name, at) => world.app(name, service(at, world, told, lateStarts, plant)));
  await world.start();
  const caller = await world.client('caller');
  const entry: Hop = caller.client(gateway);
  world.chaos({ crash: '4 s', restart: '5 s', partition: '4 s', halfOpen: '5 s', heal: '1 s' });
  const log: Ended[] = [];
  for (let n = 0; n < calls; n++) {
    begin(world, entry, n, log);
    await world.run('150 ms');
  }
  await world.run(DEADLINE + SLACK);
  const broken = log.flatMap((call) => call.faults()).concat(lateStarts);
  for (const [n, times] of told) if (times > 1) broken.push(`tell ${n} was heard ${times} times`);
  await world.calm();
  await world.run('40 s');
  for (let n = 0; n < 4; n++) {
    const tries: Ended[] = [];
    for (let attempt = 0; attempt < 5 && tries.at(-1)?.end !== 'complete'; attempt++) {
      begin(world, entry, 1000 + n, tries);
      await world.run(DEADLINE + SLACK);
    }
    if (tries.at(-1)?.end !== 'complete') broken.push(`call ${1000 + n}, after all was healed: ${tries.at(-1)?.end}`);
  }
  await world.stop();
  await world.clock.advance(LINGER);
  const ends: Record<string, number> = {};
  for (const { end } of log) ends[end] = (ends[end] ?? 0) + 1;
  const outcomes = log.map((call) => `${call.name} ${call.end} ${call.items.length}`).join('; ');
  const { pending } = world.clock;
  return {
    faults: { ...world.events },
    ends,
    broken,
    fingerprint: `${world.fingerprint()} ${outcomes}`,
    timers: pending,
  };
}

/** One call of the caller's, and how it ended. */
class Ended {
  readonly items: number[] = [];
  end = 'open';

  constructor(
    readonly name: string,
    private readonly interaction: number,
    private readonly n: number,
  ) {}

  failed(error: MeshError): void {
    if (this.end !== 'open') this.end = `ended twice, ${this.end} and error`;
    else this.end = isMeshError(error) ? error.tag : `no MeshError: ${String(error)}`;
  }

  completed(): void {
    this.end = this.end === 'open' ? 'complete' : `ended twice, ${this.end} and complete`;
  }

  faults(): string[] {
    const wanted = this.interaction === 0 ? [this.n + 4] : Array.from({ length: ITEMS }, (_, at) => at);
    const faults: string[] = [];
    if (this.end === 'open') faults.push(`${this.name} has not ended`);
    if (this.end.startsWith('ended twice') || this.end.startsWith('no MeshError'))
      faults.push(`${this.name}: ${this.end}`);
    if (this.interaction === 3) return faults;
    this.items.forEach((item, at) => {
      if (item !== wanted[at]) faults.push(`${this.name}: item ${at} is ${item}, not ${wanted[at]}`);
    });
    if (this.end === 'complete' && this.items.length !== wanted.length) {
      faults.push(`${this.name} is complete with ${this.items.length} items of ${wanted.length}`);
    }
    return faults;
  }
}

function begin(world: World, entry: Hop, n: number, log: Ended[]): void {
  const timed = entry.with({ deadline: DEADLINE });
  const interaction = n % 4;
  const call = new Ended(`call ${n}`, interaction, n);
  log.push(call);
  const numbers = Array.from({ length: ITEMS }, (_, at) => at);
  const answer: Observable<number> =
    [() => timed.ask(n), () => timed.list(ITEMS), () => timed.talk(numbers), () => timed.tell(n)][interaction]?.() ??
    EMPTY;
  const sink = new GateSink<number>({
    next: (item) => call.items.push(item),
    error: (error) => call.failed(error as MeshError),
    complete: () => call.completed(),
  });
  answer.subscribe(sink);
  const read = (): void => {
    sink.request(4);
    if (!sink.closed) world.clock.after(20, read);
  };
  read();
}

/** The service at a place in the row; the first keeps what it is told, the others pass everything on. */
function service(at: number, world: World, told: Map<number, number>, late: string[], plant?: Plant): Mesh {
  const here = contracts[at] as (typeof contracts)[0];
  const name = NAMES[at] ?? '';
  const plan = mesh()
    .configure({
      'rsocket.keep-alive': '300 ms',
      'rsocket.keep-alive-lifetime': '900 ms',
      'app.grace': '1 s',
      'discovery.patience': '1 s',
      'discovery.reconnect-most': '2 s',
    })
    .use((next) => (call) => {
      const { clock } = world.net.host(name);
      if (call.method.startsWith(name) && call.deadline < clock.now())
        late.push(`${call.method} began after its deadline`);
      return next(call);
    });
  if (at === 0) return plan.serve(here, leaf(told));
  const next = contracts[at - 1] as (typeof contracts)[0];
  return plan.serve(here, (app) => passing(app.client(next), name === 'catalog' ? plant : undefined));
}

function leaf(told: Map<number, number>): Answers {
  return {
    ask: (n) => of(n),
    *list(count) {
      for (let n = 0; n < count; n++) yield n;
    },
    talk: (numbers) => numbers,
    tell: (n) => void told.set(n, (told.get(n) ?? 0) + 1),
  };
}

function passing(next: Hop, plant: Plant | undefined): Answers {
  const ask = (n: number): Observable<number> => next.ask(n).pipe(map((answer) => answer + 1));
  const list = (n: number): Observable<number> => next.list(n);
  return {
    ask: (n) => (plant === 'swallowed error' ? ask(n).pipe(catchError(() => of(-1))) : ask(n)),
    list(n) {
      if (plant === 'swapped items') return list(n).pipe(map((item) => (item === 7 ? 8 : item === 8 ? 7 : item)));
      if (plant === 'doubled item') return list(n).pipe(mergeMap((item) => (item === 7 ? of(item, item) : of(item))));
      return plant === 'lost item' ? list(n).pipe(filter((item) => item !== 7)) : list(n);
    },
    talk: (numbers) => next.talk(numbers),
    tell: (n) => (plant === 'told twice' ? concat(next.tell(n), next.tell(n)) : next.tell(n)),
  };
}
