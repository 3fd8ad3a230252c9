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
  meshError,
  type Registration,
  type Registry,
} from '../../framework/index.js';
import { type Settings, TICK } from './settings.js';
import type { RegistryStore } from './store.js';
import { watch } from './watch.js';

export class RegistryService implements Handlers<typeof Registry> {
  /** Who holds an instance's registration: of two channels for the same the later one does. */
  private readonly holders = new Map<string, symbol>();

  constructor(
    private readonly store: RegistryStore,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  register(messages: Observable<Registration>): Observable<LeaseTerms> {
    return new Observable<LeaseTerms>((to) => {
      const holder = Symbol('registration');
      let key: string | undefined;
      let override: LeaseTerms['override'] | undefined;
      const holds = (): boolean => key !== undefined && this.holders.get(key) === holder;
      const tell = (instance: Instance): void => {
        if (instance.override === override) return;
        override = instance.override;
        to.next({ ...instance.lease, override });
      };
      const take = (instance: Instance): void => {
        const named = keyOf(instance);
        if (key !== undefined && key !== named) throw another(key, named);
        key = named;
        this.holders.set(key, holder);
        tell(this.store.register(instance).instance);
      };
      let last: Instance | undefined;
      to.add(
        this.store.changes.subscribe(({ key: changed, action, instance }) => {
          if (changed === key && holds() && action === 'MODIFIED') tell(instance);
        }),
      );
      const sink = new GateSink<Registration>({
        next: ({ instance }) => {
          try {
            last = instance ?? last;
            if (last === undefined) throw nameless();
            if (instance === undefined && holds() && key !== undefined && this.store.renew(key)) return;
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

  watch(interest: Interest): AsyncGenerator<Changes> {
    return watch(this.store, interest, this.clock, () => this.settings(TICK));
  }

  /** A channel has ended: one that did so in order has taken its instance out before. */
  private leave(key: string | undefined, holder: symbol): void {
    if (key === undefined || this.holders.get(key) !== holder) return;
    this.holders.delete(key);
    this.store.cut(key);
  }
}

function another(key: string, named: string): Error {
  return meshError('Invalid', `this channel registered ${key}: ${named} needs one of its own`, {
    code: 'MILLRACE_REGISTRATION',
  });
}

function nameless(): Error {
  return meshError('Invalid', 'the first message of a registration names the instance', {
    code: 'MILLRACE_REGISTRATION',
  });
}
