/** The meters of many instances as one stream: what Netflix's Turbine does. */
import { from, type Observable, type ObservableInput } from 'rxjs';
import {
  Backoff,
  type Clock,
  count,
  duration,
  GateSink,
  param,
  type Param,
  type Stop,
  systemClock,
} from '../core/index.js';
import type { Pulled } from '../demand/index.js';
import { type Instance, keyOf } from '../discovery/index.js';
import type { MeterFilter, Tags } from './measurement.js';
import { MergeSeries } from './merge-series.js';
import { METRIC_ITEMS } from './metric-stream.js';
import { DEFAULT_INTERVAL, type MetricsInterest, type MetricsSnapshot } from './metrics-messages.js';
import { snapshots } from './snapshot-source.js';

export const MERGE_INSTANCES = param(
  'metrics.merge-instances',
  1000,
  count,
  'Instances whose meters are merged; those that are more are left out.',
);

export const MERGE_SERIES = param(
  'metrics.merge-series',
  20_000,
  count,
  'Series that a merge keeps for a reader, and gauges of all instances together times five; what is more counts as overflow.',
);

export const MERGE_PARAMS: readonly Param<number>[] = [MERGE_INSTANCES, MERGE_SERIES];

/** An instance's meters: a client of the contract Metrics is one. */
export interface MetricsPeer {
  watch(interest: MetricsInterest): ObservableInput<MetricsSnapshot>;
  /** Lets go of the connection, where it is this merge's own. */
  close?(): void;
}

export interface MergeOptions extends MeterFilter {
  /** From one snapshot to the next; '1 s'. */
  readonly interval?: string | number;
  /** Tags that the series of an instance get beside their own, to tell instances, or their services, apart; none. */
  readonly tag?: (instance: Instance) => Tags;
  readonly clock?: Clock;
  /** Where {@link MERGE_PARAMS} are looked up; their defaults where left out. */
  readonly settings?: <T>(param: Param<T>) => T;
}

/** Of an instance that says nothing for so many intervals, gauges count no more. */
const SILENT = 3;
/** Messages of one snapshot that are taken in one interval. */
const PARTS = 100;
/** Milliseconds between two tries to watch an instance, at most. */
const LONGEST_PAUSE = 30_000;

/**
 * The meters of all instances as one stream of snapshots, which can itself be served as the contract Metrics. An instance that is
 * gone is dropped, one that fails is watched again with growing pauses, one that hangs keeps nobody waiting: it is in the snapshots
 * after it has spoken. A reader that is slow gets merged snapshots, never several.
 * @example merged(instances$, (instance) => clientOf(instance), { interval: '1 s', tag: ({ app }) => ({ app }) })
 */
export function merged(
  instances: Observable<Iterable<Instance>>,
  connect: (instance: Instance) => MetricsPeer,
  options: MergeOptions = {},
): Pulled<MetricsSnapshot> {
  const { clock = systemClock, settings = ({ initial }) => initial, tag = () => ({}), name, tags } = options;
  const interval = duration(options.interval ?? DEFAULT_INTERVAL);
  const interest: MetricsInterest = {
    interval,
    ...(name === undefined ? {} : { name }),
    ...(tags === undefined ? {} : { tags }),
  };
  return snapshots(
    (fail) => {
      const series = new MergeSeries(() => settings(MERGE_SERIES));
      const watched = new Map<string, Watched>();
      const reconcile = (present: Iterable<Instance>): void => {
        const wanted = new Map([...present].slice(0, settings(MERGE_INSTANCES)).map((each) => [keyOf(each), each]));
        for (const [key, each] of watched) {
          if (wanted.has(key)) continue;
          each.stop();
          series.drop(key);
          watched.delete(key);
        }
        for (const [key, instance] of wanted) {
          if (watched.has(key)) continue;
          const hear = (snapshot: MetricsSnapshot): void => series.add(key, snapshot, tag(instance), clock.now());
          const each = new Watched(() => connect(instance), interest, hear, clock);
          watched.set(key, each);
          each.open();
        }
      };
      const found = instances.subscribe({ next: reconcile, error: fail });
      const stop = clock.every(interval, () => {
        for (const each of watched.values()) each.ask();
      });
      return {
        next: () => series.take(clock.now() - SILENT * interval),
        close() {
          found.unsubscribe();
          stop();
          for (const each of watched.values()) each.stop();
        },
      };
    },
    { interval, clock, items: settings(METRIC_ITEMS) },
  );
}

/** One instance that is watched, for as long as it is there; a message is asked for each interval. */
class Watched {
  private sink: GateSink<MetricsSnapshot> | undefined;
  private peer: MetricsPeer | undefined;
  private again: Stop | undefined;
  private asked = false;
  private parts = 0;
  private readonly backoff: Backoff;

  constructor(
    private readonly connect: () => MetricsPeer,
    private readonly interest: MetricsInterest,
    private readonly hear: (snapshot: MetricsSnapshot) => void,
    private readonly clock: Clock,
  ) {
    const { interval = DEFAULT_INTERVAL } = interest;
    this.backoff = new Backoff(
      clock,
      () => interval,
      () => Math.max(interval, LONGEST_PAUSE),
    );
  }

  open(): void {
    const sink = new GateSink<MetricsSnapshot>({
      next: (snapshot) => this.heard(snapshot),
      error: () => this.lost(),
      complete: () => this.lost(),
    });
    this.sink = sink;
    try {
      this.peer = this.connect();
      from(this.peer.watch(this.interest)).subscribe(sink);
    } catch {
      return this.lost();
    }
    this.asked = false;
    this.ask();
  }

  /** Asks for a snapshot, unless one is awaited. */
  ask(): void {
    if (this.asked || this.sink === undefined) return;
    this.asked = true;
    this.parts = 0;
    this.sink.request(1);
  }

  stop(): void {
    this.again?.();
    this.letGo();
  }

  private heard(snapshot: MetricsSnapshot): void {
    this.backoff.reset();
    this.hear(snapshot);
    this.parts += 1;
    if (snapshot.more && this.parts < PARTS) this.sink?.request(1);
    else this.asked = false;
  }

  private lost(): void {
    this.letGo();
    this.again = this.clock.after(this.backoff.next(), () => this.open());
  }

  private letGo(): void {
    const { sink, peer } = this;
    this.sink = this.peer = undefined;
    sink?.unsubscribe();
    peer?.close?.();
  }
}
