/** One life of a simulated host, from its start to its crash. */
import type { Link } from '../../transports/rsocket/index.js';
import { type HostClock, hostClock } from './host-clock.js';
import type { Fabric } from './fabric.js';

/** Who takes the connections to a port. */
export type Accept = (link: Link) => void;

/** What ends with the host, without a word to the program on it. */
export interface Mortal {
  die(): void;
}

export class Life {
  alive = true;
  readonly clock: HostClock;
  readonly listeners = new Map<number, Accept>();
  readonly mortals = new Set<Mortal>();

  constructor(
    readonly host: string,
    fabric: Fabric,
  ) {
    this.clock = hostClock(fabric.clock, fabric.chance);
  }

  end(): void {
    this.alive = false;
    this.clock.die();
    this.listeners.clear();
    for (const mortal of this.mortals) mortal.die();
    this.mortals.clear();
  }
}
