/** The container of an application: a child of tsyringe's, where each class that is asked for is made once. */
import 'reflect-metadata';
import { container as root, type DependencyContainer, injectable, type InjectionToken } from 'tsyringe';
import type { Contract } from '../contract/index.js';
import type { Param } from '../core/index.js';
import {
  clientsOf,
  clientToken,
  type Constructor,
  INJECTED,
  isMarked,
  settingsOf,
  settingToken,
} from './decorators.js';
import { askingItself, circle, isPlain, missing, notMade, undecorated } from './provider-faults.js';

/** What classes ask by: a class, abstract or not; or a symbol or a text, with `@inject(token)`. */
export type Token<T = unknown> = InjectionToken<T> | (abstract new (...args: never[]) => T);

/** What the function of a provider gets other things from. */
export interface Container {
  /** What the application has for a token, or makes for it. */
  resolve<T>(token: Token<T>): T;
}

/** Where an instance comes from: a value, a class in the place of another, or a function of the container. */
export type Provider<T = unknown> =
  | { readonly useValue: T }
  | { readonly useClass: Constructor<T> }
  | { readonly useFactory: (container: Container) => T };

/** `application`: made once, when it starts. `each`: made anew for each that asks; whoever asked for it ends it. */
export type Scope = 'application' | 'each';

export interface Provision {
  readonly token: Token;
  readonly provider: Provider;
  readonly scope: Scope;
}

/** What classes get by decorators of Millrace's own. */
export interface Own {
  client(contract: Contract): unknown;
  setting(param: Param<unknown>): unknown;
  /** What the application itself gives, where nobody provides another. */
  readonly parts: readonly (readonly [Token, () => unknown])[];
}

/** What the classes of an application ask for, found before any is made. */
export interface Graph extends Container {
  /** Makes what is provided, then the services, each behind what it asks for. Throws Unavailable, by its name, where one can't be made. */
  makeAll(): void;
  /** What there is one of in the application, each behind all that it asked for. */
  readonly made: readonly unknown[];
  readonly clients: readonly Contract[];
  readonly settings: readonly Param<unknown>[];
}

/**
 * Registers `services` and all that they ask for. Throws Invalid, with the path to it, for what nobody provides and for what asks
 * for itself in a circle.
 */
export function graphOf(services: readonly Constructor[], provisions: readonly Provision[], own: Own): Graph {
  return new Registrations(services, provisions, own);
}

class Registrations implements Graph {
  private readonly container: DependencyContainer = root.createChildContainer();
  private readonly registered = new Set<unknown>();
  private readonly replaced = new Map<unknown, Constructor>();
  private readonly checked = new Set<Constructor>();
  private readonly singles: Constructor[] = [];
  private readonly instances = new Set<unknown>();
  private readonly contracts = new Set<Contract>();
  private readonly params = new Set<Param<unknown>>();

  constructor(
    services: readonly Constructor[],
    private readonly provisions: readonly Provision[],
    private readonly own: Own,
  ) {
    for (const { token, provider } of provisions) {
      this.registered.add(token);
      if ('useClass' in provider) this.replaced.set(token, provider.useClass as Constructor);
    }
    for (const [token, give] of own.parts) this.find(token, give);
    for (const provision of provisions) this.provide(provision);
    for (const service of services) this.single(service, []);
  }

  get made(): readonly unknown[] {
    return [...this.instances];
  }

  get clients(): readonly Contract[] {
    return [...this.contracts];
  }

  get settings(): readonly Param<unknown>[] {
    return [...this.params];
  }

  resolve<T>(token: Token<T>): T {
    if (typeof token === 'function' && !isPlain(token)) this.single(token as Constructor, []);
    return this.container.resolve(token as InjectionToken<T>);
  }

  makeAll(): void {
    const provided = this.provisions.filter(({ scope }) => scope === 'application').map(({ token }) => token);
    for (const token of [...provided, ...this.singles]) {
      try {
        this.resolve(token);
      } catch (cause) {
        throw notMade(token, cause);
      }
    }
  }

