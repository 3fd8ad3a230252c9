/** What peers hear of an application is not for its own filters to withhold: they would take it for one that can't say. */
import type { Agnostic } from '../core/index.js';
import { Platform } from '../discovery/index.js';

const STATUS = `${Platform.name}.status`;

/** `filter` before all calls but those that ask how the application is. */
export function butForStatus(filter: Agnostic): Agnostic {
  return (next) => {
    const filtered = filter(next);
    return (call) => (call.method === STATUS ? next(call) : filtered(call));
  };
}
