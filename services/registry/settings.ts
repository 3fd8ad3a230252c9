/** What can be set about a registry, and changed while it runs. */
import { count, duration, flag, param, type Param, ratio } from '../../framework/index.js';

export const PRESERVE = param(
  'registry.self-preservation',
  true,
  flag,
  'Whether nobody is evicted while too few instances renew: so many are not dead, the network is.',
);

export const PRESERVE_BELOW = param(
  'registry.renewal-threshold',
  0.85,
  ratio,
  'The share of the instances that have to renew in time for others to be evicted; one may always be missing.',
);

export const EVICTION_PAUSE = param(
  'registry.eviction-interval',
  5000,
  duration,
  'Milliseconds between two looks for instances whose lease has ended.',
);

export const EVICTION_MOST = param(
  'registry.eviction-most',
  0.15,
  ratio,
  'The share of the instances that is evicted within a minute at most; one always may be.',
);

export const SUSPECT_MOST = param(
  'registry.suspect-most',
  0.15,
  ratio,
  'The share of the instances that may fall silent together and be believed dead before their leases end; one always may.',
);

export const SUSPECT_WINDOW = param(
  'registry.suspect-window',
  1000,
  duration,
  'Milliseconds: channels of instances that break within that time are taken to have broken together.',
);

export const OVERDUE = param(
  'registry.overdue',
  2,
  factor,
  'An instance is suspect once it has not renewed for so many of its renewal intervals.',
);

export const JOURNAL_TIME = param(
  'registry.journal-time',
  180_000,
  duration,
  'Milliseconds for which changes are kept, for those who ask what is new.',
);

export const JOURNAL_MOST = param(
  'registry.journal-most',
  100_000,
  count,
  'Changes that are kept at most; who has missed more is told everything.',
);

export const OVERRIDE_TIME = param(
  'registry.override-time',
  3_600_000,
  duration,
  'Milliseconds for which a status that an operator set is remembered of an instance whose lease ended.',
);

export const TOMBSTONE_TIME = param(
  'registry.tombstone-time',
  600_000,
  duration,
  'Milliseconds for which an instance that was taken out is remembered, so that no replica that is behind brings it back.',
);

export const TOMBSTONES_MOST = param(
  'registry.tombstones-most',
  100_000,
  count,
  'Instances that were taken out and are remembered at most; the oldest are forgotten first.',
);

export const CLOCK_DRIFT = param(
  'registry.clock-drift',
  60_000,
  duration,
  "Milliseconds that the wall clock of another registry may be ahead of this one's; what it says is refused beyond.",
);

export const INSTANCES_MOST = param(
  'registry.instances-most',
  100_000,
  count,
  'Instances that the registry takes; more are refused.',
);

export const TICK = param(
  'registry.tick',
  10,
  duration,
  'Milliseconds in which changes are gathered before watchers are told.',
);

export const PAGE = param('registry.page', 500, count, 'Instances that a watcher is told of in one message at most.');

export const REGISTRY_PARAMS: readonly Param<unknown>[] = [
  PRESERVE,
  PRESERVE_BELOW,
  EVICTION_PAUSE,
  EVICTION_MOST,
  SUSPECT_MOST,
  SUSPECT_WINDOW,
  OVERDUE,
  JOURNAL_TIME,
  JOURNAL_MOST,
  OVERRIDE_TIME,
  TOMBSTONE_TIME,
  TOMBSTONES_MOST,
  CLOCK_DRIFT,
  INSTANCES_MOST,
  TICK,
  PAGE,
];

/** The values of params, as they are now. */
export type Settings = <T>(param: Param<T>) => T;

function factor(value: unknown): number {
  const read = typeof value === 'string' ? Number(value) : value;
  if (typeof read === 'number' && read >= 1 && read <= 100) return read;
  throw new RangeError(`${String(value)} is not a number from 1 to 100`);
}
