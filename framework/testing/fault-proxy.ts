/**
 * A proxy between real sockets that does to connections what networks do: it holds up, cuts, loses and garbles, by a script and a
 * seed. What it passes on may be TCP, TLS or WebSocket.
 */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { asMeshError, type Clock, duration, meshError, size, type Stop, systemClock } from '../core/index.js';
import { type Active, Lane, type ProxyCounts } from './fault-lane.js';
import { seeded } from './seeded.js';
import { type Dose, doseOf, type Toxic, within } from './toxics.js';

/** What happens when, counted from when the script is played; times in milliseconds or as `'2 s'`. */
export type ProxyStep =
  | { readonly at: string | number; readonly add: Toxic; /** Default: for good. */ readonly for?: string | number }
  | { readonly at: string | number; readonly cut: 'close' | 'reset' }
  | { readonly at: string | number; readonly down: /** How long. */ string | number };

export interface FaultProxyOptions {
  /** Where connections go on to. `host` is 127.0.0.1 by default. */
  readonly to: { readonly host?: string; readonly port: number };
  /** Where it listens. By default at a port that the system chooses. */
  readonly port?: number;
  /** Of all that is left to chance. Default 1. */
  readonly seed?: number;
  /** Bytes that a direction of a connection holds up before its sender is asked to wait. Default 1 MiB. */
  readonly buffer?: string | number;
  readonly clock?: Clock;
}

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that are open. */
  readonly connections: number;
  readonly counts: Readonly<ProxyCounts>;
  /** Does this to all connections, those that are open and those to come; returns what ends it. Throws Invalid. */
  add(toxic: Toxic): Stop;
  /** Ends all connections at once, in the midst of whatever they do. */
  cut(how?: 'close' | 'reset'): void;
  /** Refuses connections from now on, and ends those that there are. */
  down(): Promise<void>;
  /** Listens again, at the same port. */
  up(): Promise<void>;
  /** Does what the script says at its times; resolves after its last step. Throws Invalid before the first. */
  play(script: readonly ProxyStep[]): Promise<void>;
  close(): Promise<void>;
}

/** Listens, and passes on. Rejects with Unavailable where the port is taken. */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new Proxied(options);
  await proxy.up();
  return proxy;
}

interface Cure {
  readonly dose: Dose;
  /** Tells the draws of this from those of others. */
  readonly number: number;
}

class Proxied implements FaultProxy {
  readonly host = '127.0.0.1';
  readonly counts: ProxyCounts = { accepted: 0, passed: 0, swallowed: 0, corrupted: 0, closed: 0, reset: 0 };
  readonly clock: Clock;
  readonly seed: number;
  readonly buffer: number;
  readonly cures = new Set<Cure>();
  private readonly open = new Set<Through>();
  private readonly stops = new Set<Stop>();
  private server: ReturnType<typeof createServer> | undefined;
  private bound: number;
  private added = 0;

  constructor(readonly options: FaultProxyOptions) {
    this.clock = options.clock ?? systemClock;
    this.seed = options.seed ?? 1;
    this.buffer = size(options.buffer ?? '1 MiB');
    this.bound = options.port ?? 0;
  }

  get port(): number {
    return this.bound;
  }

  get connections(): number {
    return this.open.size;
  }

  add(toxic: Toxic): Stop {
    this.added += 1;
    const cure = { dose: doseOf(toxic), number: this.added };
    this.cures.add(cure);
    for (const each of this.open) each.exposed(cure);
    return () => {
      if (!this.cures.delete(cure)) return;
      for (const each of this.open) each.cured();
    };
  }

  cut(how: 'close' | 'reset' = 'close'): void {
    for (const each of this.open) each.cut(how === 'reset');
  }

