/** Signs of life: a client sends KEEPALIVE each interval; either side takes the other for dead after the lifetime. */
import type { Clock, Stop } from '../../framework/kernel.js';

export interface KeepAliveOptions {
  readonly clock: Clock;
  /** Milliseconds between the KEEPALIVE frames that this side sends; 0 for a server, which only answers. */
  readonly interval: number;
  readonly lifetime: number;
  send(): void;
  /** Nothing was heard for so many milliseconds. */
  dead(silence: number): void;
}

/** Milliseconds that the other side gets to answer who has slept. */
const PATIENCE = 5000;

export class KeepAlive {
  private heardAt: number;
  /** Something has come since the last look: a flag, since the clock is too dear to be asked for every piece. */
  private alive = false;
  /** Ends the wait for an answer to a probe. */
  private probing: Stop | undefined;
  private readonly stops: Stop[];

  constructor(private readonly options: KeepAliveOptions) {
    const { clock, interval, lifetime } = options;
    this.heardAt = clock.now();
    this.stops = [clock.every(Math.max(1, Math.ceil(lifetime / 8)), () => this.check())];
    if (interval > 0) this.stops.push(clock.every(interval, () => options.send()));
  }

  /** Something came from the other side. */
  heard(): void {
    this.alive = true;
  }

  /** Asks now whether the other side is there, and takes it for dead if nothing comes soon: this side may have slept. */
  probe(): void {
    const { clock, lifetime, send, dead } = this.options;
    if (this.probing !== undefined) return;
    const asked = clock.now();
    this.alive = false;
    send();
    const patience = Math.min(PATIENCE, lifetime);
    this.probing = clock.after(patience, () => {
      this.probing = undefined;
      // A look in between has put down the flag, and the time in its place.
      if (!this.alive && this.heardAt < asked) dead(patience);
    });
  }

  stop(): void {
    for (const stop of this.stops) stop();
    this.probing?.();
  }

  private check(): void {
    const now = this.options.clock.now();
    if (this.alive) this.heardAt = now;
    this.alive = false;
    const silence = now - this.heardAt;
    if (silence > this.options.lifetime) this.options.dead(silence);
  }
}
