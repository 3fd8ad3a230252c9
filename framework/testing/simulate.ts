/** A mesh of several applications in one process, on virtual time and a simulated network: the same again for the same seed. */
import { type App, type Mesh, mesh } from '../app/index.js';
import { duration, meshError, type Stop } from '../core/index.js';
import { addresses } from '../discovery/index.js';
import type { FaultCounts, NetworkOptions } from './faults.js';
import { network, type Network } from './network.js';
import { seeded } from './seeded.js';
import { type VirtualClock, virtualClock } from './virtual-clock.js';

export interface SimulationOptions {
  /** Everything that is by chance comes from it. Default 1. */
  readonly seed?: number;
  /** What the network does to its users. Default: nothing but a delay of 1 ms. */
  readonly faults?: NetworkOptions;
  /** Takes the lines that the applications log, from level debug on. Default: nothing is logged. */
  readonly logs?: (line: string) => void;
}

/** On average how often each happens by itself, as a duration of virtual time; what is left out never does. */
export interface Chaos {
  /** An application crashes, and starts again a while later. */
  readonly crash?: string | number;
  /** An application is cut off from the others, until the next healing. */
  readonly partition?: string | number;
  /** What one says to another vanishes, until the next healing. */
  readonly halfOpen?: string | number;
  /** An application stops in good order, and starts again. */
  readonly restart?: string | number;
  readonly heal?: string | number;
}

export interface World {
  readonly seed: number;
  readonly clock: VirtualClock;
  readonly net: Network;
  /** Adds an application; it is served at a host of its name, and finds all others. */
  app(name: string, plan: Mesh): void;
  /** Starts all that were added. */
  start(): Promise<void>;
  /** An application that only calls; `plan` says how, if not by default. */
  client(name: string, plan?: Mesh): Promise<App>;
  /** The application as it runs now; undefined between a crash and the next start. */
  running(name: string): App | undefined;
  /** Moves time on. */
  run(time: string | number): Promise<void>;
  crash(name: string): void;
  /** Starts an application anew, of the same plan, after a crash or a stop. */
  restart(name: string): Promise<void>;
  /** Stops an application in good order. */
  stopOne(name: string): Promise<void>;
  /** From now on things happen by chance, while time is run. */
  chaos(chaos: Chaos): void;
  /** Ends all partitions and half-open paths, starts what has crashed, and ends the chaos. */
  calm(): Promise<void>;
  /** Stops everything. */
  stop(): Promise<void>;
  readonly events: Readonly<FaultCounts>;
  /** A hash of all that went over the network. */
  fingerprint(): string;
}

const PORT = 7000;

/** An empty world. */
export function simulate({ seed = 1, faults = {}, logs }: SimulationOptions = {}): World {
  const clock = virtualClock(seed);
  const net = network({ ...faults, clock, seed });
  const chance = seeded(seed ^ 0x5eed);
  const plans = new Map<string, Mesh>();
  const running = new Map<string, App>();
  const clients: App[] = [];
  let planned: (() => Promise<void>)[] = [];

  const on = (name: string, plan: Mesh, listens: boolean): Mesh => {
    const host = net.host(name);
    const others = [...plans.keys()].filter((other) => other !== name);
    const placed = plan
      .named(name)
      .on(host.clock)
      .in(addresses(...others.map((other) => host.to(other, PORT))));
    const told = logs === undefined ? placed : placed.log({ to: { write: logs } });
    return (listens ? told.over(host.at(PORT)) : told).configure({
      'log.level': logs === undefined ? 'silent' : 'debug',
    });
  };

  async function begin(name: string): Promise<void> {
    const plan = plans.get(name);
    if (plan === undefined) throw meshError('Invalid', `there is no application ${name}`);
    if (running.has(name)) return;
    running.set(name, await clock.until(on(name, plan, true).start()));
  }

  async function stopOne(name: string): Promise<void> {
    const app = running.get(name);
    running.delete(name);
    if (app !== undefined) await clock.until(app.stop());
  }

  function crash(name: string): void {
    running.delete(name);
    net.crash(name);
  }

  async function restart(name: string): Promise<void> {
    net.restart(name);
    await begin(name);
  }

  const anyOf = (names: readonly string[]): string => names[Math.floor(chance() * names.length)] ?? '';

  /** What may happen, by name; each at a time of its own. */
  const happenings: Readonly<Record<keyof Chaos, () => Promise<void>>> = {
    async crash() {
      const name = anyOf([...running.keys()]);
      if (name === '') return;
      crash(name);
      later('1 s', () => restart(name));
    },
    async restart() {
      const name = anyOf([...running.keys()]);
      if (name === '') return;
      await stopOne(name);
      later('200 ms', () => begin(name));
    },
    async partition() {
      const name = anyOf([...plans.keys()]);
      net.partition(
        [name],
        [...plans.keys()].filter((other) => other !== name),
      );
    },
    async halfOpen() {
      const from = anyOf([...plans.keys()]);
      const to = anyOf([...plans.keys()].filter((other) => other !== from));
      net.halfOpen(from, to);
    },
    async heal() {
      net.heal();
    },
  };

  const coming = new Set<Stop>();

  /** Plans something that the end of the chaos calls off. */
  function plan(ms: number, then: () => void): void {
    const stop = clock.after(ms, () => {
      coming.delete(stop);
      then();
    });
    coming.add(stop);
  }

  function callOff(): void {
    for (const stop of coming) stop();
    coming.clear();
    planned = [];
  }

  function later(time: string | number, work: () => Promise<void>): void {
    plan(duration(time), () => planned.push(work));
  }

  /** Waits for a while that is twice `mean` at most, does it, and again. */
  function repeat(mean: number, work: () => Promise<void>): void {
    plan(mean * 2 * chance(), () => {
      planned.push(work);
      repeat(mean, work);
    });
  }

  async function run(time: string | number): Promise<void> {
    const end = clock.now() + duration(time);
    while (clock.now() < end) {
      await clock.advance(Math.min(STEP, end - clock.now()));
      const due = planned;
      planned = [];
      for (const work of due) await work();
    }
  }

  async function calm(): Promise<void> {
    callOff();
    net.heal();
    for (const name of plans.keys()) {
      if (!net.host(name).up) net.restart(name);
      await begin(name);
    }
  }

  return {
    seed,
    clock,
    net,
    app: (name, plan) => void plans.set(name, plan),
    async start() {
      for (const name of plans.keys()) await begin(name);
    },
    async client(name, plan = mesh()) {
      const app = await clock.until(on(name, plan, false).start());
      clients.push(app);
      return app;
    },
    running: (name) => running.get(name),
    run,
    crash,
    restart,
    stopOne,
    chaos(chaos) {
      for (const [name, mean] of Object.entries(chaos) as [keyof Chaos, string | number][]) {
        repeat(duration(mean), happenings[name]);
      }
    },
    calm,
    async stop() {
      callOff();
      await Promise.all(clients.map((app) => clock.until(app.stop())));
      for (const name of running.keys()) await stopOne(name);
    },
    get events() {
      return net.events;
    },
    fingerprint: () => net.fingerprint(),
  };
}

/** Milliseconds between looks at what is to happen. */
const STEP = 50;

/**
 * Runs a property for each seed. Rejects at the first that fails, with the seed in the message; the same seed alone replays it.
 * @example await check([1, 2, 3], async (seed) => { const world = simulate({ seed }); … })
 */
export async function check(seeds: Iterable<number>, property: (seed: number) => Promise<void>): Promise<void> {
  for (const seed of seeds) {
    try {
      await property(seed);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`seed ${seed}: ${why}`, { cause });
    }
  }
}
