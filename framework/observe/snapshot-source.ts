/** Snapshots for one reader, made when it has time for one: what happens meanwhile is in the next. */
import type { Clock, Stop } from '../core/index.js';
import { NOTHING, pull, type Pulled } from '../demand/index.js';
import type { Measurement } from './measurement.js';
import type { MetricsSnapshot } from './metrics-messages.js';

/** Where one reader's measurements come from. */
export interface SnapshotSupply {
  /** What came since it was asked last. */
  next(): { readonly measurements: readonly Measurement[]; readonly instances: number };
  close(): void;
}

export interface SnapshotTerms {
  /** Milliseconds from one snapshot to the next. */
  readonly interval: number;
  readonly clock: Clock;
  /** Values in one message, of all its measurements together, as {@link weightOf} counts them. */
  readonly items: number;
}

/** A snapshot each interval for as long as the reader has time; one that comes late reaches back as far as it has to. */
export function snapshots(
  open: (fail: (error: unknown) => void) => SnapshotSupply,
  { interval, clock, items }: SnapshotTerms,
): Pulled<MetricsSnapshot> {
  return pull<MetricsSnapshot>(
    (valve) => {
      const supply = open((error) => valve.fail(error));
      let from = clock.wall();
      let due = false;
      let parts: MetricsSnapshot[] = [];
      const stop: Stop = clock.every(interval, () => {
        due = true;
        valve.ready();
      });
      const sample = (): void => {
        due = false;
        const { measurements, instances } = supply.next();
        const to = clock.wall();
        const pieces = piecesOf(measurements, items);
        parts = pieces.map((piece, at) => {
          return { from, to, more: at < pieces.length - 1, instances, measurements: piece };
        });
        from = to;
      };
      return {
        take() {
          if (parts.length === 0 && due) sample();
          return parts.shift() ?? NOTHING;
        },
        close() {
          stop();
          supply.close();
        },
      };
    },
    { clock },
  );
}

/** Keys and elements that a measurement takes in a message. */
function weightOf(measurement: Measurement): number {
  const own = 5 + Object.keys(measurement.tags).length;
  return 'histogram' in measurement ? own + 5 + measurement.histogram.buckets.length : own;
}

/** At least one piece, which may be empty. */
function piecesOf(measurements: readonly Measurement[], items: number): (readonly Measurement[])[] {
  const pieces: Measurement[][] = [];
  let last: Measurement[] = [];
  let left = items;
  pieces.push(last);
  for (const each of measurements) {
    const weight = weightOf(each);
    if (weight > left && last.length > 0) {
      last = [];
      left = items;
      pieces.push(last);
    }
    last.push(each);
    left -= weight;
  }
  return pieces;
}
