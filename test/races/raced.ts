/** Two sides in one process, joined by a link of which each frame arrives when a scheduler says so. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Scheduler } from 'fast-check';
import { meshError } from 'millrace';
import type { Link, LinkEvents, Transport } from 'millrace/rsocket';
import { frameCutter, prefixed } from '../rsocket/raw-frame.js';

export interface Raced {
  readonly transport: Transport;
  /** Lets `work` happen at a time that the scheduler chooses. */
  sometime(label: string, work: () => void): void;
  /** Breaks the link that is there; each side hears of it in its own time. */
  cut(): void;
  /** Lets everything happen that is to happen, in the scheduler's order. */
  settle(): Promise<void>;
}

export function raced(scheduler: Scheduler): Raced {
  let accepting: ((link: Link) => void) | undefined;
  let present: RacedLink | undefined;
  const sometime = (label: string, work: () => void): void => {
    scheduler.schedule(Promise.resolve(), label).then(work, () => undefined);
  };
  const transport: Transport = {
    name: 'raced',
    dial() {
      if (accepting === undefined) return Promise.reject(meshError('Unavailable', 'nobody listens'));
      const [here, there] = [new RacedLink('up', sometime), new RacedLink('down', sometime)];
      here.other = there;
      there.other = here;
      present = here;
      accepting(there);
      return Promise.resolve(here);
    },
    bind(accept) {
      accepting = accept;
      const close = (): Promise<void> => Promise.resolve((accepting = undefined));
      return Promise.resolve({ address: { host: 'raced', port: 0 }, close });
    },
  };
  return {
    transport,
    sometime,
    cut: () => present?.destroy(),
    async settle() {
      // What one step sets off goes out at the end of a turn, and may be what the next is chosen from.
      for (let idle = 0; idle < 3; idle += 1) {
        await nextTurn();
        if (scheduler.count() === 0) continue;
        idle = 0;
        await scheduler.waitOne();
      }
    },
  };
}

class RacedLink implements Link {
  readonly name = 'raced';
  readonly unsent = 0;
  other: RacedLink | undefined;
  private events: LinkEvents | undefined;
  /** Frames on their way here, and the end. */
  private readonly inbox: (Uint8Array | 'end')[] = [];
  private closed = false;
  private paused = false;
  private readonly cutUp = frameCutter((frame) => this.other?.expect(prefixed(frame)));

  constructor(
    private readonly way: string,
    private readonly sometime: Raced['sometime'],
  ) {}

  start(events: LinkEvents): void {
    this.events = events;
  }

  write(run: Uint8Array, done?: () => void): boolean {
    if (!this.closed) this.cutUp(Buffer.from(run));
    done?.();
    return true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.sometime(`${this.way}: goes on`, () => this.take());
  }

  end(): void {
    this.other?.expect('end');
  }

  destroy(): void {
    for (const each of [this, this.other]) each?.lose();
  }

  private expect(what: Uint8Array | 'end'): void {
    this.inbox.push(what);
    this.sometime(`${this.way}: a frame`, () => this.take());
  }

  /** The next that has come; one task more than there are frames does nothing. */
  private take(): void {
    if (this.closed || this.paused || this.events === undefined) return;
    const next = this.inbox.shift();
    if (next === 'end') this.destroy();
    else if (next !== undefined) this.events.bytes(next);
  }

  private lose(): void {
    if (this.closed) return;
    this.closed = true;
    this.inbox.length = 0;
    this.sometime(`${this.way}: closed`, () => this.events?.closed());
  }
}
