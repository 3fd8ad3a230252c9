/** Services as decorated classes. Decorators say what a class is, or refuse it where it is defined; they wrap nothing. */
import 'reflect-metadata';
import { inject, injectable } from 'tsyringe';
import type { Contract, Failures, Handlers, Methods } from '../contract/index.js';
import { type Agnostic, MeshError, type Param } from '../core/index.js';

/** A class whose constructor asks for what the container has. */
export type Constructor<T = object> = new (...args: never[]) => T;

const CONTRACTS = 'millrace:contracts';
const FILTERS = 'millrace:filters';
const CLIENTS = 'millrace:clients';
const SETTINGS = 'millrace:settings';
const COMPONENT = 'millrace:component';
// From here, behind the import of reflect-metadata, which tsyringe can't be loaded without.
export { inject };

/** tsyringe's own name for the tokens given by `@inject`. */
export const INJECTED = 'injectionTokens';
const TYPES = 'design:paramtypes';

/**
 * The class serves a contract: it has a method for each of the contract's, or it does not compile. A class may serve several.
 * @example `@serves(Catalog) class CatalogService implements Handlers<typeof Catalog> { … }`
 */
export function serves<M extends Methods, F extends Failures>(
  contract: Contract<M, F>,
): <T extends Constructor<Handlers<Contract<M, F>>>>(target: T) => void {
  return (target) => {
    const before = contractsOf(target);
    if (before.some(({ name }) => name === contract.name)) {
      throw wrong(`${target.name} serves ${contract.name} twice`);
    }
    for (const method of Object.keys(contract.methods)) {
      if (typeof (target.prototype as Record<string, unknown>)[method] === 'function') continue;
      throw wrong(
        `${target.name} has no method ${method}, which ${contract.name} asks for: write ${method}(request) { … }, an arrow function in a property is none`,
      );
    }
    if (before.length === 0) mark(target);
    Reflect.defineMetadata(CONTRACTS, [contract, ...before], target);
  };
}

/** The contracts that a class serves. */
export function contractsOf(target: object): readonly Contract[] {
  return (Reflect.getOwnMetadata(CONTRACTS, target) as readonly Contract[] | undefined) ?? [];
}

/** A method that can have filters: one that answers with what a handler answers with. */
type Filtered = (request: never, call: never) => object | void;

/** Filters before a method, outermost first. Each application's service has states of its own of them. */
export function use(
  ...filters: readonly Agnostic[]
): <F extends Filtered>(prototype: object, key: string, descriptor: TypedPropertyDescriptor<F>) => void {
  return (prototype, key) => {
    for (const filter of filters) {
      if (typeof filter !== 'function')
        throw wrong(`${prototype.constructor.name}.${key}: ${String(filter)} is not a filter`);
    }
    Reflect.defineMetadata(FILTERS, filters, prototype, key);
  };
}

/** The filters of a method, outermost first. */
export function filtersOf(target: object, key: string): readonly Agnostic[] {
  return (Reflect.getMetadata(FILTERS, target, key) as readonly Agnostic[] | undefined) ?? [];
}

/** A constructor parameter that is a client of a contract, wherever it is served: `@client(Ratings) ratings: Client<typeof Ratings>`. */
export function client(contract: Contract): ParameterDecorator {
  return (target, _key, index) => {
    inject(clientToken(contract))(target, undefined, index);
    const known = new Map(clientsOf(target));
    Reflect.defineMetadata(CLIENTS, known.set(index, contract), target);
  };
}

/** The contracts that a class calls, by the number of the parameter. */
export function clientsOf(target: object): ReadonlyMap<number, Contract> {
  return (Reflect.getOwnMetadata(CLIENTS, target) as ReadonlyMap<number, Contract> | undefined) ?? new Map();
}

/** A constructor parameter that is the configured value of a param: `@setting(PageSize) pageSize: number`. */
export function setting<T>(param: Param<T>): ParameterDecorator {
  return (target, _key, index) => {
    inject(settingToken(param))(target, undefined, index);
    const known = new Map(settingsOf(target));
    Reflect.defineMetadata(SETTINGS, known.set(index, param), target);
  };
}

/** The params that a class is configured by, by the number of the parameter. */
export function settingsOf(target: object): ReadonlyMap<number, Param<unknown>> {
  return (Reflect.getOwnMetadata(SETTINGS, target) as ReadonlyMap<number, Param<unknown>> | undefined) ?? new Map();
}

/** Marks a class that others may ask for in their constructors; there is one of it in each application. */
export function component(): <T extends Constructor>(target: T) => void {
  return mark;
}

/** A class without a constructor of its own asks for what the class does that it extends. */
function mark(target: Constructor): void {
  if (!Reflect.hasOwnMetadata(TYPES, target)) {
    for (const key of [INJECTED, CLIENTS, SETTINGS]) {
      const inherited: unknown = Reflect.getMetadata(key, target);
      if (inherited !== undefined) Reflect.defineMetadata(key, inherited, target);
    }
  }
  Reflect.defineMetadata(COMPONENT, true, target);
  injectable()(target);
}

/** Whether a decorator stands above the class, so that what its constructor asks for is known. */
export function isMarked(target: object): boolean {
  return Reflect.hasOwnMetadata(COMPONENT, target) || Reflect.hasOwnMetadata(TYPES, target);
}

const tokens = new WeakMap<object, symbol>();

/** What the container knows the client of a contract by. */
export function clientToken(contract: Contract): symbol {
  return tokenOf(contract, 'client');
}

/** What the container knows the value of a param by. */
export function settingToken(param: Param<unknown>): symbol {
  return tokenOf(param, 'setting');
}

/** Of the thing itself, and not of its name: a program may call two versions of a contract. */
function tokenOf(thing: { readonly name: string }, kind: string): symbol {
  const known = tokens.get(thing);
  if (known !== undefined) return known;
  const made = Symbol(`${kind} ${thing.name}`);
  tokens.set(thing, made);
  return made;
}

function wrong(message: string): MeshError {
  return new MeshError('Invalid', message, { code: 'MILLRACE_DECORATOR' });
}
