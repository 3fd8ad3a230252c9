/** The meters of a node, by name and tags; a series too many is counted under the name alone, and is never an error. */
import { type Clock, count, param, type Param, systemClock } from '../core/index.js';
import { Histogram } from './histogram.js';
import {
  type CounterMeasurement,
  type DistributionMeasurement,
  type GaugeMeasurement,
  type Measurement,
  meets,
  type MeterFilter,
  type MeterKind,
  seriesKey,
  type Tags,
} from './measurement.js';

export const SERIES = param(
  'metrics.series',
  10_000,
  count,
  'Series that the meters of a node may have; those that are more are counted as one of their name, tagged overflow.',
);

export const SERIES_EACH = param(
  'metrics.series-each',
  1000,
  count,
  'Series that one name may have of them, so that one with too many tags leaves the others their places.',
);

export const METER_PARAMS: readonly Param<number>[] = [SERIES, SERIES_EACH];

/** Characters of a name, of a tag's name and of its value; the rest is cut off. */
const NAME_LENGTH = 128;
const TAG_LENGTH = 64;
const VALUE_LENGTH = 256;
/** Tags of one series; others are left out. */
const MOST_TAGS = 16;
/** The tags of what counts for the series that are too many, and the name for names that are. */
export const OVERFLOW_TAGS: Tags = { overflow: 'true' };
export const OVERFLOW_NAME = 'overflow';

/** Counts what happens. */
export class Counter {
  private total = 0;
  constructor(
    readonly name: string,
    readonly tags: Tags,
  ) {}

  /** So many more; by default one. What is not a finite number, or less than nothing, is not counted. */
  add(more = 1): void {
    if (more > 0 && more < Infinity) this.total += more;
  }

  measure(): CounterMeasurement {
    return { kind: 'counter', name: this.name, tags: this.tags, value: this.total };
  }
}

/** Says how much there is of something. */
export class Gauge {
  private present = 0;
  private read: (() => number) | undefined;
  constructor(
    readonly name: string,
    readonly tags: Tags,
  ) {}

  set(value: number): void {
    this.present = value;
  }

  add(more: number): void {
    this.present += more;
  }

  /** Asks `read` whenever somebody wants to know, in the place of what is set. What it throws says that it isn't known now. */
  from(read: () => number): this {
    this.read = read;
    return this;
  }

  /** Undefined while its value isn't a finite number. */
  measure(): GaugeMeasurement | undefined {
    const value = this.read === undefined ? this.present : readOr(this.read);
    return Number.isFinite(value) ? { kind: 'gauge', name: this.name, tags: this.tags, value } : undefined;
  }
}

/** Counts how large things are, from 0 on, in a {@link Histogram}. */
export class Distribution {
  private readonly histogram = new Histogram();
  constructor(
    readonly name: string,
    readonly tags: Tags,
    private readonly kind: 'distribution' | 'timer' = 'distribution',
  ) {}

  add(value: number): void {
    this.histogram.add(value);
  }

  measure(): DistributionMeasurement {
    const { kind, name, tags, histogram } = this;
    return { kind, name, tags, histogram: histogram.data() };
  }
}

/** Counts how long things take, in milliseconds. */
export class Timer extends Distribution {
  constructor(
    name: string,
    tags: Tags,
    private readonly clock: Clock,
  ) {
    super(name, tags, 'timer');
  }

  /** Begins; what it returns ends, and says how long it took. */
  start(): () => number {
    const since = this.clock.now();
    return () => {
      const elapsed = this.clock.now() - since;
      this.add(elapsed);
      return elapsed;
    };
  }
}

export type Meter = Counter | Gauge | Distribution;

export interface MetersOptions {
  readonly clock?: Clock;
  /** Where {@link METER_PARAMS} are looked up, each time; their defaults where left out. */
  readonly settings?: <T>(param: Param<T>) => T;
}

/**
 * Ask for a meter once and keep it where it is used often: to look one up takes a microsecond, to count nanoseconds. The same name
 * and tags give the same meter.
 * @example const refused = meters.counter('calls.refused', { service: 'films' }); refused.add();
 */
export class Meters {
  private readonly series = new Map<string, Meter>();
  private readonly names = new Map<string, number>();
  /** Series without those of overflow. */
  private regular = 0;
  private readonly clock: Clock;
  private readonly settings: <T>(param: Param<T>) => T;

