/** What the meters of several instances say together, until somebody takes it. */
import { type Measurement, mergeMeasurements, seriesKey, type Tags } from './measurement.js';
import { OVERFLOW_NAME, OVERFLOW_TAGS } from './meters.js';
import type { MetricsSnapshot } from './metrics-messages.js';

/** What an instance said last. */
interface Heard {
  /** Its gauges; of a snapshot in several messages, so far. */
  gauges: Measurement[];
  /** Whether more of the same snapshot is to come. */
  more: boolean;
  at: number;
}

/** Counts and distributions add up; a gauge is the sum of what its instances said last. */
export class MergeSeries {
  private pending = new Map<string, Measurement>();
  private readonly heard = new Map<string, Heard>();
  private gauges = 0;

  /** `most` series are kept, and gauges of all instances together. */
  constructor(private readonly most: () => number) {}

  /** Takes in what an instance says; its series get `tags` beside their own. */
  add(instance: string, { measurements, more }: MetricsSnapshot, tags: Tags, now: number): void {
    const before = this.heard.get(instance);
    const gauges = before?.more === true ? before.gauges : [];
    if (before !== undefined && before.more !== true) this.gauges -= before.gauges.length;
    for (const each of measurements) {
      const measurement: Measurement = { ...each, tags: { ...each.tags, ...tags } };
      if (each.kind !== 'gauge') this.merge(this.pending, measurement);
      else if (this.gauges < this.most() * GAUGES) {
        gauges.push(measurement);
        this.gauges += 1;
      }
    }
    this.heard.set(instance, { gauges, more, at: now });
  }

  /** An instance is gone: what it counted stays counted, what it has now does not. */
  drop(instance: string): void {
    this.gauges -= this.heard.get(instance)?.gauges.length ?? 0;
    this.heard.delete(instance);
  }

  /** All of it, and begins anew. Gauges count of instances that were heard at `since` or later. */
  take(since: number): { readonly measurements: readonly Measurement[]; readonly instances: number } {
    const all = this.pending;
    this.pending = new Map();
    let instances = 0;
    for (const { gauges, at } of this.heard.values()) {
      if (at < since) continue;
      instances += 1;
      for (const gauge of gauges) this.merge(all, gauge);
    }
    return { measurements: [...all.values()], instances };
  }

  private merge(into: Map<string, Measurement>, measurement: Measurement): void {
    const { kind, name, tags } = measurement;
    const key = seriesKey(kind, name, tags);
    const known = into.get(key);
    if (known !== undefined) into.set(key, mergeMeasurements(known, measurement));
    else if (into.size < this.most()) into.set(key, measurement);
    else {
      const over: Measurement = { ...measurement, name: OVERFLOW_NAME, tags: OVERFLOW_TAGS };
      const overKey = seriesKey(kind, OVERFLOW_NAME, OVERFLOW_TAGS);
      const before = into.get(overKey);
      into.set(overKey, before === undefined ? over : mergeMeasurements(before, over));
    }
  }
}

/** Gauges are kept for each instance, and series for all of them together: so many times as many. */
const GAUGES = 5;
