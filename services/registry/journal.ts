/** What has changed in a registry, in order: for those who know an earlier version and ask what is new. */
import type { Clock, Instance } from '../../framework/index.js';

/** Names are Eureka's. */
export type Action = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Change {
  readonly version: number;
  readonly key: string;
  readonly action: Action;
  /** As it was then; of one that was deleted, as it last was. */
  readonly instance: Instance;
  /** Milliseconds of the clock, and since 1970. */
  readonly at: number;
  readonly wall: number;
}

export interface JournalBounds {
  /** Milliseconds for which changes are kept. */
  readonly time: () => number;
  /** And how many at most. */
  readonly most: () => number;
}

export class Journal {
  version = 0;
  private changes: Change[] = [];
  private first = 0;
  /** The last version of which the changes since are not all here. */
  private forgotten = 0;

  constructor(
    private readonly clock: Clock,
    private readonly bounds: JournalBounds,
  ) {}

  /** Of changes after that version all are here. */
  get horizon(): number {
    return this.forgotten;
  }

  add(key: string, action: Action, instance: Instance): Change {
    this.version += 1;
    const change: Change = {
      version: this.version,
      key,
      action,
      instance,
      at: this.clock.now(),
      wall: this.clock.wall(),
    };
    this.changes.push(change);
    this.trim();
    return change;
  }

  /** The last change of each instance since a version; undefined where that is too long ago, or was never here. */
  since(version: number): ReadonlyMap<string, Change> | undefined {
    if (version < this.forgotten || version > this.version) return undefined;
    const last = new Map<string, Change>();
    const from = this.first + Math.max(0, version - this.forgotten);
    for (let at = from; at < this.changes.length; at++) {
      const change = this.changes[at];
      if (change !== undefined) last.set(change.key, change);
    }
    return last;
  }

  /** The last change of each instance in the time that the journal goes back, the newest last. */
  get recent(): readonly Change[] {
    this.trim();
    const last = new Map<string, Change>();
    for (let at = this.first; at < this.changes.length; at++) {
      const change = this.changes[at];
      if (change === undefined) continue;
      last.delete(change.key);
      last.set(change.key, change);
    }
    return [...last.values()];
  }

  private trim(): void {
    const oldest = this.clock.now() - this.bounds.time();
    const most = this.bounds.most();
    for (;;) {
      const change = this.changes[this.first];
      if (change === undefined) break;
      if (change.at >= oldest && this.changes.length - this.first <= most) break;
      this.forgotten = change.version;
      this.first += 1;
    }
    if (this.first < 1024 || this.first * 2 < this.changes.length) return;
    this.changes = this.changes.slice(this.first);
    this.first = 0;
  }
}
