/** The bulkhead: so many calls at once, so many that wait, and no more, lest one service take all that a process has. */
import {
  type Call,
  type Clock,
  count,
  duration,
  type MeshError,
  meshError,
  policyFilter,
  type PolicyFilter,
  systemClock,
} from '../core/index.js';
import { type Live, liveOf } from './live.js';
import { subjectOf } from './subject-of.js';

/** Each may be a function, which is asked when a call comes. */
export interface BulkheadOptions {
  /** Calls at once; 10. */
  readonly maxConcurrent?: Live<number>;
  /** Calls that may wait for their turn, in the order in which they came; 0. */
  readonly queue?: Live<number>;
  /** How long one waits at most; '1 s'. */
  readonly queueTime?: Live<string | number>;
  /** Of whom a refusal speaks; the call's method. */
  readonly name?: string;
  readonly clock?: Clock;
}

/**
 * Refuses with Rejected, code `MILLRACE_BULKHEAD`, what finds no place, neither at work nor in the queue. A stream has its place until it
 * ends. In Node there are no threads to keep apart: this is Hystrix's semaphore, and with a queue its thread pool.
 * @example @use(bulkhead({ maxConcurrent: 64, queue: 100 }))
 */
export function bulkhead(options: BulkheadOptions = {}): PolicyFilter {
  const { name, clock = systemClock } = options;
  const most = liveOf(options.maxConcurrent, 10, count);
  const queue = liveOf(options.queue, 0, count);
  const queueTime = liveOf<string | number, number>(options.queueTime, '1 s', duration);
  return policyFilter<number, undefined>(
    {
      name: 'bulkhead',
      initial: 0,
      scope: 'method',
      admit(open, call, _now, _local, line) {
        if (open < most() && line === 0) return { state: open + 1 };
        if (line < queue()) {
          const time = queueTime();
          return { state: open, wait: { most: time, late: () => refusal(name, call, `waited ${time} ms`) } };
        }
        const waiting = line === 0 ? '' : `, and ${line} wait`;
        return { state: open, refuse: refusal(name, call, `was refused: ${open} are at work${waiting}`) };
      },
      settle: (open) => ({ state: open - 1 }),
      view: (open) => ({ open, most: most() }),
    },
    clock,
  );
}

function refusal(name: string | undefined, call: Call<unknown>, what: string): MeshError {
  return meshError('Rejected', `a call of ${subjectOf(name, call)} ${what}`, { code: 'MILLRACE_BULKHEAD' });
}