  private provide({ token, provider, scope }: Provision): void {
    if ('useValue' in provider) {
      this.register(token, provider);
      this.instances.add(provider.useValue);
    } else if ('useFactory' in provider) {
      const make = (): unknown => provider.useFactory(this);
      this.register(token, { useFactory: scope === 'each' ? make : this.once(token, make) });
    } else {
      const useClass = provider.useClass as Constructor;
      this.look(useClass, []);
      if (scope === 'each') this.register(token, { useClass });
      else if (token === useClass) this.keep(useClass);
      else {
        this.single(useClass, []);
        this.register(token, { useToken: useClass });
      }
    }
  }

  /** Registers a class of which the application has one, with all that it asks for. */
  private single(target: Constructor, path: readonly Constructor[]): void {
    if (this.registered.has(target) && !path.includes(target)) return;
    this.look(target, path);
    this.registered.add(target);
    this.keep(target);
  }

  private keep(target: Constructor): void {
    const token = target as InjectionToken<object>;
    this.singles.push(target);
    this.container.registerSingleton(token, target as never);
    this.container.afterResolution(token, (_, instance) => void this.instances.add(instance), { frequency: 'Once' });
  }

  /** Sees to what the constructor of a class asks for. */
  private look(target: Constructor, path: readonly Constructor[]): void {
    const here = [...path, target];
    if (path.includes(target)) throw circle(here);
    if (this.checked.has(target)) return;
    for (const contract of clientsOf(target).values()) this.addClient(contract);
    for (const param of settingsOf(target).values()) this.addSetting(param);
    dependenciesOf(target, here).forEach((token, at) => {
      const other = this.replaced.get(token);
      if (other !== undefined && other !== token) this.look(other, here);
      else if (this.registered.has(token) && !here.includes(token as Constructor)) return;
      else if (typeof token === 'function' && !isPlain(token)) this.dependency(token as Constructor, here);
      else if (!root.isRegistered(token as InjectionToken)) throw missing(token, at, here);
    });
    this.checked.add(target);
  }

  private dependency(target: Constructor, path: readonly Constructor[]): void {
    if (!isMarked(target) && !root.isRegistered(target as InjectionToken)) throw undecorated(target, path);
    this.single(target, path);
  }

  private addClient(contract: Contract): void {
    this.contracts.add(contract);
    this.find(clientToken(contract), () => this.own.client(contract));
  }

  private addSetting(param: Param<unknown>): void {
    this.params.add(param);
    this.find(settingToken(param), () => this.own.setting(param));
  }

  private find(token: Token, useFactory: () => unknown): void {
    if (this.registered.has(token)) return;
    this.registered.add(token);
    this.register(token, { useFactory });
  }

  /** The one thing of the application that a function makes. */
  private once(token: Token, make: () => unknown): () => unknown {
    let made: { readonly value: unknown } | undefined;
    let making = false;
    return () => {
      if (making) throw askingItself(token);
      if (made === undefined) {
        making = true;
        try {
          made = { value: make() };
        } finally {
          making = false;
        }
        this.instances.add(made.value);
      }
      return made.value;
    };
  }

  private register(token: Token, provider: object): void {
    this.container.register(token as InjectionToken, provider as never);
  }
}

/** What the constructor of a class asks for, in order. */
function dependenciesOf(target: Constructor, path: readonly Constructor[]): readonly Token[] {
  const types = Reflect.getMetadata('design:paramtypes', target) as readonly unknown[] | undefined;
  const asking = types === undefined ? lineOf(target).find(({ length }) => length > 0) : target;
  if (asking === undefined || Math.max(target.length, types?.length ?? 1) === 0) return [];
  if (types === undefined || !isMarked(target)) throw undecorated(asking, asking === target ? path.slice(0, -1) : path);
  injectable()(target as never);
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

/** A class and those that it extends. */
function lineOf(target: Constructor): Constructor[] {
  const line: Constructor[] = [];
  for (let each: unknown = target; typeof each === 'function' && !isPlain(each); each = Object.getPrototypeOf(each)) {
    line.push(each as Constructor);
  }
  return line;
}

/** tsyringe keeps a token, or an object around it for `@injectAll` and the like. */
function tokenOf(injected: unknown): unknown {
  return typeof injected === 'object' && injected !== null && 'token' in injected ? injected.token : injected;
}
