/** What came to meters between two looks of one reader. */
import { histogramSince } from './histogram-data.js';
import type { Measurement, MeterFilter } from './measurement.js';
import type { Meter, Meters } from './meters.js';

/** Each look tells what came since the one before; the first, since this was made. */
export class MeterDeltas {
  private before: ReadonlyMap<Meter, Measurement>;

  constructor(
    private readonly meters: Meters,
    private readonly filter: MeterFilter,
  ) {
    this.before = this.look();
  }

  next(): Measurement[] {
    const { before } = this;
    this.before = this.look();
    return Array.from(this.before, ([meter, now]) => since(now, before.get(meter))).filter(
      (each) => each !== undefined,
    );
  }

  private look(): ReadonlyMap<Meter, Measurement> {
    const all = new Map<Meter, Measurement>();
    for (const meter of this.meters.matching(this.filter)) {
      const now = meter.measure();
      if (now !== undefined) all.set(meter, now);
    }
    return all;
  }
}

function since(now: Measurement, before: Measurement | undefined): Measurement | undefined {
  if (now.kind === 'gauge') return now;
  if ('histogram' in now) {
    const { histogram: last } = before !== undefined && 'histogram' in before ? before : {};
    const histogram = last === undefined ? now.histogram : histogramSince(now.histogram, last);
    return histogram.count === 0 ? undefined : { ...now, histogram };
  }
  const value = now.value - (before !== undefined && 'value' in before ? before.value : 0);
  return value === 0 ? undefined : { ...now, value };
}
