/** A stack: named roles in an order that is checked when it is made, and printed as it really is. */
import { type Clock, systemClock } from './clock.js';
import { MeshError } from './errors.js';
import { fuse } from './fuse.js';
import type { Param, Params } from './param.js';
import type { AnyPolicy, Told } from './policy.js';
import type { Agnostic } from './service.js';

/** What a role puts into the stack: a policy, which is fused with its neighbours, or a filter. */
export type Layer = { readonly policy: AnyPolicy } | { readonly filter: Agnostic };

/** A named place in a stack. */
export interface Role {
  readonly name: string;
  /** One sentence, printed by {@link Stack.toString}. */
  readonly about: string;
  readonly params: readonly Param<never>[];
  /** Roles that must stand further in than this one. */
  readonly above?: readonly string[];
  /** Roles that must stand further out than this one. */
  readonly below?: readonly string[];
  make(params: Params): Layer;
}

/** Roles, outermost first; immutable. Throws Invalid, naming both roles, if their order is wrong or a name comes twice. */
export class Stack {
  constructor(readonly roles: readonly Role[]) {
    const place = new Map(roles.map((role, at) => [role.name, at]));
    roles.forEach((role, at) => {
      if (place.get(role.name) !== at) throw wrong(`${role.name} stands in the stack twice`);
      for (const inner of role.above ?? []) {
        if ((place.get(inner) ?? at) < at) throw wrong(`${role.name} must stand above ${inner}`);
      }
      for (const outer of role.below ?? []) {
        if ((place.get(outer) ?? at) > at) throw wrong(`${role.name} must stand below ${outer}`);
      }
    });
  }

  replace(name: string, role: Role): Stack {
    this.at(name);
    return new Stack(this.roles.map((each) => (each.name === name ? role : each)));
  }

  without(name: string): Stack {
    this.at(name);
    return new Stack(this.roles.filter((each) => each.name !== name));
  }

  before(name: string, role: Role): Stack {
    return new Stack(this.roles.toSpliced(this.at(name), 0, role));
  }

  after(name: string, role: Role): Stack {
    return new Stack(this.roles.toSpliced(this.at(name) + 1, 0, role));
  }

  /** The stack as one filter; neighbouring policies subscribe once. `told` hears each decision of a policy. */
  make(params: Params, clock: Clock = systemClock, told?: Told): Agnostic {
    const layers = this.roles.map((role) => role.make(params));
    const filters: Agnostic[] = [];
    let run: AnyPolicy[] = [];
    const endRun = (): void => {
      if (run.length > 0) filters.push(fuse(run, clock, told));
      run = [];
    };
    for (const layer of layers) {
      if ('policy' in layer) run.push(layer.policy);
      else {
        endRun();
        filters.push(layer.filter);
      }
    }
    endRun();
    return (next) => filters.reduceRight((service, filter) => filter(service), next);
  }

  toString(): string {
    const width = Math.max(0, ...this.roles.map((role) => role.name.length));
    return this.roles.map((role) => `${role.name.padEnd(width)}  ${role.about}`).join('\n');
  }

  private at(name: string): number {
    const at = this.roles.findIndex((role) => role.name === name);
    if (at >= 0) return at;
    throw wrong(`no role ${name} in the stack; there are ${this.roles.map((role) => role.name).join(', ')}`);
  }
}

function wrong(message: string): MeshError {
  return new MeshError('Invalid', message, { code: 'MILLRACE_STACK' });
}
