/** A node's meters as a stream, for each who watches as often and as fast as they like. */
import { type Handlers } from '../contract/index.js';
import { type Clock, count, meshError, param, type Param, systemClock } from '../core/index.js';
import { MeterDeltas } from './meter-deltas.js';
import type { Meters } from './meters.js';
import type { Metrics } from './metrics-contract.js';
import { DEFAULT_INTERVAL } from './metrics-messages.js';
import { snapshots } from './snapshot-source.js';

export const METRIC_WATCHERS = param(
  'metrics.watchers',
  64,
  count,
  "Readers that may watch a node's meters at once; one more is refused. For each, what it was told last is kept.",
);

export const METRIC_ITEMS = param(
  'metrics.message-items',
  20_000,
  count,
  'Values in one message of a metric stream; a snapshot of more comes in several.',
);

export const METRIC_STREAM_PARAMS: readonly Param<number>[] = [METRIC_WATCHERS, METRIC_ITEMS];

export interface MetricStreamOptions {
  readonly clock?: Clock;
  /** Where {@link METRIC_STREAM_PARAMS} are looked up; their defaults where left out. */
  readonly settings?: <T>(param: Param<T>) => T;
}

/**
 * Answers the contract {@link Metrics} with these meters. A reader is told what came since it was told last, at its interval or, if it
 * is slower, whenever it asks: nothing waits for it but one snapshot. (A wire asks for some items ahead: `merging` makes one of them.)
 * Too many readers are Rejected, code `MILLRACE_METRICS`.
 * @example mesh().serve(Metrics, metricsHandlers(meters)).over(tcp({ port: 7001 }))
 */
export function metricsHandlers(meters: Meters, options: MetricStreamOptions = {}): Handlers<typeof Metrics> {
  const { clock = systemClock, settings = ({ initial }) => initial } = options;
  let watching = 0;
  return {
    watch({ interval = DEFAULT_INTERVAL, ...filter }) {
      const open = () => {
        const most = settings(METRIC_WATCHERS);
        if (watching >= most) throw tooMany(most);
        watching += 1;
        const deltas = new MeterDeltas(meters, filter);
        return {
          next: () => ({ measurements: deltas.next(), instances: 1 }),
          close: () => void (watching -= 1),
        };
      };
      return snapshots(open, { interval, clock, items: settings(METRIC_ITEMS) });
    },
  };
}

function tooMany(most: number): Error {
  return meshError('Rejected', `${most} readers watch the meters of this node, which are all that it has time for`, {
    code: 'MILLRACE_METRICS',
  });
}
