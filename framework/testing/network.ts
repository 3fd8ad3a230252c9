/**
 * A simulated network, the same again for the same seed, over which real engines run in virtual time. It keeps to what TCP
 * promises: the bytes of a connection arrive in order and whole, or the connection breaks. So
 * - each segment takes a delay of its own, but waits for those of its connection that were sent before it; segments of
 *   different connections overtake each other;
 * - a lost segment comes late, after a time-out that doubles with each loss, and after too many its connection breaks;
 * - pieces are cut and joined at any place, as reads and writes of a socket are;
 * - a dial takes a round trip; where nobody listens it is refused, and where nothing gets through it times out;
 * - a writer is asked to wait while too much is under way, and a reader that pauses keeps it waiting;
 * - what meets a partition is sent again until the network heals, or until the connection breaks by its time-out, which the
 *   other side does not hear of; what meets a half-open path waits for as long as that lasts, and nobody is told;
 * - who writes to a connection that the other side has left gets a reset, which may be lost itself.
 *
 * What is simplified: nothing limits the rate, acknowledgements are free, and no bytes are damaged.
 */
import { type Clock, meshError } from '../core/index.js';
import type { Wire } from '../contract/index.js';
import { type Transport, wireOf } from '../../transports/rsocket/index.js';
import { dial, type Listener, type Place } from './dial.js';
import { Fabric } from './fabric.js';
import { type FaultCounts, faultsOf, type NetworkOptions } from './faults.js';
import { Life } from './life.js';
import { seeded } from './seeded.js';

export interface Host {
  readonly name: string;
  /** It has not crashed, or was started again. */
  readonly up: boolean;
  /** The clock for programs on this host: what it has set dies in a crash. Its chance is the network's. */
  readonly clock: Clock;
  /**
   * A port of this host, `sim://catalog:7001`: to listen at, or to dial from the host itself; 0 takes a free one. A crash
   * ends it.
   */
  at(port: number): Transport & Wire;
  /** A port of another host, for programs on this one to dial. A crash of this host ends it, one of the other doesn't. */
  to(host: string, port: number): Transport & Wire;
}

export interface Network {
  /** The host of this name, which comes about when it is first asked for. */
  host(name: string): Host;
  /** Nothing gets from one of the `some` to one of the `others`, or back, until {@link heal}. */
  partition(some: readonly string[], others: readonly string[]): void;
  /** What `from` sends to `to` vanishes until {@link heal}; what `to` sends arrives. */
  halfOpen(from: string, to: string): void;
  /** Ends every partition and half-open path: what was held up is sent again. */
  heal(): void;
  /** Ends everything on a host at once: its connections, which the other sides see reset, its listeners and its timers. */
  crash(host: string): void;
  /** Starts a host again after a crash, with nothing on it: ask it for its clock and its ports anew. */
  restart(host: string): void;
  /** Adds a line of a test's own to the log, and to the fingerprint. */
  note(what: string): void;
  /** How often each thing has happened. */
  readonly events: Readonly<FaultCounts>;
  /** What happened, the last lines, oldest first: milliseconds, from and to, and what, with a hash of the bytes. */
  readonly log: readonly string[];
  /** A hash of all that happened so far. */
  fingerprint(): string;
}

/** Ports that dialling takes, as systems do. */
const EPHEMERAL = 49_152;

/**
 * A network without hosts, and without faults where none are asked for. The same `seed`, options and program give the same
 * run, to the byte.
 * @example
 * const clock = virtualClock();
 * const net = network({ clock, seed: 7, delay: ['1 ms', '20 ms'], loss: 0.01 });
 * await listen(net.host('catalog').at(7001), service, { clock: net.host('catalog').clock });
 * const dialling = connect(net.host('home').to('catalog', 7001), { clock: net.host('home').clock });
 * const connection = await clock.until(dialling);
 */
