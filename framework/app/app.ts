/** An application that runs: its services made, its wires served, its peers known; and its end, in the reverse order. */
import { BehaviorSubject, defer, lastValueFrom, type Observable } from 'rxjs';
import type { Logger } from 'pino';
import {
  CODEC_LIMITS,
  type Client,
  codecs as codecsOf,
  type Codecs,
  type Contract,
  describeContract,
  dispatch,
  encoding,
  type Failures,
  json,
  local,
  LocalCalls,
  type Methods,
  OpenCalls,
  type Route,
  type Served,
  typedClient,
  type Wire,
  type WireCalls,
  type WireTerms,
} from '../contract/index.js';
import { deadline, filters, type MeshError, meshError, type Param, type Service } from '../core/index.js';
import { type AppDescription, Peers, type Status } from '../discovery/index.js';
import { type HystrixStreams, hystrixStreams, Meters, metricsHandlers } from '../observe/index.js';
import { answersInAmbient, keepAmbientCalls } from './ambient-call.js';
import { codecLimitsOf, configurationOf } from './app-configuration.js';
import { CALL_DEADLINE, GRACE, OWN_PARAMS, STREAM_GRACE } from './app-params.js';
import type { Configuration } from './configuration.js';
import { contractsOf, filtersOf } from './decorators.js';
import { Health, HEALTH_HOST, type HealthOwner, HEALTH_PORT, type HealthServer, serveHealth } from './health.js';
import { type Hooks, startAll, stopAll } from './lifecycle.js';
import { Log, LOG_LEVEL, loggerOf, logOf } from './logs.js';
import type { Blueprint } from './blueprint.js';
import { butForStatus } from './but-for-status.js';
import { boundNotifies, NOTIFIES } from './notify-bound.js';
import { faultLog } from './fault-log.js';
import { peerLog } from './peer-log.js';
import { contractsServed, routesOf } from './routes.js';
import { selfOf } from './self.js';
import { Stacks } from './stacks.js';
import { type Graph, graphOf, type Own, type Token } from './providers.js';
import { traceClient, traceServer } from './tracing.js';

/** Milliseconds that each further step of the end gets at least, when the grace has gone. */
const LEAVE = 1000;

/** What an application is doing. */
export type AppState = 'starting' | 'ready' | 'stopping' | 'stopped';

export interface App {
  readonly name: string;
  /** Where it is called, `tcp://127.0.0.1:7001`; in the order of its wires. */
  readonly addresses: readonly string[];
  /** Where /livez and /readyz are, `http://127.0.0.1:7080`; undefined if nowhere. */
  readonly healthAddress: string | undefined;
  readonly state: AppState;
  /** Values of params, which can be changed while it runs. */
  readonly config: Configuration;
  readonly log: Log;
  /** What it knows of itself in numbers; served to whoever watches as the contract `Metrics`. */
  readonly meters: Meters;
  /** A client of a contract: of this application's own service, or of whichever peer serves it. */
  client<M extends Methods, F extends Failures>(contract: Contract<M, F>): Client<Contract<M, F>>;
  /** What the container has, or makes, for a token. */
  get<T>(token: Token<T>): T;
  /** Contracts, schemas and stacks as they really are. */
  describe(): AppDescription;
  /** Routes with calls that are being answered, and how many. */
  readonly open: OpenCalls['list'];
  /**
   * Stops in good order: says that it isn't ready, refuses new calls, tells peers to go elsewhere, lets calls end within the
   * grace, then stops the services. The same promise each time.
   */
  stop(): Promise<void>;
}

/** Makes an application of what was said of it. */
export async function startApp(plan: Blueprint): Promise<App> {
  keepAmbientCalls();
  const app = new RunningApp(plan);
  await app.start();
  return app;
}

/** The values of all params of an application that isn't started. */
export function configurationOfPlan(plan: Blueprint): Configuration {
  return configurationOf(plan, paramsOf(plan, graphOf(plan.services, plan.provisions, NOTHING_YET)));
}

class RunningApp implements App {
  readonly name: string;
  readonly config: Configuration;
  readonly log: Log;
  readonly meters: Meters;
  state: AppState = 'starting';
  addresses: readonly string[] = [];
  healthAddress: string | undefined;
  private readonly health = new Health();
  private readonly logger: Logger;
  private readonly graph: Graph;
  private readonly codecs: Codecs;
  private readonly routes = new Map<string, Route>();
  private readonly contracts: readonly Contract[];
  private readonly calls = new OpenCalls();
  private readonly inProcess = new LocalCalls();
  private readonly status: BehaviorSubject<Status>;
  private readonly answers: Service<unknown, unknown>;
  private readonly stacks: Stacks;
  private readonly streams: HystrixStreams;
  private readonly peers: Peers;
  private readonly terms: WireTerms;
  private served: Served[] = [];
  private healthServer: HealthServer | undefined;
  private started: Hooks[] = [];
  private stopping: Promise<void> | undefined;
  /** Until it has been taken out of registries. */
  private registered: Promise<unknown> | undefined;

