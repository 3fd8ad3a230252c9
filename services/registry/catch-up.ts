/** A registry that starts: it takes over what another knows before it tells anybody. */
import { catchError, defaultIfEmpty, forkJoin, map, type Observable, of, Subscription, take } from 'rxjs';
import type { Clock, Stop } from '../../framework/index.js';
import type { Peer } from './peer.js';
import type { TellPeerNews } from './peer-link.js';
import { PEER_WAIT } from './peer-settings.js';
import type { Settings } from './settings.js';
import type { RegistryStore } from './store.js';

export interface CatchUpOptions {
  readonly store: RegistryStore;
  readonly peers: readonly Peer[];
  readonly clock: Clock;
  readonly settings: Settings;
  readonly tell: TellPeerNews;
}

/** Milliseconds between two rounds of asking all others. */
const PAUSE = 1000;

/**
 * Asks all others whether they know who is there, and takes everything from one that does. Where all have been reached and none does they
 * have all just started, and there is nothing to wait for. Otherwise it asks again, for a time: then it serves with what it has.
 */
export class CatchUp {
  readonly done: Promise<void>;
  private readonly work = new Subscription();
  private readonly until: number;
  private pause: Stop | undefined;
  private finish: () => void = () => undefined;

  constructor(private readonly options: CatchUpOptions) {
    const { store, clock, settings } = options;
    this.until = clock.now() + settings(PEER_WAIT);
    this.done = new Promise((done) => (this.finish = done));
    store.hold('it has to catch up with the others first');
    this.ask();
  }

  /** Gives up; the store stays as it is, and `done` open. */
  stop(): void {
    this.work.unsubscribe();
    this.pause?.();
  }

  private ask(): void {
    const peers = this.options.peers.filter(({ isSelf }) => !isSelf);
    if (peers.length === 0) return this.open(undefined);
    this.work.add(forkJoin(peers.map((peer) => this.answerOf(peer))).subscribe((answers) => this.answered(answers)));
  }

  private answerOf(peer: Peer): Observable<Answer> {
    return peer.timely(peer.link.sums()).pipe(
      take(1),
      map(({ from, ready }): Answer => {
        peer.reached(from);
        return { peer, ready };
      }),
      catchError(() => of<Answer>({ peer, ready: undefined })),
      defaultIfEmpty<Answer, Answer>({ peer, ready: undefined }),
    );
  }

  private answered(answers: readonly Answer[]): void {
    const others = answers.filter(({ peer }) => !peer.isSelf);
    const known = others.filter(({ ready }) => ready === true).map(({ peer }) => peer);
    if (known.length > 0) return this.pull(known);
    if (others.every(({ ready }) => ready === false)) return this.open(undefined);
    this.again();
  }

  /** Takes everything from the first of these, or else from the next. */
  private pull([peer, ...more]: readonly Peer[]): void {
    if (peer === undefined) return this.again();
    this.work.add(
      peer.timely(peer.link.pull({})).subscribe({
        next: (page) => peer.take(page),
        complete: () => this.open(peer.link.name),
        error: () => this.pull(more),
      }),
    );
  }

  private again(): void {
    const { clock } = this.options;
    if (clock.now() >= this.until) return this.open(undefined);
    this.pause = clock.after(Math.min(PAUSE, this.until - clock.now()), () => this.ask(), true);
  }

  private open(peer: string | undefined): void {
    const { store, tell } = this.options;
    store.open();
    tell({ kind: 'ready', peer, known: store.size });
    this.finish();
  }
}

/** Undefined where it could not be asked. */
interface Answer {
  readonly peer: Peer;
  readonly ready: boolean | undefined;
}