export function network(options: NetworkOptions & { readonly clock: Clock; readonly seed?: number }): Network {
  const fabric = new Fabric(options.clock, faultsOf(options), seeded(options.seed ?? 1));
  const hosts = new Map<string, SimulatedHost>();
  const { counts, log } = fabric;

  function host(name: string): SimulatedHost {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const made = new SimulatedHost(name, fabric, (place) => hosts.get(place.host)?.listener(place.port));
    hosts.set(name, made);
    return made;
  }

  function existing(name: string): SimulatedHost {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    throw meshError('Invalid', `no host ${name}; there are ${[...hosts.keys()].join(', ')}`);
  }

  return {
    host,
    partition(some, others) {
      log.add(`partition ${some.join(', ')} from ${others.join(', ')}`);
      for (const one of some)
        for (const other of others) {
          fabric.block(fabric.path(existing(one).name, existing(other).name), 'cut');
          fabric.block(fabric.path(other, one), 'cut');
        }
    },
    halfOpen(from, to) {
      log.add(`half-open ${from} > ${to}`);
      fabric.block(fabric.path(existing(from).name, existing(to).name), 'silent');
    },
    heal() {
      log.add('heal');
      fabric.openAll();
    },
    crash(name) {
      const { life } = existing(name);
      if (!life.alive) return;
      counts.crashed += 1;
      log.add(`crash ${name}`);
      life.end();
    },
    restart(name) {
      const found = existing(name);
      if (found.up) return;
      counts.restarted += 1;
      log.add(`restart ${name}`);
      found.restart();
    },
    note: (what) => log.add(what),
    events: counts,
    get log() {
      return log.lines;
    },
    fingerprint: () => log.fingerprint,
  };
}

class SimulatedHost implements Host {
  life: Life;
  private nextPort = EPHEMERAL;

  constructor(
    readonly name: string,
    private readonly fabric: Fabric,
    private readonly listenerAt: (place: Place) => Listener | undefined,
  ) {
    this.life = new Life(name, fabric);
  }

  get up(): boolean {
    return this.life.alive;
  }

  get clock(): Clock {
    return this.life.clock;
  }

  restart(): void {
    this.life = new Life(this.name, this.fabric);
  }

  listener(port: number): Listener | undefined {
    const { life } = this;
    const accept = life.listeners.get(port);
    return accept === undefined ? undefined : { life, accept };
  }

  at(port: number): Transport & Wire {
    const { life, name } = this;
    const taken = port === 0 ? this.nextPort++ : port;
    const dialled = this.dialled(name, taken);
    return this.wire({
      ...dialled,
      bind: (accept) => {
        if (!life.alive) return Promise.reject(down(name));
        if (life.listeners.has(taken)) return Promise.reject(meshError('Unavailable', `${dialled.name} is taken`));
        life.listeners.set(taken, accept);
        const close = (): Promise<void> => {
          if (life.listeners.get(taken) === accept) life.listeners.delete(taken);
          return Promise.resolve();
        };
        return Promise.resolve({ address: { host: name, port: taken }, close });
      },
    });
  }

  to(host: string, port: number): Transport & Wire {
    const { serve: _, ...wire } = this.wire(this.dialled(host, port));
    return wire;
  }

  private dialled(host: string, port: number): Transport {
    const { fabric, life, listenerAt } = this;
    const to: Place = { host, port };
    const name = `sim://${host}:${port}`;
    return {
      name,
      dial: () => {
        if (!life.alive) return Promise.reject(down(this.name));
        const from: Place = { host: this.name, port: this.nextPort++ };
        return dial({ fabric, life, from, to, listener: () => listenerAt(to) });
      },
      bind: () => Promise.reject(meshError('Invalid', `${this.name} can't listen at ${name}`)),
      token: () => Uint8Array.from({ length: 16 }, () => Math.floor(fabric.chance() * 256)),
    };
  }

  private wire(transport: Transport): Transport & Wire {
    return {
      ...wireOf(transport),
      at: (address) => {
        const [, host, port] = /^sim:\/\/([^:/]+):(\d+)$/.exec(address) ?? [];
        return host === undefined ? undefined : this.to(host, Number(port));
      },
    };
  }
}

function down(host: string) {
  return meshError('Unavailable', `${host} has crashed`);
}