  constructor(private readonly plan: Blueprint) {
    const { clock, wires, services } = plan;
    this.contracts = contractsServed(plan);
    this.name = plan.name === '' ? (this.contracts.at(0)?.name ?? 'client') : plan.name;
    this.graph = graphOf(services, plan.provisions, {
      client: (contract) => this.client(contract),
      setting: (each) => this.config.get(each),
      parts: [
        [Log, () => this.log],
        [Health, () => this.health],
        [Meters, () => this.meters],
      ],
    });
    this.config = configurationOf(plan, paramsOf(plan, this.graph));
    this.logger = loggerOf(this.name, this.config.get(LOG_LEVEL), plan.log);
    this.log = logOf(this.logger);
    this.codecs = codecsOf(json(codecLimitsOf(this.config)), ...plan.codecs);
    const { config } = this;
    const get = <T>(each: Param<T>): T => config.get(each);
    this.meters = new Meters({ clock, settings: get });
    this.stacks = new Stacks({ name: this.name, clock, get, log: this.log, meters: this.meters });
    this.streams = hystrixStreams(this.stacks.commands, { clock, settings: get });
    this.terms = {
      clock,
      grace: get(GRACE),
      streamGrace: get(STREAM_GRACE),
      leases: this.stacks.leases,
      get,
    };
    this.status = new BehaviorSubject<Status>(this.statusNow(false));
    const bound = boundNotifies(this.config.get(NOTIFIES), (method, dropped) =>
      this.log.warn({ method, dropped }, 'fire-and-forgets are dropped: too many are at work'),
    );
    const own = butForStatus(filters(this.stacks.answers, ...plan.filters));
    const stack = filters(traceServer(clock), bound, own, deadline(clock));
    this.answers = dispatch(this.routes, { codecs: this.codecs, stack });
    this.peers = new Peers(plan.discoveries, wires, this.terms, {
      tell: peerLog(this.logger),
      balancer: (service) => plan.balancers.get(service),
      through: (_method, calls) => this.stacks.instance(calls),
    });
    this.config.watch(LOG_LEVEL).subscribe((level) => (this.logger.level = level));
  }

