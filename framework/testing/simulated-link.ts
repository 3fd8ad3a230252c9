/** One side of a simulated connection, as the engine of RSocket sees it. */
import type { Link, LinkEvents } from '../../transports/rsocket/index.js';
import type { Fabric } from './fabric.js';
import type { Life, Mortal } from './life.js';
import type { Pipe, PipeReader, PipeWriter } from './pipe.js';

/** The two directions, as one side sees them. */
export interface Directions {
  readonly incoming: Pipe;
  readonly outgoing: Pipe;
}

export class SimulatedLink implements Link, PipeReader, PipeWriter, Mortal {
  gone = false;
  private events: LinkEvents | undefined;
  private paused = false;
  private ending = false;
  private endSeen = false;
  private endTaken = false;
  private failure: Error | undefined;

  constructor(
    readonly name: string,
    private readonly fabric: Fabric,
    private readonly life: Life,
    private readonly pipes: Directions,
  ) {
    pipes.incoming.readBy(this);
    pipes.outgoing.writtenBy(this);
    life.mortals.add(this);
  }

  start(events: LinkEvents): void {
    if (!this.life.alive) return;
    this.events = events;
    if (this.gone) this.tellSoon();
    else this.pipes.incoming.resume();
  }

  write(run: Uint8Array, done?: () => void): boolean {
    const more = this.gone || this.ending || this.pipes.outgoing.write(new Uint8Array(run));
    done?.();
    return more;
  }

  get unsent(): number {
    return this.pipes.outgoing.unsent;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    if (!this.gone) this.pipes.incoming.resume();
  }

  end(): void {
    if (this.gone || this.ending) return;
    this.ending = true;
    this.pipes.outgoing.end();
  }

  destroy(): void {
    if (this.gone) return;
    this.leave();
    this.tellSoon();
  }

  /** The host has crashed: the program hears nothing. */
  die(): void {
    this.events = undefined;
    this.leave();
  }

  get reading(): boolean {
    return this.events !== undefined && !this.paused;
  }

  opened(): void {}

  bytes(chunk: Uint8Array): void {
    this.events?.bytes(chunk);
  }

  ended(): void {
    this.endSeen = true;
    this.end();
    this.closeInOrder();
  }

  endArrived(): void {
    this.endTaken = true;
    this.closeInOrder();
  }

  drained(): void {
    if (!this.gone) this.events?.drain();
  }

  reset(why: string): void {
    if (this.gone) return;
    this.fabric.counts.reset += 1;
    this.fail(why);
  }

  broke(why: string): void {
    if (!this.gone) this.fail(why);
  }

  refuse(): void {
    this.pipes.outgoing.abandon();
  }

  private fail(why: string): void {
    this.failure = new Error(why);
    this.leave();
    this.tell();
  }

  private closeInOrder(): void {
    if (this.gone || !this.endSeen || !this.endTaken) return;
    this.gone = true;
    this.life.mortals.delete(this);
    this.pipes.incoming.letGo();
    this.pipes.outgoing.letGo();
    this.tell();
  }

  /** Leaves without waiting for anything; the other side sees a reset. */
  private leave(): void {
    this.gone = true;
    this.life.mortals.delete(this);
    this.pipes.incoming.letGo();
    this.pipes.outgoing.abandon();
  }

  private tellSoon(): void {
    this.fabric.clock.after(0, () => this.tell());
  }

  private tell(): void {
    const { events } = this;
    this.events = undefined;
    events?.closed(this.failure);
  }
}
