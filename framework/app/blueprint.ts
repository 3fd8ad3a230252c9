/** All that is said of an application before it starts. */
import type { Client, Codec, Contract, Failures, Methods, Wire } from '../contract/index.js';
import type { Agnostic, Clock, Param } from '../core/index.js';
import type { Balancer, Discovery } from '../discovery/index.js';
import type { Constructor } from './decorators.js';
import type { Configuration } from './configuration.js';
import type { Log, LogOptions } from './logs.js';
import type { Provision, Token } from './providers.js';

/** Plain functions that serve a contract, in the place of a class. */
export interface Answering {
  readonly contract: Contract;
  readonly handlers: (callers: Callers) => object;
}

/** What functions that serve a contract have of their application. */
export interface Callers {
  readonly config: Configuration;
  readonly log: Log;
  /** What the container has, or makes, for a token. */
  get<T>(token: Token<T>): T;
  client<M extends Methods, F extends Failures>(contract: Contract<M, F>): Client<Contract<M, F>>;
}

/** Where values of params come from beside code. `start()` hears only code unless it is told; `run()` what the process was given. */
export interface ConfigSources {
  /** A path; `usual` is millrace.yaml, millrace.yml or millrace.json in the working folder; false is none. Default: none. */
  readonly file?: string | false;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The words of the command line after the program's name. */
  readonly flags?: readonly string[];
}

/** All that was said of an application. */
export interface Blueprint {
  readonly name: string;
  readonly services: readonly Constructor[];
  readonly answering: readonly Answering[];
  readonly wires: readonly Wire[];
  readonly discoveries: readonly Discovery[];
  /** How instances are chosen, by the name of the contract. */
  readonly balancers: ReadonlyMap<string, Balancer>;
  readonly provisions: readonly Provision[];
  readonly params: readonly Param<unknown>[];
  /** Values of params; what stands later holds before what stands earlier. */
  readonly code: readonly Readonly<Record<string, unknown>>[];
  readonly sources: ConfigSources | undefined;
  readonly filters: readonly Agnostic[];
  readonly codecs: readonly Codec[];
  readonly clock: Clock;
  readonly log: LogOptions;
}
