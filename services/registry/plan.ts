/** A registry as an application: to run by itself, or within a test, over whichever wires it is given. */
import {
  type Callers,
  type Clock,
  type Configuration,
  type Log,
  type Mesh,
  mesh,
  Registry,
  systemClock,
} from '../../framework/index.js';
import type { PeerNews } from './peer-link.js';
import { PeerRegistries } from './peer-registries.js';
import { PEER_PARAMS } from './peer-settings.js';
import { RegistryPeers } from './peers-contract.js';
import type { PeersService } from './peers-service.js';
import { Replication } from './replication.js';
import { EUREKA_PARAMS, type EurekaServer, serveEureka } from './eureka-server.js';
import { RegistryService } from './registry-service.js';
import { REGISTRY_PARAMS, type Settings } from './settings.js';
import { RegistryStore, type StoreNews, type StoreOptions } from './store.js';

export interface RegistryOptions {
  /** Where Eureka's REST API is served; nowhere where it is left out, 0 takes a free port. */
  readonly http?: number | undefined;
  /** The address of the REST API; 127.0.0.1. */
  readonly host?: string;
  /** Looks at each instance before it is taken: returns it, or another in its place, or throws what its registrant is to hear. */
  readonly admit?: StoreOptions['admit'];
  /** Addresses of the registries that it replicates with, `tcp://127.0.0.1:7071`; its own may be among them. */
  readonly peers?: readonly string[];
  /** What those know it by, in their logs. */
  readonly name?: string | undefined;
  readonly clock?: Clock;
}

/**
 * A registry, to be given wires and started. Its parts are {@link RunningRegistry}, by `app.get`.
 * @example const app = await registryMesh({ http: 8761 }).over(tcp({ port: 7070 })).start()
 */
export function registryMesh(options: RegistryOptions = {}): Mesh {
  const others = new PeerRegistries(options.peers ?? []);
  return mesh()
    .named('registry')
    .in(others)
    .provide(RunningRegistry, { useFactory: () => new RunningRegistry(options) })
    .serve(Registry, (app) => app.get(RunningRegistry).serve(app))
    .serve(RegistryPeers, (app) => app.get(RunningRegistry).replicate(app, others))
    .params(...REGISTRY_PARAMS, ...PEER_PARAMS, ...EUREKA_PARAMS)
    .configure(CROWDED);
}

/** Where the network comes back, everybody registers at once. */
const CROWDED = { 'limit.initial': 10_000, 'limit.max': 10_000 };

/** What runs of a registry: it begins and ends with its application. */
export class RunningRegistry {
  readonly store: RegistryStore;
  private readonly clock: Clock;
  private config: Configuration | undefined;
  private log: Log | undefined;
  private eureka: EurekaServer | undefined;
  private replication: Replication | undefined;

  constructor(private readonly options: RegistryOptions) {
    const { clock = systemClock, admit } = options;
    this.clock = clock;
    const { settings } = this;
    const tell = (news: StoreNews): void => this.tell(news);
    this.store = new RegistryStore({ clock, settings, tell, ...(admit === undefined ? {} : { admit }) });
  }

  /** Where the REST API is, `127.0.0.1:8761`; undefined for nowhere. */
  get httpAddress(): string | undefined {
    return this.eureka?.address;
  }

  /** Resolves when it has caught up with its peers, or has none. */
  get ready(): Promise<void> {
    return this.replication?.ready ?? Promise.resolve();
  }

  replicate({ config, log }: Callers, others: PeerRegistries): PeersService {
    this.config = config;
    this.log = log;
    const { store, clock, settings } = this;
    const tell = (news: PeerNews): void => this.tellOfPeers(news);
    this.replication = new Replication({ store, links: others.links, name: this.options.name, clock, settings, tell });
    return this.replication.service;
  }

  serve({ config, log }: Callers): RegistryService {
    this.config = config;
    this.log = log;
    return new RegistryService(this.store, this.clock, this.settings);
  }

  async onStart(): Promise<void> {
    const { store, clock, settings } = this;
    const { http: port, host = '127.0.0.1' } = this.options;
    if (port === undefined) return;
    const defect = (error: unknown, path: string): void =>
      this.log?.error({ err: error, path }, 'a request failed by a bug');
    this.eureka = await serveEureka(store, { port, host, clock, settings, defect });
  }

  async onStop(): Promise<void> {
    await this.eureka?.close();
    await this.replication?.told();
    this.replication?.stop();
    this.store.close();
  }

  private readonly settings: Settings = (param) => this.config?.get(param) ?? param.initial;

  private tell(news: StoreNews): void {
    if (news.kind === 'evicted')
      this.log?.warn({ app: news.instance.app, id: news.instance.id }, 'evicted: its lease ended');
    else if (news.on) this.log?.warn({ known: news.known }, 'too few instances renew: nobody is evicted');
    else this.log?.info({ known: news.known }, 'instances renew again');
  }

  private tellOfPeers(news: PeerNews): void {
    const { log } = this;
    if (news.kind === 'peer-up') log?.info({ peer: news.peer }, 'peer is up');
    else if (news.kind === 'peer-down') log?.warn({ peer: news.peer, reason: news.reason }, 'peer is down');
    else if (news.kind === 'peer-behind')
      log?.warn({ peer: news.peer }, 'too much for its queue: it is told everything');
    else if (news.kind === 'peer-refused')
      log?.warn({ peer: news.peer, reason: news.reason, count: news.count }, 'what a peer told was not taken');
    else if ((this.options.peers ?? []).length > 0) log?.info({ peer: news.peer, known: news.known }, 'has caught up');
  }
}
