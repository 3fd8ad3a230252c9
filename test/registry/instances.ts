/** Instances and stores that tests of the registry begin with. */
import { type Instance, instanceOf, type Param } from 'millrace';
import { type VirtualClock, virtualClock } from 'millrace/testing';
import { RegistryStore, type StoreNews, type StoreOptions } from '../../services/registry/store.js';

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
export function kept(
  values: Readonly<Record<string, unknown>> = {},
  clock = virtualClock(6),
  admit?: StoreOptions['admit'],
): Kept {
  const news: StoreNews[] = [];
  const settings = <T>(param: Param<T>): T => param.parse(values[param.name] ?? param.initial);
  const tell = (each: StoreNews): void => void news.push(each);
  const store = new RegistryStore({ clock, settings, tell, ...(admit === undefined ? {} : { admit }) });
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

/** A clock of a process that can stand still: its time goes on, and nothing of it runs. */
export function stalled(): { readonly clock: VirtualClock; still(ms: number): void } {
  const inner = virtualClock(6);
  let lost = 0;
  const clock: VirtualClock = {
    now: () => inner.now() + lost,
    wall: () => inner.wall() + lost,
    after: (ms, work) => inner.after(ms, work),
    every: (ms, work) => inner.every(ms, work),
    random: () => inner.random(),
    advance: (ms) => inner.advance(ms),
    until: (result, within) => inner.until(result, within),
    get pending() {
      return inner.pending;
    },
  };
  return { clock, still: (ms) => void (lost += ms) };
}
