/** What a meter says at one moment, as plain data. */
import { type HistogramData, mergeHistograms } from './histogram-data.js';

/** What tells one series of a name from another: `{ service: 'films', method: 'title' }`. */
export type Tags = Readonly<Record<string, string>>;

interface Series {
  readonly name: string;
  readonly tags: Tags;
}

/** How often something happened. */
export interface CounterMeasurement extends Series {
  readonly kind: 'counter';
  readonly value: number;
}

/** How much there is of something now. */
export interface GaugeMeasurement extends Series {
  readonly kind: 'gauge';
  readonly value: number;
}

/** How large things were; of a timer, how many milliseconds they took. */
export interface DistributionMeasurement extends Series {
  readonly kind: 'timer' | 'distribution';
  readonly histogram: HistogramData;
}

export type Measurement = CounterMeasurement | GaugeMeasurement | DistributionMeasurement;
export type MeterKind = Measurement['kind'];

/** Which series are meant; what is left out is no condition. */
export interface MeterFilter {
  /** To the letter, or with `*` at its end the beginning of it: `calls.*`. */
  readonly name?: string;
  /** These tags with these values, and whatever others. */
  readonly tags?: Tags;
}

/** Equal for measurements of the same series, whatever the order of its tags. */
export function seriesKey(kind: MeterKind, name: string, tags: Tags): string {
  const pairs = Object.entries(tags);
  if (pairs.length > 1) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([kind, name, ...pairs]);
}

export function meets({ name, tags }: Series, wanted: MeterFilter): boolean {
  if (wanted.name !== undefined && !named(name, wanted.name)) return false;
  return Object.entries(wanted.tags ?? {}).every(([key, value]) => Object.hasOwn(tags, key) && tags[key] === value);
}

/**
 * Two measurements of one series as one: counts and gauges add up, histograms merge. Of one node at two moments a gauge is what it
 * was last, for which it isn't merged.
 */
export function mergeMeasurements(a: Measurement, b: Measurement): Measurement {
  if ('histogram' in a) return 'histogram' in b ? { ...a, histogram: mergeHistograms(a.histogram, b.histogram) } : a;
  return 'histogram' in b ? a : { ...a, value: a.value + b.value };
}

function named(name: string, wanted: string): boolean {
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
}