  async start(): Promise<void> {
    try {
      this.make();
      await this.watchHealth();
      await startAll(this.hooks(), (each) => this.started.push(each));
      await this.serve();
      this.state = 'ready';
      this.health.all.subscribe(() => this.tell());
      this.register();
      const { addresses, healthAddress: health } = this;
      this.log.info({ addresses, health, services: this.contracts.map(({ name }) => name) }, 'ready');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  client<M extends Methods, F extends Failures>(contract: Contract<M, F>): Client<Contract<M, F>> {
    const { clock } = this.plan;
    const own = this.contracts.some(({ name }) => name === contract.name);
    const service = own
      ? local(this.answers, this.inProcess)
      : encoding(this.peers.service(contract.name), this.codecs);
    return typedClient(contract, service, {
      clock,
      deadline: this.config.get(CALL_DEADLINE),
      filter: filters(answersInAmbient, traceClient(clock), ...(own ? [] : [this.stacks.calls])),
    });
  }

  get<T>(token: Token<T>): T {
    return this.graph.resolve(token);
  }

  get open(): OpenCalls['list'] {
    return this.calls.list;
  }

  describe(): AppDescription {
    const stacks: Record<string, readonly string[]> = {
      all: ['trace', ...this.stacks.names.answers, ...this.plan.filters.map(named), 'deadline', 'codec'],
      calls: ['trace', ...this.stacks.names.calls, 'deadline', 'codec', 'balance'],
      'calls of an instance': this.stacks.names.instance,
    };
    for (const service of this.plan.services) {
      for (const contract of contractsOf(service)) {
        for (const method of Object.keys(contract.methods)) {
          const own = filtersOf(service.prototype as object, method);
          if (own.length > 0) stacks[`${contract.name}.${method}`] = own.map(named);
        }
      }
    }
    return {
      name: this.name,
      addresses: this.addresses,
      contracts: this.contracts.map((contract) => describeContract(contract)),
      stacks,
      calls: this.graph.clients.map(({ name }) => name),
      versions: { node: process.versions.node },
    };
  }

  stop(): Promise<void> {
    return (this.stopping ??= this.end());
  }

  /** Makes the services, and the routes to their methods. */
  private make(): void {
    this.graph.makeAll();
    const made = routesOf(this.plan, {
      resolve: (service) => this.graph.resolve<object>(service),
      callers: this,
      platform: { status: () => this.status, describe: () => defer(() => [this.describe()]) },
      metrics: metricsHandlers(this.meters, { clock: this.plan.clock, settings: this.terms.get }),
      options: { defect: faultLog(this.log, this.plan.clock), open: this.calls },
    });
    for (const [name, route] of made) this.routes.set(name, route);
  }

  /** Instances with something to do at the start or the end, each behind what it asks for. */
  private hooks(): Hooks[] {
    return this.graph.made.filter((each): each is Hooks => typeof each === 'object' && each !== null);
  }

  private async serve(): Promise<void> {
    const { wires } = this.plan;
    const places = wires.filter((wire): wire is Wire & Required<Pick<Wire, 'serve'>> => wire.serve !== undefined);
    for (const wire of places) this.served.push(await wire.serve(this.answers as WireCalls, this.terms));
    this.addresses = this.served.map(({ address }) => address);
  }

  /** From before anything is started: who watches over the process sees that it lives, and isn't ready. */
  private async watchHealth(): Promise<void> {
    const port = this.config.get(HEALTH_PORT);
    if (port === undefined) return;
    const look = () => ({ ready: this.state === 'ready' && this.health.ok, state: this.state });
    const setLevel = (level: string): void => this.config.set(LOG_LEVEL.name, level);
    const { health, streams } = this;
    const also: HealthOwner['also'] = (request, response) => streams.handle(request, response);
    this.healthServer = await serveHealth(this.config.get(HEALTH_HOST), port, { look, health, setLevel, also });
    this.healthAddress = this.healthServer.address;
  }

  /** Says in registries where the application is, if it is anywhere, and how it is. */
  private register(): void {
    const { name, addresses, healthAddress: health, plan } = this;
    if (addresses.length === 0) return;
    const get = this.terms.get;
    const self = selfOf({ name, addresses, health, get, wall: () => plan.clock.wall() }, this.status);
    this.registered = ended(this.peers.register(self));
  }

  private tell(): void {
    if (this.status.closed || this.state !== 'ready') return;
    this.status.next(this.statusNow(this.health.ok));
  }

  private statusNow(ready: boolean): Status {
    const services = this.contracts.map(({ name }) => name);
    return { ready, state: this.state, services, checks: this.health.present };
  }

  private async end(): Promise<void> {
    const before = this.state;
    const last = this.plan.clock.now() + this.terms.grace;
    const left = (): number => Math.max(LEAVE, last - this.plan.clock.now());
    this.state = 'stopping';
    if (before === 'ready') this.log.info({ open: Object.fromEntries(this.open) }, 'stopping');
    this.status.next(this.statusNow(false));
    this.status.complete();
    const unregistered = this.atMost(LEAVE, this.registered ?? Promise.resolve());
    await Promise.all([unregistered, ...this.served.map((each) => ended(each.close()))]);
    await this.idle(left());
    let stopping = '';
    const stopped = stopAll(this.started, {
      begins: (hook) => (stopping = hook),
      failed: (hook, error) => this.log.error({ err: error }, `${hook} failed to stop`),
    });
    const time = left();
    if (!(await this.atMost(time, stopped))) this.log.error(`${stopping}.onStop did not end within ${time} ms`);
    this.inProcess.end(stoppedError(this.terms.grace));
    await this.atMost(LEAVE, ended(this.peers.close()));
    this.streams.close();
    await this.healthServer?.close();
    this.state = 'stopped';
    if (before === 'ready') this.log.info('stopped');
    await new Promise<void>((done) => this.logger.flush(() => done()));
  }

  /** Waits for what might never end; says whether it has. */
  private atMost(ms: number, work: Promise<unknown>): Promise<boolean> {
    return new Promise((done) => {
      const stop = this.plan.clock.after(ms, () => done(false), true);
      const over = (): void => {
        stop();
        done(true);
      };
      work.then(over, over);
    });
  }

  /**
   * Fire-and-forgets, and calls within the process, which no connection waits for. A stream that a service keeps open to another
   * ends with that service.
   */
  private async idle(within: number): Promise<void> {
    await new Promise<void>((done) => {
      const late = (): void => {
        this.log.warn({ open: Object.fromEntries(this.open) }, `calls were open after ${this.terms.grace} ms of grace`);
        done();
      };
      const stop = this.plan.clock.after(within, late, true);
      const ends = (route: string): boolean => {
        const interaction = this.routes.get(route)?.method.interaction;
        return interaction === 'response' || interaction === 'notify';
      };
      this.calls.whenIdle(() => {
        stop();
        done();
      }, ends);
    });
  }
}

function stoppedError(grace: number): MeshError {
  return meshError('Broken', `the application has stopped, and the call was open after ${grace} ms of grace`, {
    code: 'MILLRACE_STOPPED',
  });
}

function ended(closing: Observable<never>): Promise<unknown> {
  return lastValueFrom(closing, { defaultValue: undefined });
}

/** For a look at what is asked for, before anything is made. */
const NOTHING_YET: Own = {
  client: () => undefined,
  setting: () => undefined,
  parts: [Log, Health, Meters].map((each) => [each, () => undefined]),
};

function paramsOf(plan: Blueprint, graph: Graph): Param<unknown>[] {
  return [
    ...OWN_PARAMS,
    ...Object.values(CODEC_LIMITS),
    ...[...plan.wires, ...plan.discoveries.flatMap(({ wires }) => wires)].flatMap((wire) => wire.params),
    ...plan.discoveries.flatMap((discovery) => discovery.params ?? []),
    ...graph.settings,
    ...plan.params,
  ];
}

function named(filter: { readonly name: string }): string {
  return filter.name === '' ? 'filter' : filter.name;
}