  constructor({ clock = systemClock, settings = ({ initial }) => initial }: MetersOptions = {}) {
    this.clock = clock;
    this.settings = settings;
  }

  counter(name: string, tags: Tags = {}): Counter {
    return this.find(Counter, 'counter', name, tags, (...as) => new Counter(...as));
  }

  /** `read` says its value whenever somebody wants to know; without it, the value is what is set. */
  gauge(name: string, tags: Tags = {}, read?: () => number): Gauge {
    const gauge = this.find(Gauge, 'gauge', name, tags, (...as) => new Gauge(...as));
    return read === undefined ? gauge : gauge.from(read);
  }

  distribution(name: string, tags: Tags = {}): Distribution {
    return this.find(Distribution, 'distribution', name, tags, (...as) => new Distribution(...as));
  }

  timer(name: string, tags: Tags = {}): Timer {
    return this.find(Timer, 'timer', name, tags, (cut, kept) => new Timer(cut, kept, this.clock));
  }

  /** Forgets a meter, and makes room for another; who still holds it counts for nobody. */
  remove(meter: Meter): void {
    for (const kind of KINDS) {
      const key = seriesKey(kind, meter.name, meter.tags);
      if (this.series.get(key) !== meter) continue;
      this.series.delete(key);
      if (meter.tags === OVERFLOW_TAGS) return;
      this.regular -= 1;
      const left = (this.names.get(meter.name) ?? 1) - 1;
      if (left > 0) this.names.set(meter.name, left);
      else this.forget(meter.name);
    }
  }

  /** Series that there are, those of overflow among them: at most one more for each name and kind than {@link SERIES}. */
  get size(): number {
    return this.series.size;
  }

  /** The meters that are meant, in the order in which they were made. */
  *matching(filter: MeterFilter = {}): Generator<Meter> {
    for (const meter of this.series.values()) if (meets(meter, filter)) yield meter;
  }

  /** What they say now, since each began. */
  measure(filter: MeterFilter = {}): Measurement[] {
    return Array.from(this.matching(filter), (meter) => meter.measure()).filter((each) => each !== undefined);
  }

  private find<M extends Meter>(
    type: abstract new (...made: never[]) => M,
    kind: MeterKind,
    name: string,
    tags: Tags,
    make: (name: string, tags: Tags) => M,
  ): M {
    const known = this.series.get(seriesKey(kind, name, tags));
    if (known instanceof type) return known;
    const [cut, kept] = this.placeOf(cutTo(name, NAME_LENGTH), boundedTags(tags), kind);
    const key = seriesKey(kind, cut, kept);
    const there = this.series.get(key);
    if (there instanceof type) return there;
    const made = make(cut, kept);
    this.series.set(key, made);
    if (kept === OVERFLOW_TAGS) return made;
    this.regular += 1;
    this.names.set(cut, (this.names.get(cut) ?? 0) + 1);
    return made;
  }

  private forget(name: string): void {
    this.names.delete(name);
    for (const kind of KINDS) this.series.delete(seriesKey(kind, name, OVERFLOW_TAGS));
  }

  /** The name and tags that a series gets, which are those of overflow where there are too many. */
  private placeOf(name: string, tags: Tags, kind: MeterKind): readonly [name: string, tags: Tags] {
    if (this.series.has(seriesKey(kind, name, tags))) return [name, tags];
    const full = this.regular >= this.settings(SERIES);
    const each = this.names.get(name) ?? 0;
    if (!full && each < this.settings(SERIES_EACH)) return [name, tags];
    return [each > 0 ? name : OVERFLOW_NAME, OVERFLOW_TAGS];
  }
}

const KINDS: readonly MeterKind[] = ['counter', 'gauge', 'distribution', 'timer'];

function boundedTags(tags: Tags): Tags {
  const pairs = Object.entries(tags).slice(0, MOST_TAGS);
  return Object.fromEntries(pairs.map(([key, value]) => [cutTo(key, TAG_LENGTH), cutTo(String(value), VALUE_LENGTH)]));
}

function cutTo(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function readOr(read: () => number): number {
  try {
    return read();
  } catch {
    return Number.NaN;
  }
}
