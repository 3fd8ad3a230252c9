/** Operators that wait, or look at the clock. */
import {
  audit,
  auditTime,
  bufferTime,
  debounce,
  debounceTime,
  delay,
  delayWhen,
  mergeMap,
  NEVER,
  observeOn,
  of,
  sample,
  sampleTime,
  throttle,
  throttleTime,
  timeInterval,
  timeout,
  timeoutWith,
  timestamp,
  windowTime,
} from 'rxjs';
import { paced } from 'millrace';
import { absorbs, type Cases, keeps, needsTwin } from '../operator-case.js';

const takes = 'Takes everything while it waits.';
const late = 'What it holds back still comes, more than was asked: past 256 items the stream fails.';

export const time: Cases = {
  audit: absorbs(({ numbers, ticks }) => numbers().pipe(audit(() => ticks())), { everything: true, note: takes }),
  auditTime: absorbs(({ numbers, time }) => numbers().pipe(auditTime(2, time)), { everything: true, note: takes }),
  bufferTime: absorbs(({ numbers, time }) => numbers().pipe(bufferTime(2, null, 100, time)), {
    everything: true,
    note: 'Takes everything that comes in that time, and keeps it in memory: say how many items at most.',
  }),
  debounce: absorbs(({ numbers, ticks }) => numbers().pipe(debounce(() => ticks())), {
    everything: true,
    gives: 'some',
    note: 'An endless source that never pauses gives nothing until its gate shuts.',
  }),
  debounceTime: absorbs(({ numbers, time }) => numbers().pipe(debounceTime(2, time)), {
    everything: true,
    gives: 'some',
    note: 'An endless source that never pauses gives nothing.',
  }),
  delay: needsTwin(({ numbers, time }) => numbers().pipe(delay(2, time)), {
    everything: true,
    gives: 10,
    fails: /more than 256 items/,
    note: late,
    twin: {
      pipeline: ({ numbers, time }) => numbers().pipe(paced.mergeMap((n) => of(n).pipe(delay(2, time)))),
      extra: 16,
    },
  }),
  delayWhen: keeps(({ numbers, answer }) => numbers().pipe(delayWhen((n) => answer(n))), {
    extra: 16,
    note: 'With calls; for timers use paced.mergeMap.',
  }),
  observeOn: needsTwin(({ numbers, time }) => numbers().pipe(observeOn(time, 2)), {
    everything: true,
    gives: 10,
    fails: /more than 256 items/,
    note: late,
    twin: {
      pipeline: ({ numbers, time }) => numbers().pipe(paced.mergeMap((n) => of(n).pipe(observeOn(time, 2)))),
      extra: 16,
    },
  }),
  sample: absorbs(({ numbers, ticks }) => numbers().pipe(sample(ticks())), { everything: true, note: takes }),
  sampleTime: absorbs(({ numbers, time }) => numbers().pipe(sampleTime(2, time)), { everything: true, note: takes }),
  throttle: absorbs(({ numbers, ticks }) => numbers().pipe(throttle(() => ticks())), { everything: true, note: takes }),
  throttleTime: absorbs(({ numbers, time }) => numbers().pipe(throttleTime(2, time)), {
    everything: true,
    note: takes,
  }),
  timeInterval: keeps(({ numbers, time }) => numbers().pipe(timeInterval(time))),
  timeout: keeps(({ numbers, time }) => NEVER.pipe(timeout({ first: 2, scheduler: time, with: () => numbers() })), {
    note: 'Demand does not stop its clock: a sink that asks for nothing lets the next item be late.',
  }),
  timeoutWith: keeps(({ numbers, time }) => NEVER.pipe(timeoutWith(2, numbers(), time))),
  timestamp: keeps(({ numbers, time }) => numbers().pipe(timestamp(time))),
  windowTime: keeps(({ numbers, time }) =>
    numbers().pipe(
      windowTime(2, time),
      mergeMap((part) => part),
    ),
  ),
};
