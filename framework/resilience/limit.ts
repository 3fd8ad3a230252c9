/** The adaptive limit as a filter: calls that are more than the service bears are refused at once, the least dear first. */
import { type PolicyFilter, policyFilter, systemClock } from '../core/index.js';
import { Limiter, type LimiterOptions } from './limiter.js';

/**
 * Refuses with Rejected, code `MILLRACE_LIMIT`, what is more than the limit at the moment. `options` makes a limiter for each
 * service that the filter is put before; a {@link Limiter} is shared by all that it is given to, as by all methods of a server.
 * For a stream, latency is the time to its first item, and it counts as in flight until its end.
 * @example @use(limit({ algorithm: vegas() }))
 */
export function limit(options: LimiterOptions | Limiter = {}): PolicyFilter {
  const make = options instanceof Limiter ? () => options : () => new Limiter(options);
  return policyFilter<Limiter | undefined, undefined>(
    {
      name: 'limit',
      initial: undefined,
      admit(known, call) {
        const state = known ?? make();
        return { state, refuse: state.start(call) };
      },
      first(limiter, elapsed, call) {
        limiter?.began(call, elapsed);
        return limiter;
      },
      settle(limiter, outcome, call) {
        limiter?.end(call, outcome);
        return { state: limiter };
      },
      view: (limiter) => (limiter === undefined ? {} : limiter.summary),
    },
    options.clock ?? systemClock,
  );
}
