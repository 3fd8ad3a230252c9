/** The registry as a service: a channel for each instance that registers, a stream for each that looks for some. */
import { Observable } from 'rxjs';
import {
  asMeshError,
  type Changes,
  type Clock,
  GateSink,
  type Handlers,
  type Instance,
  type Interest,
  keyOf,
  type LeaseTerms,
  type MeshError,
  meshError,
  type Registration,
  type Registry,
} from '../../framework/index.js';
import type { Settings } from './settings.js';
import type { RegistryStore } from './store.js';
import { Watch } from './watch.js';

/** Who keeps an instance registered. */
interface Holder {
  /** The instance has changed, by whomever. */
  changed(instance: Instance): void;
  /** Another channel has registered the same instance. */
  displaced(): void;
}

export class RegistryService implements Handlers<typeof Registry> {
  /** Of two channels for the same instance the later one holds it. */
  private readonly holders = new Map<string, Holder>();
  private readonly watches: Watch;

  constructor(
    private readonly store: RegistryStore,
    clock: Clock,
    settings: Settings,
  ) {
    this.watches = new Watch(store, clock, settings);
    store.changes.subscribe(({ key, action, instance }) => {
      if (action === 'MODIFIED') this.holders.get(key)?.changed(instance);
    });
  }

  register(messages: Observable<Registration>): Observable<LeaseTerms> {
    return new Observable<LeaseTerms>((to) => {
      let key: string | undefined;
      let override: LeaseTerms['override'] | undefined;
      let last: Instance | undefined;
      const tell = (instance: Instance): void => {
        if (instance.override === override) return;
        override = instance.override;
        to.next({ ...instance.lease, override });
      };
      const holder: Holder = { changed: tell, displaced: () => to.error(displaced(key ?? '')) };
      const holds = (): boolean => key !== undefined && this.holders.get(key) === holder;
      const take = (instance: Instance): void => {
        const named = keyOf(instance);
        if (key !== undefined && key !== named) throw another(key, named);
        const { instance: taken } = this.store.register(instance);
        key = named;
        const before = this.holders.get(key);
        this.holders.set(key, holder);
        if (before !== holder) before?.displaced();
        tell(taken);
      };
      const sink = new GateSink<Registration>({
        next: ({ instance }) => {
          try {
            last = instance ?? last;
            if (last === undefined) throw nameless();
            if (instance === undefined && key !== undefined && this.store.renew(key)) return;
            take(last);
          } catch (error) {
            to.error(asMeshError(error));
          }
        },
        error: (error) => to.error(error),
        complete: () => {
          if (holds() && key !== undefined) this.store.cancel(key);
          to.complete();
        },
      });
      to.add(sink);
      to.add(() => this.leave(key, holder));
      messages.subscribe(sink);
      sink.request(Infinity);
    });
  }

  watch(interest: Interest): Observable<Changes> {
    this.store.requireReady();
    return this.watches.changes(interest);
  }

  /** Interests that somebody watches at present. */
  get watched(): number {
    return this.watches.size;
  }

  /** A channel has ended: one that did so in order has taken its instance out before. */
  private leave(key: string | undefined, holder: Holder): void {
    if (key === undefined || this.holders.get(key) !== holder) return;
    this.holders.delete(key);
    this.store.cut(key);
  }
}

function another(key: string, named: string): MeshError {
  return meshError('Invalid', `this channel registered ${key}: ${named} needs one of its own`, {
    code: 'MILLRACE_REGISTRATION',
  });
}

function nameless(): MeshError {
  return meshError('Invalid', 'the first message of a registration names the instance', {
    code: 'MILLRACE_REGISTRATION',
  });
}

function displaced(key: string): MeshError {
  return meshError(
    'Rejected',
    `${key} was registered by another connection since: each instance needs an id of its own`,
    {
      code: 'MILLRACE_REGISTRATION_TAKEN',
    },
  );
}
