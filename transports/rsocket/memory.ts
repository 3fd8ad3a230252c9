/** RSocket inside a process: the same frames, with no socket between. */
import { meshError, nextTurn, type Wire } from '../../framework/kernel.js';
import { copyOf } from './bytes.js';
import type { Link, LinkEvents, Transport } from './link.js';
import { wireOf } from './wire.js';

const HIGH_WATER = 64 * 1024;

/** A place of its own: who dials this value reaches who listens at it. */
export function memory(name = 'memory'): Transport & Wire {
  let accepting: ((link: Link) => void) | undefined;
  return wireOf({
    name: `memory://${name}`,
    dial() {
      if (accepting === undefined)
        return Promise.reject(meshError('Unavailable', `nobody listens at memory://${name}`));
      const [here, there] = pair(name);
      accepting(there);
      return Promise.resolve(here);
    },
    bind(accept) {
      if (accepting !== undefined) return Promise.reject(meshError('Unavailable', `memory://${name} is taken`));
      accepting = accept;
      const close = (): Promise<void> => {
        accepting = undefined;
        return Promise.resolve();
      };
      return Promise.resolve({ address: { host: name, port: 0 }, close });
    },
  });
}

function pair(name: string): readonly [Link, Link] {
  const here = new MemoryLink(`memory ${name}`);
  const there = new MemoryLink(`memory ${name}`);
  here.other = there;
  there.other = here;
  return [here, there];
}

class MemoryLink implements Link {
  other: MemoryLink | undefined;
  unsent = 0;
  private events: LinkEvents | undefined;
  private inbox: Uint8Array[] = [];
  private paused = false;
  private carrying = false;
  private ending = false;
  private closed = false;
  private full = false;

  constructor(readonly name: string) {}

  start(events: LinkEvents): void {
    this.events = events;
    this.carry();
  }

  write(run: Uint8Array, done?: () => void): boolean {
    const { other } = this;
    if (!this.closed && other !== undefined && !other.closed) {
      other.inbox.push(copyOf(run));
      this.unsent += run.length;
      other.carry();
    }
    done?.();
    this.full = this.unsent >= HIGH_WATER;
    return !this.full;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.carry();
  }

  end(): void {
    this.ending = true;
    this.other?.carry();
  }

  destroy(): void {
    this.close();
    this.other?.close();
  }

  /** Hands over what has come, in a turn of its own. */
  private carry(): void {
    if (this.carrying || this.events === undefined) return;
    this.carrying = true;
    nextTurn(() => {
      this.carrying = false;
      this.handOver();
    });
  }

  private handOver(): void {
    const { other } = this;
    while (!this.paused && !this.closed && this.inbox.length > 0) {
      const runs = this.inbox;
      this.inbox = [];
      for (const run of runs) {
        if (other !== undefined) other.unsent -= run.length;
        this.events?.bytes(run);
      }
    }
    if (other === undefined) return;
    if (other.full && other.unsent < HIGH_WATER) {
      other.full = false;
      other.events?.drain();
    }
    if (other.ending && this.inbox.length === 0) this.destroy();
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.inbox = [];
    nextTurn(() => this.events?.closed());
  }
}
