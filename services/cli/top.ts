/** `millrace top`: how calls go at each instance and method, as it happens. */
import { catchError, filter, map, merge, NEVER, type Observable, of, scan, takeUntil, timer } from 'rxjs';
import {
  clientOf,
  duration,
  instanceAt,
  type Instance,
  iterate,
  keyOf,
  KnownInstances,
  merged,
  Metrics,
  type MetricsSnapshot,
  Registry,
  schedulerOf,
  systemClock,
  wireAt,
} from '../../framework/index.js';
import { Place, placesAt } from './remote.js';
import { CommandError, DONE, signalStatus, UsageError } from './status.js';
import { stopped, paintFor, print, type Terminal } from './terminal.js';
import { topRows, topText } from './top-rows.js';

export interface TopOptions {
  readonly registry?: string;
  readonly interval: string;
  readonly output: 'json' | 'pretty';
  readonly once?: boolean;
}

/** Milliseconds for which `--once` waits for the first that answers. */
const PATIENCE = 10_000;

/** Watches the applications at the addresses, or all that a registry knows, until the command is stopped. */
export async function top(terminal: Terminal, given: readonly string[], options: TopOptions): Promise<number> {
  const { registry, once = false, output } = options;
  if (registry !== undefined && given.length > 0)
    throw new UsageError('either addresses or --registry says what to watch');
  const interval = duration(options.interval);
  const wires = await terminal.wires();
  const places = new Map<string, Place>();
  const placeAt = (address: string): Place => {
    const place = places.get(address) ?? new Place(address, wireAt(address, wires), {});
    places.set(address, place);
    return place;
  };
  try {
    for (const place of await placesAt(registry === undefined ? given : [registry], terminal))
      places.set(place.address, place);
    const instances = registry === undefined ? of([...places.keys()].map(instanceAt)) : inRegistry(placeAt(registry));
    const connect = ({ addresses }: Instance) => {
      const reached = addresses.find((each) => wires.some((wire) => wire.at(each) !== undefined));
      return clientOf(Metrics, placeAt(reached ?? addresses[0] ?? '')).with({ check: true });
    };
    const tag = (instance: Instance) => ({ instance: instance.app === '' ? instance.id : keyOf(instance) });
    const enough = once ? timer(PATIENCE, schedulerOf(systemClock)) : NEVER;
    const snapshots = merged(instances, connect, { interval, tag }).pipe(takeUntil(merge(stopped(terminal), enough)));
    for await (const snapshot of iterate(snapshots)) {
      if (once && snapshot.instances === 0) continue;
      await show(terminal, snapshot, output, !once);
      if (once) return DONE;
    }
    if (once && !terminal.stop.aborted) throw new CommandError(`nobody told of calls within ${PATIENCE} ms`);
    return signalStatus(terminal.stop.reason);
  } finally {
    await Promise.all([...places.values()].map((place) => place.close()));
  }
}

async function show(
  terminal: Terminal,
  snapshot: MetricsSnapshot,
  output: TopOptions['output'],
  anew: boolean,
): Promise<void> {
  const rows = topRows(snapshot);
  if (output === 'json') {
    for (const row of rows) await print(terminal.out, JSON.stringify(row));
    return;
  }
  const clear = anew && terminal.out.isTTY ? '\u001b[H\u001b[J' : '';
  await print(terminal.out, `${clear}${topText(rows, snapshot, paintFor(terminal.out))}`);
}

/** All that a registry knows and that Millrace reaches, for as long as it can be asked. */
function inRegistry(place: Place): Observable<readonly Instance[]> {
  const start = { known: new KnownInstances(() => 0), whole: false };
  return clientOf(Registry, place, { clock: systemClock })
    .watch({})
    .pipe(
      scan(({ known }, changes) => ({ known, whole: known.apply(changes, 0) === 'whole' }), start),
      filter(({ whole }) => whole),
      map(({ known }) => known.instances.filter(({ addresses }) => addresses.length > 0)),
      catchError((error: unknown) => {
        throw new CommandError(`the registry is away: ${error instanceof Error ? error.message : String(error)}`);
      }),
    );
}
