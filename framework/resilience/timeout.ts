/** How long one attempt may take. */
import { type Clock, duration, meshError, policyFilter, type PolicyFilter, systemClock } from '../core/index.js';
import { type Live, liveOf } from './live.js';

export interface TimeoutOptions {
  /** Until the first item, or until the end; 'first'. */
  readonly until?: 'first' | 'end';
  readonly clock?: Clock;
}

/**
 * Ends an attempt with Slow, code `MILLRACE_TIMEOUT`, and cancels what is below it. A call's deadline is another matter: it holds for all
 * attempts together. The time may be a function, which is asked as each call begins.
 * @example catalog.title({ id: 'tt1' }).pipe(timeout('200 ms'))
 */
export function timeout(time: Live<string | number> = '1 s', options: TimeoutOptions = {}): PolicyFilter {
  const { until = 'first', clock = systemClock } = options;
  const present = liveOf<string | number, number>(time, '1 s', duration);
  const what = until === 'first' ? 'did not begin to answer' : 'did not end';
  return policyFilter<undefined, undefined>(
    {
      name: 'timeout',
      initial: undefined,
      admit(state, { method }) {
        const ms = present();
        const late = () =>
          meshError('Slow', `${method === '' ? 'the call' : method} ${what} within ${ms} ms`, {
            code: 'MILLRACE_TIMEOUT',
          });
        return { state, within: { ms, until, late } };
      },
      settle: (state) => ({ state }),
    },
    clock,
  );
}
