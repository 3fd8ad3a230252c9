/** Another registry, as this one keeps it up to date and compares with it. */
import { first, type Observable, Subscription, timeout } from 'rxjs';
import { asMeshError, Backoff, type Clock, keyOf, schedulerOf, type Stop } from '../../framework/index.js';
import { type Letters, Outbox } from './outbox.js';
import type { PeerLink, TellPeerNews } from './peer-link.js';
import type { Batch, Page, Pushed, Speaker, Sums } from './peer-messages.js';
import * as peers from './peer-settings.js';
import { type Settings, TICK } from './settings.js';
import type { RegistryStore } from './store.js';
import { takeAll } from './take-all.js';

export interface PeerOptions {
  readonly store: RegistryStore;
  readonly self: Speaker;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly tell: TellPeerNews;
  /** It can be reached again, or not any more. */
  readonly turned: () => void;
}

/** Milliseconds from a failure to the next try. */
const RETRY = 1000;

export class Peer {
  /** The run of it that answered last. */
  epoch: string | undefined;
  /** Since when it can't be reached; undefined where it can, or was not tried yet. */
  lostAt: number | undefined;
  /** It is this registry itself: lists of peers may be the same for all. */
  isSelf = false;
  private readonly outbox: Outbox;
  private readonly backoff: Backoff;
  private sending: Subscription | undefined;
  private comparing: Subscription | undefined;
  private timer: { readonly at: number; readonly stop: Stop } | undefined;
  private nextCompare: Stop | undefined;
  private stopped = false;
  /** Who waits until it has heard all. */
  private readonly waiting: (() => void)[] = [];
  /** Instances of one message: fewer after one that was too much. */
  private most = Infinity;

  constructor(
    readonly link: PeerLink,
    private readonly options: PeerOptions,
  ) {
    const { clock, settings } = options;
    this.outbox = new Outbox(
      () => settings(peers.PEER_QUEUE),
      () => options.store.replicas.keys(),
    );
    this.backoff = new Backoff(
      clock,
      () => RETRY,
      () => settings(peers.PEER_RETRY_MOST),
    );
    this.compareLater();
  }

  /** It is to hear of an instance, soon. */
  tell(key: string, renewal: boolean): void {
    if (this.stopped) return;
    const { tell, settings } = this.options;
    if (!this.outbox.add(key, renewal)) tell({ kind: 'peer-behind', peer: this.link.name });
    if (this.lostAt === undefined) this.sendIn(settings(renewal ? peers.PEER_PAUSE : TICK));
  }

  /** Takes over what it knows and is not known here; at once, and from now on now and then. */
  compare(): void {
    if (this.stopped || this.comparing !== undefined) return;
    const end = (): void => {
      this.comparing = undefined;
      this.compareLater();
    };
    const failed = (error: unknown): void => {
      end();
      this.lost(error);
    };
    const comparing = (this.comparing = new Subscription());
    comparing.add(
      this.timely(this.link.sums())
        .pipe(first())
        .subscribe({
          next: (sums) => {
            const different = this.differences(sums);
            if (different.length === 0) return end();
            const pages = this.timely(this.link.pull({ buckets: different }));
            comparing.add(pages.subscribe({ next: (page) => this.take(page), complete: end, error: failed }));
          },
          error: failed,
        }),
    );
  }

  /** The same answers; they fail where one stays away for too long. */
  timely<T>(answers: Observable<T>): Observable<T> {
    const { clock, settings } = this.options;
    return answers.pipe(timeout({ each: settings(peers.PEER_TIME), scheduler: schedulerOf(clock) }));
  }

  /** It has answered. */
  reached({ epoch }: Speaker): void {
    const { self, tell, turned } = this.options;
    if (epoch === self.epoch) {
      this.isSelf = true;
      this.stop();
      return;
    }
    const known = this.epoch !== undefined;
    const was = this.lostAt;
    this.epoch = epoch;
    this.lostAt = undefined;
    this.backoff.reset();
    if (known && was === undefined) return;
    tell({ kind: 'peer-up', peer: this.link.name });
    turned();
  }

