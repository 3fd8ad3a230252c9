/**
 * Keeps the registries of a mesh alike: each tells the others of what it hears from instances and operators, and compares with them now
 * and then. What another told is not told on. Any of them may be lost, or apart from the others for a time.
 * Source: github.com/Netflix/eureka, `PeerAwareInstanceRegistryImpl` and `PeerEurekaNode`, version 1.10.18.
 */
import type { Subscription } from 'rxjs';
import type { Clock } from '../../framework/index.js';
import { CatchUp } from './catch-up.js';
import { Peer } from './peer.js';
import type { PeerLink, TellPeerNews } from './peer-link.js';
import type { Speaker } from './peer-messages.js';
import { PARTITION_TIME } from './peer-settings.js';
import { PeersService } from './peers-service.js';
import type { Settings } from './settings.js';
import type { RegistryStore } from './store.js';

export interface ReplicationOptions {
  readonly store: RegistryStore;
  /** The ways to the others; one that leads here is found out and not used. */
  readonly links: readonly PeerLink[];
  /** What people know this registry by. Default: its epoch. */
  readonly name?: string | undefined;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly tell?: TellPeerNews;
}

export class Replication {
  /** Serves the contract `RegistryPeers`. */
  readonly service: PeersService;
  /** Resolves when the store has caught up with the others, or there are none to catch up with, and it answers who is there. */
  readonly ready: Promise<void>;
  private readonly peers: readonly Peer[];
  private readonly catchUp: CatchUp;
  private readonly telling: Subscription;
  private readonly stopTurning: () => void;

  /** Begins at once: the store isn't ready from now on, until it has caught up. */
  constructor(options: ReplicationOptions) {
    const { store, links, name, clock, settings, tell = () => undefined } = options;
    const self: Speaker = { epoch: store.epoch, name: name ?? store.epoch };
    const turned = (): void => {
      store.replicas.deaf = this.deaf(clock.now() - settings(PARTITION_TIME));
    };
    this.service = new PeersService({ store, self, settings, tell });
    this.peers = links.map((link) => new Peer(link, { store, self, clock, settings, tell, turned }));
    this.telling = store.told.subscribe(({ key, renewal }) => {
      for (const peer of this.peers) peer.tell(key, renewal);
    });
    this.stopTurning = clock.every(TURN, turned);
    this.catchUp = new CatchUp({ store, peers: this.peers, clock, settings, tell });
    this.ready = this.catchUp.done.then(() => {
      for (const peer of this.peers) peer.compare();
    });
  }

  /** Resolves when those that can be reached have heard all that there is to tell; before an end in good order. */
  async told(): Promise<void> {
    await Promise.all(this.peers.map((peer) => peer.told()));
  }

  stop(): void {
    this.catchUp.stop();
    this.telling.unsubscribe();
    this.stopTurning();
    for (const peer of this.peers) peer.stop();
  }

  /** Runs of registries that were lost after a time. */
  private deaf(after: number): ReadonlySet<string> {
    return new Set(
      this.peers.flatMap(({ epoch, lostAt }) =>
        epoch === undefined || lostAt === undefined || lostAt < after ? [] : [epoch],
      ),
    );
  }
}

/** Milliseconds between looks at who has been lost for too long. */
const TURN = 10_000;
