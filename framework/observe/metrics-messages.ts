/** The messages of metric streams as they are read: sizes and counts are bounded, for they come from anybody. */
import * as v from 'valibot';
import type { Schema } from '../contract/index.js';
import { BUCKETS } from './buckets.js';
import type { HistogramData } from './histogram-data.js';
import type { Measurement, MeterFilter } from './measurement.js';

/** Which series somebody wants to hear of, and how often. */
export interface MetricsInterest extends MeterFilter {
  /** Milliseconds between two snapshots, from 100 up to an hour; 1,000. */
  readonly interval?: number;
}

/**
 * What happened between two moments: of counters and distributions what came since, of gauges what they are. Counters and
 * distributions to which nothing came are left out. A large snapshot comes in several messages.
 */
export interface MetricsSnapshot {
  /** Milliseconds since 1970, by the clock of the node that says so. */
  readonly from: number;
  readonly to: number;
  /** Whether more of the same snapshot follows. */
  readonly more: boolean;
  /** Instances that are in it: 1, and of a merged one those that were heard of late. */
  readonly instances: number;
  readonly measurements: readonly Measurement[];
}

export const DEFAULT_INTERVAL = 1000;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const tags = v.pipe(
  v.record(v.pipe(v.string(), v.maxLength(64)), v.pipe(v.string(), v.maxLength(256))),
  v.check((record) => Object.keys(record).length <= 24, 'more than 24 tags'),
);
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const value = v.pipe(v.number(), v.finite());
const amount = v.pipe(value, v.minValue(0));

const histogram: v.GenericSchema<HistogramData> = v.pipe(
  v.object({
    count: whole,
    sum: amount,
    min: amount,
    max: amount,
    buckets: v.pipe(v.array(whole), v.maxLength(2 * BUCKETS)),
  }),
  v.check(({ count, buckets }) => holds(count, buckets), 'buckets that rise and hold as many values as are counted'),
);

const measurement: v.GenericSchema<Measurement> = v.variant('kind', [
  v.object({ kind: v.literal('counter'), name, tags, value: amount }),
  v.object({ kind: v.literal('gauge'), name, tags, value }),
  v.object({ kind: v.picklist(['timer', 'distribution']), name, tags, histogram }),
]);

export const metricsInterestSchema: Schema<MetricsInterest> = v.object({
  name: v.exactOptional(name),
  tags: v.exactOptional(tags),
  interval: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(3_600_000))),
});

export const metricsSnapshotSchema: Schema<MetricsSnapshot> = v.object({
  from: amount,
  to: amount,
  more: v.boolean(),
  instances: whole,
  measurements: v.array(measurement),
});

function holds(count: number, buckets: readonly number[]): boolean {
  let [before, counted] = [-1, 0];
  for (let at = 0; at < buckets.length; at += 2) {
    const [bucket = -1, times = 0] = [buckets[at], buckets[at + 1]];
    if (bucket <= before || bucket >= BUCKETS || times === 0) return false;
    before = bucket;
    counted += times;
  }
  return counted === count;
}
