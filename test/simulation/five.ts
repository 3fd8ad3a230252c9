/** Five services in a row, called by all four models, and what must hold of the calls whatever the network does. */
import { type Client, GateSink, isMeshError, type MeshError } from 'millrace';
import { type FaultCounts, simulate, type World } from 'millrace/testing';
import { EMPTY, type Observable } from 'rxjs';
import { gateway, HOSTS, patient, type Plant, serviceOf, Sightings, WINDOW } from './row.js';

export type { Plant } from './row.js';

type Hop = Client<typeof gateway>;

/** What became of a run. */
export interface Report {
  readonly faults: Readonly<FaultCounts>;
  /** How often what went wrong was made good, and how. */
  readonly recoveries: Readonly<Record<Recovery, number>>;
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
const ITEMS = 100;
/** When all is healed but for what is always lost or reset, fewer are enough. */
const FEW = 40;
/** So many items are read at once, and so many milliseconds later again. */
const [READ, PAUSE] = [4, 20];
/** A caller reads what has come before it hears of the end, and looks at its clock once a pause. */
const READING = 200;

/** A way back from a fault: what is counted is what the services log of it, and what becomes of calls. */
export type Recovery = 'peer is up again' | 'call goes elsewhere' | 'call waits for a peer' | 'peer was silent';

export async function runSeed(seed: number, plant?: Plant, calls = 24): Promise<Report> {
  const recoveries = {
    'peer is up again': 0,
    'call goes elsewhere': 0,
    'call waits for a peer': 0,
    'peer was silent': 0,
  };
  const world = simulate({
    seed,
    faults: {
      delay: ['1 ms', '15 ms'],
      loss: 0.01,
      resets: 0.0005,
      splits: 0.2,
      timeout: '600 ms',
      dialTimeout: '2 s',
    },
    logs: (line) => note(recoveries, line),
  });
  const seen = new Sightings();
  for (const [host, at] of HOSTS) world.app(host, serviceOf(host, at, world, seen, plant));
  await world.start();
  const caller = await world.client('caller', patient(world.seed % 2 === 0));
  const entry: Hop = caller.client(gateway);
  world.chaos({ crash: '4 s', restart: '5 s', partition: '4 s', halfOpen: '5 s', heal: '1 s' });
  const log: Ended[] = [];
  for (let n = 0; n < calls; n++) {
    begin(world, entry, n, log, seen);
    await world.run('150 ms');
  }
  await world.run(DEADLINE + SLACK);
  const broken = log.flatMap((call) => call.faults()).concat(seen.lateStarts);
  if (seen.apart > WINDOW) broken.push(`${seen.apart} items were between two neighbours, not ${WINDOW} at most`);
  for (const [n, times] of seen.told) if (times > 1) broken.push(`tell ${n} was heard ${times} times`);
  await world.calm();
  await world.run('40 s');
  for (let n = 0; n < 4; n++) {
    const tries: Ended[] = [];
    for (let attempt = 0; attempt < 8 && tries.at(-1)?.end !== 'complete'; attempt++) {
      begin(world, entry, 1000 + n, tries, seen, FEW);
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
    recoveries,
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
  private readonly begun: number;
  private took = 0;

  constructor(
    readonly name: string,
    private readonly interaction: number,
    private readonly n: number,
    private readonly count: number,
    private readonly now: () => number,
  ) {
    this.begun = now();
  }

  failed(error: MeshError): void {
    if (this.end !== 'open') this.end = `ended twice, ${this.end} and error`;
    else this.settle(isMeshError(error) ? error.tag : `no MeshError: ${String(error)}`);
  }

  completed(): void {
    if (this.end === 'open') this.settle('complete');
    else this.end = `ended twice, ${this.end} and complete`;
  }

  private settle(how: string): void {
    this.end = how;
    this.took = this.now() - this.begun;
  }

  faults(): string[] {
    const wanted = this.interaction === 0 ? [this.n + 4] : Array.from({ length: this.count }, (_, at) => at);
    const faults: string[] = [];
    if (this.end === 'open') faults.push(`${this.name} has not ended`);
    if (this.took > DEADLINE + READING) faults.push(`${this.name} took ${this.took} ms of ${DEADLINE}`);
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

function begin(world: World, entry: Hop, n: number, log: Ended[], seen: Sightings, count = ITEMS): void {
  const timed = entry.with({ deadline: DEADLINE });
  const interaction = n % 4;
  const id = seen.call();
  const call = new Ended(`call ${n}`, interaction, n, count, () => world.clock.now());
  log.push(call);
  const numbers = Array.from({ length: count }, (_, at) => at);
  const answer: Observable<number> =
    [() => timed.ask(n), () => timed.list({ id, count }), () => timed.talk(numbers), () => timed.tell(n)][
      interaction
    ]?.() ?? EMPTY;
  const sink = new GateSink<number>({
    next(item) {
      call.items.push(item);
      seen.takes(id);
    },
    error: (error) => call.failed(error as MeshError),
    complete: () => call.completed(),
  });
  answer.subscribe(sink);
  const read = (): void => {
    sink.request(READ);
    if (!sink.closed) world.clock.after(PAUSE, read);
  };
  read();
}

const SILENCE = / was silent for /;

function note(recoveries: Record<Recovery, number>, line: string): void {
  const { msg, reason } = JSON.parse(line) as { msg: string; reason?: string };
  if (msg in recoveries) recoveries[msg as Recovery] += 1;
  if (msg === 'peer is down' && reason !== undefined && SILENCE.test(reason)) recoveries['peer was silent'] += 1;
}
