/** Faults that are asked for from outside: the channel of who asks is the lease that they are held by. */
import { mergeMap, type Observable } from 'rxjs';
import { channel, contract } from '../contract/index.js';
import type { FaultInjection } from './fault-injection.js';
import { faultSchema } from './fault-schema.js';
import type { Faults } from './faults.js';

/** What each application serves for a chaos tool, to callers that it trusts. */
export const FaultControl = contract('faults', {
  hold: channel(faultSchema, faultSchema, {
    about:
      'Puts faults in force, and answers each that is; they end when the channel does, or their longest time is over.',
  }),
});

/** The handlers of {@link FaultControl}. A fault that can't be in force ends the channel with the reason, and all that it holds. */
export function faultHandlers(faults: Faults): {
  hold(asked: Observable<FaultInjection>): Observable<FaultInjection>;
} {
  return { hold: (asked) => asked.pipe(mergeMap((injection) => faults.hold(injection))) };
}
