/** What can be set about replication between registries. */
import { type Clock, count, duration, param, type Param } from '../../framework/index.js';
import { MOST_ITEMS } from './peer-messages.js';

export const PEER_BATCH = param(
  'registry.peer-batch',
  250,
  fewer,
  `Instances that another registry is told of in one message, ${MOST_ITEMS} at most.`,
);

export const PEER_QUEUE = param(
  'registry.peer-queue',
  10_000,
  count,
  'Instances that wait to be told to another registry; where there are more, everything is told anew.',
);

export const PEER_PAUSE = param(
  'registry.peer-pause',
  500,
  duration,
  'Milliseconds in which signs of life are gathered before other registries are told; all else is told within a tick.',
);

export const PEER_TIME = param(
  'registry.peer-time',
  5000,
  duration,
  'Milliseconds in which another registry has to answer, or to go on answering.',
);

export const PEER_RETRY_MOST = param(
  'registry.peer-retry-most',
  10_000,
  duration,
  'Milliseconds between two tries to reach another registry at most; the first comes after 1 s.',
);

export const PEER_COMPARE = param(
  'registry.peer-compare',
  30_000,
  duration,
  'Milliseconds, half of it more or less, between two comparisons of all that two registries know.',
);

export const PEER_WAIT = param(
  'registry.peer-wait',
  10_000,
  duration,
  'Milliseconds for which a registry that has just started, and reaches no other that knows who is there, tells nobody of what it knows.',
);

export const PARTITION_TIME = param(
  'registry.partition-time',
  300_000,
  duration,
  'Milliseconds for which instances that were last heard of by a registry that is out of reach are not taken for dead for that.',
);

export const PEER_PARAMS: readonly Param<unknown>[] = [
  PEER_BATCH,
  PEER_QUEUE,
  PEER_PAUSE,
  PEER_TIME,
  PEER_RETRY_MOST,
  PEER_COMPARE,
  PEER_WAIT,
  PARTITION_TIME,
];

/** Half of a time more or less, by chance, so that registries that started together don't do things together for ever. */
export function about(ms: number, clock: Clock): number {
  return ms * (0.5 + clock.random());
}

function fewer(value: unknown): number {
  const read = count(value);
  if (read >= 1 && read <= MOST_ITEMS) return read;
  throw new RangeError(`${read} is not a number from 1 to ${MOST_ITEMS}`);
}
