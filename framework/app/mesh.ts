/** What an application is made of, said once in its main file: services, wires, where others are, and how it is configured. */
import type { Codec, Contract, Failures, Handlers, Methods, Wire } from '../contract/index.js';
import { type Agnostic, type Clock, MeshError, type Param, systemClock } from '../core/index.js';
import type { Balancer, Discovery } from '../discovery/index.js';
import { type App, startApp } from './app.js';
import type { Answering, Blueprint, Callers, ConfigSources } from './blueprint.js';
import { type Constructor, contractsOf } from './decorators.js';
import type { LogOptions } from './logs.js';
import type { Provider, Scope, Token } from './providers.js';
import { runApp } from './run.js';

/** An application before it starts. Each word gives a new one, so a test can take the real one and say something else. */
export class Mesh {
  constructor(readonly blueprint: Blueprint) {}

  /** The name that logs and `describe` show. Default: that of the first service. */
  named(name: string): Mesh {
    return this.but({ name });
  }

  /** More classes that serve contracts. */
  and(...services: readonly Constructor[]): Mesh {
    for (const each of services) checkService(each);
    return this.but({ services: [...this.blueprint.services, ...services] });
  }

  /**
   * Serves a contract with plain functions; in a test, in the place of the service that would be called. Functions that call
   * others are made of the application: `.serve(Home, (app) => …)`, where `app.client(Catalog)` is.
   */
  serve<M extends Methods, F extends Failures>(
    contract: Contract<M, F>,
    handlers: Handlers<Contract<M, F>> | ((app: Callers) => Handlers<Contract<M, F>>),
  ): Mesh {
    const make = typeof handlers === 'function' ? (handlers as Answering['handlers']) : () => handlers;
    const answering = { contract, handlers: make };
    return this.but({ answering: [...this.blueprint.answering, answering] });
  }

  /** The wires at which it is called, and over which it calls others. */
  over(...wires: readonly Wire[]): Mesh {
    return this.but({ wires: [...this.blueprint.wires, ...wires] });
  }

  /** Where other services are. */
  in(...discoveries: readonly Discovery[]): Mesh {
    return this.but({ discoveries: [...this.blueprint.discoveries, ...discoveries] });
  }

  /**
   * How one of the instances of a contract's service is chosen for a call. Default: the param `discovery.balance`.
   * @example mesh(Home).balance(Catalog, consistentHash({ key: (call) => call.baggage.get('user') }))
   */
  balance(contract: Contract, balancer: Balancer): Mesh {
    return this.but({ balancers: new Map(this.blueprint.balancers).set(contract.name, balancer) });
  }

  /** What classes get that ask for `token`; what was said last holds. */
  provide<T>(token: Token<T>, provider: Provider<NoInfer<T>>, scope: Scope = 'application'): Mesh {
    const others = this.blueprint.provisions.filter((provision) => provision.token !== token);
    return this.but({ provisions: [...others, { token, provider, scope }] });
  }

  /** Filters before all methods, outermost first. */
  use(...filters: readonly Agnostic[]): Mesh {
    return this.but({ filters: [...this.blueprint.filters, ...filters] });
  }

  /** Codecs beside JSON and bytes. */
  speaking(...codecs: readonly Codec[]): Mesh {
    return this.but({ codecs: [...this.blueprint.codecs, ...codecs] });
  }

  /** Params of the program's own, so that a file, the environment and flags may set them. */
  params(...params: readonly Param<unknown>[]): Mesh {
    return this.but({ params: [...this.blueprint.params, ...params] });
  }

  /** Values of params, by name; what a file, the environment or a flag says holds before them. */
  configure(values: Readonly<Record<string, unknown>>, sources?: ConfigSources): Mesh {
    return this.but({ code: [...this.blueprint.code, values], sources: sources ?? this.blueprint.sources });
  }

  /** Serves /livez and /readyz by HTTP. */
  health(at: { readonly port: number; readonly host?: string }): Mesh {
    return this.configure({ 'health.port': at.port, ...(at.host === undefined ? {} : { 'health.host': at.host }) });
  }

  /** Where logs go. */
  log(log: LogOptions): Mesh {
    return this.but({ log: { ...this.blueprint.log, ...log } });
  }

  /** The clock, and the chance, of all its parts. */
  on(clock: Clock): Mesh {
    return this.but({ clock });
  }

  /** Starts it, and resolves when it serves. Rejects with what was wrong, having stopped what had begun. */
  start(): Promise<App> {
    return startApp(this.blueprint);
  }

  /**
   * Starts it as a program: says where it serves, and on SIGTERM or SIGINT stops in good order and ends the process with 0.
   * A second signal ends it at once with 1, and says what was abandoned. What can't start ends it with 1.
   */
  run(): Promise<App> {
    return runApp(this.blueprint);
  }

  private but(changes: Partial<Blueprint>): Mesh {
    return new Mesh({ ...this.blueprint, ...changes });
  }
}

/** An application of services; of none, it only calls others. Throws Invalid for a class that serves nothing. */
export function mesh(...services: readonly Constructor[]): Mesh {
  return new Mesh({
    name: '',
    services: [],
    answering: [],
    wires: [],
    discoveries: [],
    balancers: new Map(),
    provisions: [],
    params: [],
    code: [],
    sources: undefined,
    filters: [],
    codecs: [],
    clock: systemClock,
    log: {},
  }).and(...services);
}

function checkService(service: Constructor): void {
  if (typeof service === 'function' && contractsOf(service).length > 0) return;
  const name = typeof service === 'function' ? service.name : String(service);
  throw new MeshError('Invalid', `${name} serves no contract: put @serves(Contract) above it`, {
    code: 'MILLRACE_MESH',
  });
}