  /** Takes what it told; what it doesn't know itself it is told. */
  take(told: Pick<Page, 'replicas' | 'gone'>): void {
    const { store, tell } = this.options;
    for (const { replica, gone } of takeAll(store.replicas, told, this.link.name, tell)) {
      if (replica !== undefined) this.tell(keyOf(replica.instance), false);
      if (gone !== undefined) this.tell(gone.key, false);
    }
  }

  /** Resolves when it has heard all, or can't be reached. */
  told(): Promise<void> {
    return new Promise((done) => {
      this.waiting.push(done);
      if (!this.isIdle) this.sendIn(0);
      this.settle();
    });
  }

  stop(): void {
    this.stopped = true;
    this.sending?.unsubscribe();
    this.comparing?.unsubscribe();
    this.timer?.stop();
    this.nextCompare?.();
    this.settle();
    this.link.close();
  }

  private get isIdle(): boolean {
    return this.stopped || this.lostAt !== undefined || (this.outbox.isEmpty && this.sending === undefined);
  }

  private settle(): void {
    if (this.isIdle) for (const done of this.waiting.splice(0)) done();
  }

  /** The parts in which it knows something else. */
  private differences({ from, buckets }: Sums): readonly number[] {
    this.reached(from);
    if (this.stopped) return [];
    const mine = this.options.store.replicas.buckets;
    return buckets.flatMap((sum, at) => (sum === mine[at] ? [] : [at]));
  }

  private compareLater(): void {
    this.nextCompare?.();
    if (this.stopped) return;
    const { clock, settings } = this.options;
    this.nextCompare = clock.after(peers.about(settings(peers.PEER_COMPARE), clock), () => this.compare());
  }

  private sendIn(ms: number): void {
    const { clock } = this.options;
    const at = clock.now() + ms;
    if (this.stopped || (this.timer !== undefined && this.timer.at <= at)) return;
    this.timer?.stop();
    const stop = clock.after(ms, () => {
      this.timer = undefined;
      this.send();
    });
    this.timer = { at, stop };
  }

  private send(): void {
    if (this.sending !== undefined || this.stopped) return;
    // One that was lost, and has nothing to hear, is tried all the same.
    if (this.outbox.isEmpty && this.lostAt === undefined) return;
    const letters = this.outbox.take(Math.min(this.most, this.options.settings(peers.PEER_BATCH)));
    const sending = (this.sending = new Subscription());
    sending.add(
      this.timely(this.link.push(this.batchOf(letters)))
        .pipe(first())
        .subscribe({
          next: (pushed) => {
            this.sending = undefined;
            this.most *= 2;
            this.pushed(pushed);
          },
          error: (error: unknown) => {
            this.sending = undefined;
            this.most = Math.max(1, Math.floor((letters.accounts.length + letters.renewals.length) / 2));
            for (const key of letters.accounts) this.outbox.add(key, false);
            for (const key of letters.renewals) this.outbox.add(key, true);
            this.lost(error);
          },
        }),
    );
  }

  private batchOf({ accounts, renewals }: Letters): Batch {
    const { store, self } = this.options;
    const told = accounts.map((key) => store.replicas.account(key));
    const lives = renewals.map((key) => store.replicas.sign(key));
    return {
      from: self,
      replicas: told.flatMap(({ replica }) => replica ?? []),
      gone: [...told, ...lives].flatMap(({ gone }) => gone ?? []),
      renewals: lives.flatMap(({ renewal }) => renewal ?? []),
    };
  }

  private pushed(answer: Pushed): void {
    const wasLost = this.lostAt !== undefined;
    this.reached(answer.from);
    if (this.stopped) return;
    this.take(answer);
    for (const key of answer.wanted) this.tell(key, false);
    if (!this.outbox.isEmpty) this.sendIn(0);
    if (wasLost) this.compare();
    this.settle();
  }

  private lost(error: unknown): void {
    if (this.stopped) return;
    const { clock, tell, turned } = this.options;
    this.sendIn(this.backoff.next());
    if (this.lostAt !== undefined) return;
    this.lostAt = clock.now();
    this.settle();
    tell({ kind: 'peer-down', peer: this.link.name, reason: asMeshError(error).message });
    turned();
  }
}
