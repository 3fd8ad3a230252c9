/** What all connections of a simulated network share: time, chance, the ways between hosts, the counts and the log. */
import { type Clock, meshError } from '../core/index.js';
import { type FaultCounts, type Faults, noFaults } from './faults.js';
import { TraceLog } from './trace-log.js';

/** Whether what is sent arrives; is held up, so that connections break after a time; or vanishes without anybody being told. */
export type Way = 'open' | 'cut' | 'silent';

/** One direction between two hosts. */
export interface Path {
  readonly from: string;
  readonly to: string;
  /** Within one host nothing is delayed or lost. */
  readonly local: boolean;
  way: Way;
  /** The youngest segment that has arrived, see {@link Fabric.stamp}. */
  newest: number;
  /** Who wants to hear that `way` has changed. */
  readonly users: Set<{ wayChanged(): void }>;
}

export class Fabric {
  readonly counts: FaultCounts = noFaults();
  readonly log: TraceLog;
  private readonly paths = new Map<string, Path>();
  private stamps = 0;

  constructor(
    readonly clock: Clock,
    readonly faults: Faults,
    readonly chance: () => number,
  ) {
    this.log = new TraceLog(() => clock.now(), faults.logLines);
  }

  path(from: string, to: string): Path {
    const name = `${from} > ${to}`;
    const known = this.paths.get(name);
    if (known !== undefined) return known;
    const path: Path = { from, to, local: from === to, way: 'open', newest: 0, users: new Set() };
    this.paths.set(name, path);
    return path;
  }

  /** A partition is stronger than silence. */
  block(path: Path, way: 'cut' | 'silent'): void {
    if (path.local) throw meshError('Invalid', `${path.from} can't be parted from itself`);
    if (path.way === way || path.way === 'cut') return;
    path.way = way;
    for (const user of path.users) user.wayChanged();
  }

  openAll(): void {
    for (const path of this.paths.values()) {
      if (path.way === 'open') continue;
      path.way = 'open';
      for (const user of path.users) user.wayChanged();
    }
  }

  /** Whether an event of this probability happens. */
  happens(probability: number): boolean {
    return probability > 0 && this.chance() < probability;
  }

  /** Draws how long a segment is under way; a whole number of microseconds or so, which the sums of a clock keep exactly. */
  delay(path: Path): number {
    if (path.local) return 0;
    const { shortest, longest } = this.faults;
    if (shortest === longest) return shortest;
    const drawn = Math.round((shortest + this.chance() * (longest - shortest)) * 1024) / 1024;
    if (drawn > shortest) this.counts.delayed += 1;
    return drawn;
  }

  /** Sends what is not sent again by itself: it may be lost, or meet a way that isn't open. */
  send(path: Path, arrive: () => void): void {
    if (!path.local && this.happens(this.faults.loss)) {
      this.counts.lost += 1;
      return;
    }
    this.clock.after(this.delay(path), () => {
      if (path.way === 'open') arrive();
      else this.blocked(path);
    });
  }

  /** Counts that something met a way that isn't open. */
  blocked({ way }: Path): void {
    if (way === 'cut') this.counts.partitioned += 1;
    else this.counts.halfOpen += 1;
  }

  /** Numbers segments in the order of sending. */
  stamp(): number {
    return ++this.stamps;
  }

  /** A segment has arrived; what is older than one that came before it was overtaken. */
  arrived(path: Path, stamp: number): void {
    if (stamp < path.newest) this.counts.reordered += 1;
    else path.newest = stamp;
  }
}
