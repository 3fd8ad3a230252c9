/** Discovery by registries: the instances that they tell of, as they change, and the application known there itself. */
import { Observable, type Subscriber, Subscription } from 'rxjs';
import { duration, type MeshError, meshError, optional, param, type Stop, text } from '../core/index.js';
import type { Discovery, DiscoveryTerms } from './addresses.js';
import type { Instance } from './instance.js';
import { KnownInstances } from './known-instances.js';
import { Registration } from './registration.js';
import { RegistryLoop } from './registry-loop.js';
import { recall, remember } from './registry-memory.js';
import type { Changes } from './registry-messages.js';

export const HOLD = param(
  'discovery.hold',
  30_000,
  duration,
  'Milliseconds for which instances are kept that a registry has not heard of which was started anew, or that are known from the last run.',
);

export const MEMORY = param(
  'discovery.memory',
  undefined,
  optional(text),
  'Path of a file that keeps where others are, for a start at which no registry answers; none by default.',
);

/** Milliseconds after a change until it is in the file. */
const WRITE_AFTER = 1000;

/**
 * Services are found in registries, and the application is registered there: `millrace registry` starts one. Several places are replicas of
 * one registry, of which one at a time is asked. With none left the application goes on with what it knows.
 * @example mesh(Home).over(tcp({ port: 7001 })).in(registry('tcp://127.0.0.1:7070', 'tcp://127.0.0.1:7071'))
 */
export function registry(...places: readonly string[]): Discovery {
  if (places.length === 0) throw placeless();
  return {
    name: 'registry',
    wires: [],
    params: [HOLD, MEMORY],
    instances: (terms) => new Observable((to) => new Watching(places, terms, to)),
    register: (self, terms) => new Observable<never>((to) => new Registration(places, self, terms, to)),
  };
}

/** One application's view of the registries: of the services that it calls, nothing else. */
class Watching extends Subscription {
  private readonly known: KnownInstances;
  private readonly loop: RegistryLoop<Changes>;
  private readonly path: string | undefined;
  private services: readonly string[] = [];
  private forgetting: Stop | undefined;
  private writing: Stop | undefined;
  private restarting: Stop | undefined;

  constructor(
    places: readonly string[],
    private readonly terms: DiscoveryTerms,
    private readonly to: Subscriber<readonly Instance[]>,
  ) {
    super();
    // An address that no wire reaches is told of at the start.
    for (const place of places) terms.endpoint(place);
    this.path = terms.get(MEMORY);
    this.known = new KnownInstances(() => terms.get(HOLD));
    this.loop = new RegistryLoop<Changes>(
      places,
      terms,
      {
        role: 'watch',
        ask: (client) => {
          const { since } = this.known;
          const { services } = this;
          return client.watch(since === undefined ? { services } : { services, since });
        },
        next: (changes) => this.heard(changes),
        lost: () => this.known.interrupted(),
      },
      'error',
    );
    this.add(this.loop);
    this.add(() => {
      this.forgetting?.();
      this.writing?.();
      this.restarting?.();
    });
    to.add(this);
    if (this.path !== undefined) void this.restore(this.path);
    this.add(terms.wanted.subscribe((services) => this.wants([...services])));
  }

  /** Services that are asked for one after the other, in one turn, are one question. */
  private wants(services: readonly string[]): void {
    this.services = services;
    if (services.length === 0) return;
    this.restarting ??= this.terms.clock.after(0, () => {
      this.restarting = undefined;
      this.known.anew();
      this.loop.again();
    });
  }

  private heard(changes: Changes): MeshError | undefined {
    const applied = this.known.apply(changes, this.terms.clock.now());
    if (applied === 'whole') this.give();
    return applied === 'wrong' ? unfitting() : undefined;
  }

  private give(): void {
    const { clock } = this.terms;
    this.to.next(this.known.instances);
    this.forgetting?.();
    const { due } = this.known;
    this.forgetting =
      due === undefined
        ? undefined
        : clock.after(due - clock.now(), () => {
            this.known.expire(clock.now());
            this.give();
          });
    const { path } = this;
    if (path === undefined) return;
    this.writing ??= clock.after(WRITE_AFTER, () => {
      this.writing = undefined;
      remember(path, this.known.instances).then(undefined, (error: unknown) => this.amnesia(path, error));
    });
  }

  private async restore(path: string): Promise<void> {
    try {
      const instances = await recall(path);
      if (this.closed || instances.length === 0) return;
      this.known.restore(instances, this.terms.clock.now());
      this.give();
    } catch (error) {
      this.amnesia(path, error);
    }
  }

  private amnesia(path: string, error: unknown): void {
    this.terms.tell?.({ kind: 'memory', path, error });
  }
}

function placeless(): MeshError {
  return meshError('Invalid', "registry(…) wants where registries are, such as 'tcp://127.0.0.1:7070'", {
    code: 'MILLRACE_ADDRESS',
  });
}

function unfitting(): MeshError {
  return meshError('Defect', 'what the registry tells does not fit its hash: it is asked for everything anew', {
    code: 'MILLRACE_REGISTRY_HASH',
  });
}
