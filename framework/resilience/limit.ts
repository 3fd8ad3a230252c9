/** The adaptive limit as a filter: calls that are more than the service bears are refused at once, the least dear first. */
import { type Agnostic, anyPolicy, type Call, fuse, type Priority, type Service } from '../core/index.js';
import { Limiter, type LimiterOptions } from './limiter.js';

/**
 * Refuses with Rejected, code `MILLRACE_LIMIT`, what is more than the limit at the moment. `options` makes a limiter for each
 * service that the filter is put before; a {@link Limiter} is shared by all services it is given to, as by all methods of a server.
 * For a stream, latency is the time to its first item, and it counts as in flight until its end.
 * @example @use(limit({ algorithm: vegas() }))
 */
export function limit(options: LimiterOptions | Limiter = {}): Agnostic {
  return <Req, Rep>(next: Service<Req, Rep>): Service<Req, Rep> => {
    const limiter = options instanceof Limiter ? options : new Limiter(options);
    const of = (priority: Priority): Service<Req, Rep> =>
      fuse([anyPolicy(limiter.policy(priority))], limiter.clock)(next);
    const services: Readonly<Record<Priority, Service<Req, Rep>>> = {
      critical: of('critical'),
      default: of('default'),
      degraded: of('degraded'),
      bulk: of('bulk'),
    };
    return (call: Call<Req>) => services[call.priority](call);
  };
}
