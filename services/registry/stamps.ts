/**
 * When something was said, so that registries agree on what was said last: the wall clock, but never behind what was heard before.
 * Source: S. Kulkarni and others, "Logical Physical Clocks", OPODIS 2014.
 */
import { type Clock, type MeshError, meshError } from '../../framework/index.js';

export interface Stamp {
  /** Milliseconds since 1970 times 1,024, and a count below that. */
  readonly at: number;
  /** The run of the registry where it was said: of two of one time, the later in the alphabet counts. */
  readonly by: string;
}

/** Before all others. */
export const NEVER: Stamp = { at: 0, by: '' };

export function isLater(one: Stamp, other: Stamp): boolean {
  return one.at === other.at ? one.by > other.by : one.at > other.at;
}

export function latest(one: Stamp, other: Stamp): Stamp {
  return isLater(other, one) ? other : one;
}

/** Counts below a millisecond; what is left of 53 bits lasts until the year 2248. */
const FINE = 1024;

export class StampClock {
  private last = 0;

  /** `drift`: milliseconds that another's clock may be ahead. */
  constructor(
    private readonly clock: Clock,
    readonly by: string,
    private readonly drift: () => number,
  ) {}

  /** Later than all that were made here, or heard. */
  next(): Stamp {
    this.last = Math.max(this.last + 1, this.clock.wall() * FINE);
    return { at: Math.floor(this.last), by: this.by };
  }

  /** Throws Invalid for a stamp from too far in the future: what came after it could never be told from it. */
  check({ at, by }: Stamp): void {
    const ahead = at / FINE - this.clock.wall();
    if (ahead > this.drift()) throw drifted(by, ahead, this.drift());
  }

  /** Stamps that are made from now on are later than this one. */
  hear({ at }: Stamp): void {
    this.last = Math.max(this.last, at);
  }
}

function drifted(by: string, ahead: number, most: number): MeshError {
  const message = `the clock of registry ${by} is ${Math.round(ahead)} ms ahead of this one's, of ${most} ms that it may be: set the clocks right`;
  return meshError('Invalid', message, { code: 'MILLRACE_REGISTRY_CLOCK' });
}
