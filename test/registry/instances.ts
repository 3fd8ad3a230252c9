/** Instances and stores that tests of the registry begin with. */
import { type Instance, instanceOf, type Param } from 'millrace';
import { type VirtualClock, virtualClock } from 'millrace/testing';
import { RegistryStore, type StoreNews } from '../../services/registry/store.js';

export function instance(id: string, parts: Partial<Instance> = {}): Instance {
  return instanceOf({ app: 'SHOP', id, dirty: 1, lease: { renewal: 10_000, duration: 30_000 }, ...parts });
}

export interface Kept {
  readonly clock: VirtualClock;
  readonly store: RegistryStore;
  readonly news: StoreNews[];
  /** Renews all but some, and moves time on. */
  live(seconds: number, but?: readonly string[]): Promise<void>;
}

/** A store in virtual time. */
export function kept(values: Readonly<Record<string, unknown>> = {}): Kept {
  const clock = virtualClock(6);
  const news: StoreNews[] = [];
  const settings = <T>(param: Param<T>): T => param.parse(values[param.name] ?? param.initial);
  const store = new RegistryStore({ clock, settings, tell: (each) => news.push(each) });
  return {
    clock,
    store,
    news,
    async live(seconds, but = []) {
      for (let at = 0; at < seconds; at++) {
        for (const { instance: each } of store.entries) if (!but.includes(each.id)) store.renew(`SHOP/${each.id}`);
        await clock.advance(1000);
      }
    },
  };
}
