/** One snapshot of those that came while a reader had no time, where a wire brings them sooner than they are read. */
import type { Observable } from 'rxjs';
import { GateSink } from '../core/index.js';
import { NOTHING, pull, type Pulled } from '../demand/index.js';
import { MergeSeries } from './merge-series.js';
import { MERGE_SERIES } from './merged.js';
import type { MetricsSnapshot } from './metrics-messages.js';

/**
 * Takes snapshots as they come and gives their reader one of all since the last. A node merges for a reader that doesn't ask, but a
 * wire asks for a window of items ahead (`rsocket.first-window`): those are merged here. `most` series are kept.
 * @example for await (const snapshot of merging(client.watch({ interval: 1000 }))) await draw(snapshot);
 */
export function merging(source: Observable<MetricsSnapshot>, most = MERGE_SERIES.initial): Pulled<MetricsSnapshot> {
  return pull<MetricsSnapshot>((valve) => {
    const series = new MergeSeries(() => most);
    let from: number | undefined;
    let last: MetricsSnapshot | undefined;
    let ended = false;
    const sink = new GateSink<MetricsSnapshot>({
      next(snapshot) {
        series.add('', snapshot, {}, 0);
        from ??= snapshot.from;
        last = snapshot;
        if (!snapshot.more) valve.ready();
      },
      error: (error) => valve.fail(error),
      complete() {
        ended = true;
        if (last === undefined) valve.complete();
        else valve.ready();
      },
    });
    source.subscribe(sink);
    sink.request(Infinity);
    return {
      take() {
        if (last === undefined && ended) valve.complete();
        if (last === undefined || from === undefined || (last.more && !ended)) return NOTHING;
        const { measurements } = series.take(0);
        const whole: MetricsSnapshot = { ...last, from, more: false, measurements };
        from = last = undefined;
        return whole;
      },
      close: () => sink.unsubscribe(),
    };
  });
}
