/** What a registry answers to others. */
import type { Handlers } from '../../framework/index.js';
import type { TellPeerNews } from './peer-link.js';
import {
  type Batch,
  MOST_ITEMS,
  type Page,
  type Pushed,
  type Speaker,
  type Sums,
  type Wanted,
} from './peer-messages.js';
import type { RegistryPeers } from './peers-contract.js';
import type { Account } from './replicas.js';
import { PAGE, type Settings } from './settings.js';
import type { RegistryStore } from './store.js';
import { takeAll } from './take-all.js';

export interface PeersServiceOptions {
  readonly store: RegistryStore;
  readonly self: Speaker;
  readonly settings: Settings;
  readonly tell: TellPeerNews;
}

export class PeersService implements Handlers<typeof RegistryPeers> {
  constructor(private readonly options: PeersServiceOptions) {}

  async push({ from, renewals, ...told }: Batch): Promise<Pushed> {
    const { store, self, tell } = this.options;
    if (from.epoch === self.epoch) return { from: self, wanted: [], replicas: [], gone: [] };
    const better = takeAll(store.replicas, told, from.name, tell);
    const wanted = renewals.filter((each) => !store.replicas.renewed(each)).map(({ key }) => key);
    return { from: self, wanted, ...listed(better.slice(0, MOST_ITEMS)) };
  }

  async sums(): Promise<Sums> {
    const { store, self } = this.options;
    return { from: self, ready: store.isReady, buckets: store.replicas.buckets };
  }

  *pull({ buckets }: Wanted): Iterable<Page> {
    const { store, self, settings } = this.options;
    const size = Math.max(1, Math.min(MOST_ITEMS, settings(PAGE)));
    let some: Account[] = [];
    for (const each of store.replicas.accounts(buckets === undefined ? undefined : new Set(buckets))) {
      some.push(each);
      if (some.length < size) continue;
      yield { from: self, ready: store.isReady, ...listed(some) };
      some = [];
    }
    yield { from: self, ready: store.isReady, ...listed(some) };
  }
}

function listed(accounts: readonly Account[]): Pick<Page, 'replicas' | 'gone'> {
  return {
    replicas: accounts.flatMap(({ replica }) => replica ?? []),
    gone: accounts.flatMap(({ gone }) => gone ?? []),
  };
}
