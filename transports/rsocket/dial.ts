/** A dial that takes no longer than it may. */
import { type Clock, meshError } from '../../framework/kernel.js';
import type { Link, Transport } from './link.js';

/** Rejects with Unavailable after `time` milliseconds; a link that comes even so is closed. */
export function dial(transport: Transport, clock: Clock, time: number): Promise<Link> {
  const stop = new AbortController();
  const dialling = transport.dial(stop.signal);
  return new Promise((resolve, reject) => {
    const tooLate = (): void => {
      const error = meshError('Unavailable', `${transport.name}: nobody answered within ${time} ms`);
      reject(error);
      stop.abort(error);
    };
    const late = clock.after(time, tooLate, true);
    dialling.then((link) => (stop.signal.aborted ? link.destroy() : resolve(link)), reject).finally(late);
  });
}