  async up(): Promise<void> {
    if (this.server !== undefined) return;
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => this.accept(near));
    this.server = server;
    server.listen(this.bound, this.host);
    try {
      await once(server, 'listening');
    } catch (cause) {
      this.server = undefined;
      throw meshError('Unavailable', `a fault proxy can't listen: ${asMeshError(cause).message}`, { cause });
    }
    const at = server.address();
    if (typeof at === 'object' && at !== null) this.bound = at.port;
  }

  async down(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    server.close();
    this.cut();
    await once(server, 'close');
  }

  async play(script: readonly ProxyStep[]): Promise<void> {
    const steps = script.map((step) => ({ step, at: duration(step.at) }));
    for (const { step } of steps) if ('add' in step) doseOf(step.add);
    await Promise.all(steps.map(({ step, at }) => this.after(at).then(() => this.do(step))));
  }

  async close(): Promise<void> {
    for (const stop of this.stops) stop();
    this.stops.clear();
    await this.down();
  }

  gone(connection: Through): void {
    this.open.delete(connection);
  }

  private accept(near: Socket): void {
    this.counts.accepted += 1;
    this.open.add(new Through(near, this, this.counts.accepted));
  }

  private async do(step: ProxyStep): Promise<void> {
    if ('cut' in step) return this.cut(step.cut);
    if ('down' in step) {
      await this.down();
      await this.after(duration(step.down));
      return this.up();
    }
    const remove = this.add(step.add);
    if (step.for === undefined) return;
    await this.after(duration(step.for));
    remove();
  }

  private after(ms: number): Promise<void> {
    return new Promise((done) => {
      const stop = this.clock.after(
        ms,
        () => {
          this.stops.delete(stop);
          done();
        },
        true,
      );
      this.stops.add(stop);
    });
  }
}

/** One connection. */
class Through {
  private readonly far: Socket;
  private readonly lanes: readonly Lane[];
  /** What is done to each direction, as it is for this connection. */
  private readonly active: { readonly up: Map<Cure, Active>; readonly down: Map<Cure, Active> };
  private readonly timers = new Set<Stop>();
  private over = false;

  constructor(
    private readonly near: Socket,
    private readonly proxy: Proxied,
    private readonly number: number,
  ) {
    const { to } = proxy.options;
    this.far = connect({ host: to.host ?? '127.0.0.1', port: to.port, noDelay: true, allowHalfOpen: true });
    this.active = { up: new Map(), down: new Map() };
    const { clock, counts, buffer } = proxy;
    const common = { clock, counts, buffer, cut: (reset: boolean) => this.cut(reset) };
    const { near: client, far: server } = this;
    this.lanes = [
      new Lane({ ...common, from: client, to: server, active: () => [...this.active.up.values()] }),
      new Lane({ ...common, from: server, to: client, active: () => [...this.active.down.values()] }),
    ];
    for (const socket of [client, server]) {
      socket.on('error', () => undefined);
      socket.on('close', (broken: boolean) => this.closed(socket, broken));
    }
    for (const cure of proxy.cures) this.exposed(cure);
  }

  /** A toxic is there. Whether it concerns this connection, and its numbers, are of the seed, and of nothing that happens. */
  exposed(cure: Cure): void {
    const { dose, number } = cure;
    const random = seeded((this.proxy.seed * 31 + number) * 65_537 + this.number);
    if (random() >= dose.chance) return;
    for (const direction of ['up', 'down'] as const) {
      if (!dose[direction]) continue;
      const own = seeded(random() * 2 ** 32);
      this.active[direction].set(cure, { dose, random: own, left: within(dose.bytes, own()) });
    }
    if (dose.kind === 'reset_peer') this.later(dose.time, () => this.cut(true));
    if (dose.kind === 'timeout' && dose.time < Infinity) this.later(dose.time, () => this.cut(false));
  }

  /** A toxic is gone. */
  cured(): void {
    for (const each of [this.active.up, this.active.down]) {
      for (const cure of each.keys()) if (!this.proxy.cures.has(cure)) each.delete(cure);
    }
    // Whoever was left alone by a half-open connection hears of it now.
    const alone = this.lanes.some(({ unheard }) => unheard) || this.near.destroyed || this.far.destroyed;
    if (alone && !this.halfOpen) this.end(true);
  }

  cut(reset: boolean): void {
    if (this.over) return;
    const { counts } = this.proxy;
    if (reset) counts.reset += 1;
    else counts.closed += 1;
    this.end(reset);
  }

  private get halfOpen(): boolean {
    return [...this.active.up.values(), ...this.active.down.values()].some(({ dose }) => dose.kind === 'half_open');
  }

  private closed(socket: Socket, broken: boolean): void {
    const other = socket === this.near ? this.far : this.near;
    if (this.over || this.halfOpen) return;
    // In good order the end has been passed on, or is on its way, behind what came before it.
    if (broken || other.destroyed || !socket.readableEnded) this.end(broken);
  }

  private end(reset: boolean): void {
    if (this.over) return;
    this.over = true;
    this.proxy.gone(this);
    for (const stop of this.timers) stop();
    for (const lane of this.lanes) lane.stop();
    for (const socket of [this.near, this.far]) {
      if (reset && !socket.connecting) socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  private later(ms: number, work: () => void): void {
    this.timers.add(this.proxy.clock.after(ms, work));
  }
}
