/** The methods that an application answers, by their routes. */
import { type Contract, handle, type HandleOptions, type Handlers, type Route } from '../contract/index.js';
import { filters, type MeshError, meshError } from '../core/index.js';
import { Platform } from '../discovery/index.js';
import { Metrics } from '../observe/index.js';
import type { Blueprint, Callers } from './blueprint.js';
import { type Constructor, contractsOf, filtersOf } from './decorators.js';

type Served = Pick<Blueprint, 'services' | 'answering'>;

/** What stands behind the routes. */
export interface RouteTerms {
  /** The instance of a class that serves. */
  resolve(service: Constructor): object;
  readonly callers: Callers;
  readonly platform: Handlers<typeof Platform>;
  readonly metrics: Handlers<typeof Metrics>;
  readonly options: Required<Pick<HandleOptions, 'defect' | 'open'>>;
}

/** The contracts of an application but for the platform's own. */
export function contractsServed({ services, answering }: Served): readonly Contract[] {
  return [...services.flatMap((service) => contractsOf(service)), ...answering.map(({ contract }) => contract)];
}

/** Throws Invalid where two serve the same. */
export function routesOf({ services, answering }: Served, terms: RouteTerms): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>();
  const { defect } = terms.options;
  const add = (contract: Contract, handlers: object, options: HandleOptions): void => {
    if (contract !== PLATFORM && contract.name === PLATFORM.name) throw reserved(contract.name);
    for (const [name, route] of handle(contract, handlers as Handlers<Contract>, options)) {
      if (routes.has(name)) throw twice(contract.name);
      routes.set(name, route);
    }
  };
  for (const service of services) {
    const instance = terms.resolve(service);
    const filterOf: HandleOptions['filterOf'] = (method) => {
      const own = filtersOf(service.prototype as object, method);
      return own.length === 0 ? undefined : filters(...own);
    };
    for (const contract of contractsOf(service)) add(contract, instance, { ...terms.options, filterOf });
  }
  for (const { contract, handlers } of answering) add(contract, handlers(terms.callers), terms.options);
  add(PLATFORM, terms.platform, { defect });
  // One that serves meters of its own making, as of many others merged, does so in the place of its own.
  if (!contractsServed({ services, answering }).some(({ name }) => name === Metrics.name))
    add(METRICS, terms.metrics, { defect });
  return routes;
}

const PLATFORM: Contract = Platform;
const METRICS: Contract = Metrics;

function reserved(name: string): MeshError {
  return meshError('Invalid', `a contract can't be called ${name}: each application serves one of that name`, {
    code: 'MILLRACE_MESH',
  });
}

function twice(name: string): MeshError {
  return meshError('Invalid', `two services of the application serve ${name}`, { code: 'MILLRACE_MESH' });
}
