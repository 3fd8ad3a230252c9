/** The faults that are in force: each is held by somebody, and ends when its holder goes, or after a time. */
import { Observable } from 'rxjs';
import { type Call, type Clock, count, duration, meshError, systemClock } from '../core/index.js';
import { faultChecked, type FaultInjection, inScope } from './fault-injection.js';

export interface FaultsOptions {
  /** Faults at once; a further one is refused. 100. */
  readonly max?: number;
  /** A fault ends after so long even if its holder is there; '10 min'. */
  readonly longest?: string | number;
  readonly clock?: Clock;
}

/** Holds the faults of a process. With none in force a call costs nothing but a look. */
export class Faults {
  readonly clock: Clock;
  private readonly max: number;
  private readonly longest: number;
  private readonly held = new Set<FaultInjection>();

  constructor(options: FaultsOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.max = count(options.max ?? 100);
    this.longest = duration(options.longest ?? '10 min');
  }

  /** The faults in force. */
  get present(): readonly FaultInjection[] {
    return [...this.held];
  }

  /**
   * Cold: a fault is in force while this is subscribed, and completes when its longest time is over. Emits once, as it begins.
   * Fails with Invalid for a fault that can't be, with Rejected, code `MILLRACE_FAULTS`, past the most.
   */
  hold(fault: FaultInjection): Observable<FaultInjection> {
    return new Observable((to) => {
      const injection = { ...faultChecked(fault) };
      if (this.held.size >= this.max) {
        const message = `${this.max} faults are in force already, which is the most`;
        return to.error(meshError('Rejected', message, { code: 'MILLRACE_FAULTS' }));
      }
      this.held.add(injection);
      to.add(() => this.held.delete(injection));
      to.add(this.clock.after(this.longest, () => to.complete()));
      to.next(injection);
    });
  }

  /** The first fault in force that is for this call; `random` decides where it is for a part only. */
  of(call: Call<unknown>): FaultInjection | undefined {
    if (this.held.size === 0) return undefined;
    for (const fault of this.held) if (strikes(fault, call, this.clock)) return fault;
    return undefined;
  }
}

/** Whether a fault is for this call, by its scope and by chance. */
export function strikes({ when, share = 1 }: FaultInjection, call: Call<unknown>, clock: Clock): boolean {
  return inScope(when, call) && (share >= 1 || clock.random() < share);
}
