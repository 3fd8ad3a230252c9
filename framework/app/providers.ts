/** The container of an application: a child of tsyringe's, where each class that is asked for is made once. */
import 'reflect-metadata';
import { container as root, type DependencyContainer, type InjectionToken } from 'tsyringe';
import type { Contract } from '../contract/index.js';
import { MeshError, type Param } from '../core/index.js';
import { clientsOf, clientToken, type Constructor, settingsOf, settingToken } from './decorators.js';

export type Token<T = unknown> = InjectionToken<T>;

/** Where an instance comes from: a value, a class in the place of another, or a function of the container. */
export type Provider<T = unknown> =
  | { readonly useValue: T }
  | { readonly useClass: Constructor<T> }
  | { readonly useFactory: (container: DependencyContainer) => T };

/** `application`: made once. `each`: made anew for each that asks. */
export type Scope = 'application' | 'each';

export interface Provision {
  readonly token: Token;
  readonly provider: Provider;
  readonly scope: Scope;
}

/** What the classes of an application ask for, found before any is made. */
export interface Graph {
  readonly container: DependencyContainer;
  /** Classes, each behind all that it asks for. */
  readonly order: readonly Constructor[];
  readonly clients: readonly Contract[];
  readonly settings: readonly Param<unknown>[];
}

/** tsyringe's own name for the tokens given by `@inject`. */
const INJECTED = 'injectionTokens';
const PLAIN: ReadonlySet<unknown> = new Set([Object, String, Number, Boolean, Function, Array, Symbol, Promise]);

/**
 * Registers `services` and all that they ask for. Throws Invalid, with the path to it, for what nobody provides and for what asks
 * for itself in a circle.
 */
export function graphOf(
  services: readonly Constructor[],
  provisions: readonly Provision[],
  known: readonly Token[],
): Graph {
  const container = root.createChildContainer();
  const provided = new Set<Token>(known);
  for (const provision of provisions) {
    provided.add(provision.token);
    register(container, provision);
  }
  const order: Constructor[] = [];
  const done = new Set<Constructor>();
  const clients = new Map<string, Contract>();
  const settings = new Map<string, Param<unknown>>();
  const visit = (target: Constructor, path: readonly string[]): void => {
    const here = [...path, target.name];
    if (path.includes(target.name)) throw circle(here);
    if (done.has(target)) return;
    for (const contract of clientsOf(target).values()) clients.set(contract.name, contract);
    for (const param of settingsOf(target).values()) settings.set(param.name, param);
    dependenciesOf(target, here).forEach((token, at) => {
      if (provided.has(token)) return;
      if (typeof token === 'function' && !PLAIN.has(token)) visit(token as Constructor, here);
      else if (!clientsOf(target).has(at) && !settingsOf(target).has(at) && !isElsewhere(token))
        throw missing(token, at, here);
    });
    done.add(target);
    if (!provided.has(target)) container.registerSingleton(target as Token<object>, target as never);
    order.push(target);
  };
  for (const provision of provisions) {
    if ('useClass' in provision.provider) visit(provision.provider.useClass as Constructor, []);
  }
  for (const service of services) visit(service, []);
  return { container, order, clients: [...clients.values()], settings: [...settings.values()] };
}

/** Registered with tsyringe's own container, by its decorators. */
function isElsewhere(token: Token): boolean {
  return root.isRegistered(token);
}

function register(container: DependencyContainer, { token, provider, scope }: Provision): void {
  if ('useValue' in provider) container.register(token, { useValue: provider.useValue });
  else if ('useClass' in provider) {
    if (scope === 'each') container.register(token, provider.useClass as never);
    else container.registerSingleton(token, provider.useClass as never);
  } else {
    let made: { readonly value: unknown } | undefined;
    container.register(token, {
      useFactory: (from: DependencyContainer) => {
        if (scope === 'each') return provider.useFactory(from);
        return (made ??= { value: provider.useFactory(from) }).value;
      },
    });
  }
}

/** What the constructor of a class asks for, in order. */
function dependenciesOf(target: Constructor, path: readonly string[]): readonly Token[] {
  const types = Reflect.getMetadata('design:paramtypes', target) as readonly unknown[] | undefined;
  if (types === undefined) {
    if (target.length === 0) return [];
    throw wrong(
      `${target.name} asks for ${target.length} things in its constructor, but has no decorator that says so: put @component() above it (${path.join(' → ')})`,
    );
  }
  const injected = (Reflect.getOwnMetadata(INJECTED, target) as Readonly<Record<number, unknown>> | undefined) ?? {};
  const clients = clientsOf(target);
  const settings = settingsOf(target);
  return types.map((type, at) => {
    const contract = clients.get(at);
    if (contract !== undefined) return clientToken(contract);
    const param = settings.get(at);
    if (param !== undefined) return settingToken(param);
    return (tokenOf(injected[at]) ?? type) as Token;
  });
}

/** tsyringe keeps a token, or an object around it for `@injectAll` and the like. */
function tokenOf(injected: unknown): unknown {
  return typeof injected === 'object' && injected !== null && 'token' in injected ? injected.token : injected;
}

function circle(path: readonly string[]): MeshError {
  return wrong(
    `${path.slice(path.indexOf(path.at(-1) ?? '')).join(' → ')}: classes that ask for each other in a circle can't be made; let one of them get what it needs in a method, or by @client`,
  );
}

function missing(token: unknown, at: number, path: readonly string[]): MeshError {
  const owner = path.at(-1) ?? '';
  if (token === undefined) {
    return wrong(
      `parameter ${at + 1} of ${owner} is not defined yet when ${owner} is: two files import each other (${path.join(' → ')})`,
    );
  }
  if (PLAIN.has(token)) {
    const name = (token as { name: string }).name;
    return wrong(
      `parameter ${at + 1} of ${owner} is of type ${name}, which nobody provides: say what is meant by @client(Contract), @setting(param) or @inject(token) (${path.join(' → ')})`,
    );
  }
  return wrong(
    `nobody provides ${String(token)}, parameter ${at + 1} of ${owner}: .provide(token, { useValue }) (${path.join(' → ')})`,
  );
}

function wrong(message: string): MeshError {
  return new MeshError('Invalid', message, { code: 'MILLRACE_CONTAINER' });
}
