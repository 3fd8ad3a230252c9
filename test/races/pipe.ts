/** A memory pipe whose deliveries are tasks of a scheduler, frame by frame: each may come before or after anything else that waits. */
import { type Bound, FrameType, type Link, type LinkEvents, type Transport } from 'millrace/rsocket';
import type { Scheduler } from 'fast-check';

export interface Pipe {
  readonly transport: Transport;
  /** Loses what is on its way, but for the first bytes of a frame in each direction; both sides hear of it when their turn comes. */
  cut(torn: number): void;
  /** It was cut, and nobody has dialled since. */
  readonly lost: boolean;
}

/** Writers are asked to wait while so many bytes are on their way. */
export function racedPipe(scheduler: Scheduler, room: number): Pipe {
  let accepting: ((link: Link) => void) | undefined;
  let present: readonly [Side, Side] | undefined;
  let lost = false;
  return {
    transport: {
      name: 'race',
      async dial() {
        await scheduler.schedule(Promise.resolve(), 'dial');
        if (accepting === undefined) throw new Error('nobody listens');
        const here = new Side('client', scheduler, room);
        const there = new Side('server', scheduler, room);
        here.other = there;
        there.other = here;
        present = [here, there];
        lost = false;
        accepting(there);
        return here;
      },
      bind(accept): Promise<Bound> {
        accepting = accept;
        const close = (): Promise<void> => {
          accepting = undefined;
          return Promise.resolve();
        };
        return Promise.resolve({ address: { host: 'race', port: 0 }, close });
      },
    },
    get lost() {
      return lost;
    },
    cut(torn) {
      lost = true;
      for (const side of present ?? []) side.lose(torn);
    },
  };
}

const PREFIX = 3;
const END = new Uint8Array(0);

class Side implements Link {
  readonly name = 'race';
  other: Side | undefined;
  unsent = 0;
  private events: LinkEvents | undefined;
  /** Frames with their lengths, and the end. */
  private inbox: Uint8Array[] = [];
  /** Deliveries that came while nothing was to be read. */
  private held = 0;
  private reading = true;
  private full = false;
  private gone = false;

  constructor(
    private readonly who: string,
    private readonly scheduler: Scheduler,
    private readonly room: number,
  ) {}

  start(events: LinkEvents): void {
    this.events = events;
    this.release();
  }

  write(run: Uint8Array, done?: () => void): boolean {
    const bytes = Buffer.from(run);
    for (let at = 0; at < bytes.length && !this.gone;) {
      const end = at + PREFIX + bytes.readUIntBE(at, PREFIX);
      this.unsent += end - at;
      this.other?.expect(bytes.subarray(at, end), nameOf(bytes, at));
      at = end;
    }
    done?.();
    this.full = !this.gone && this.unsent >= this.room;
    return !this.full;
  }

  pause(): void {
    this.reading = false;
  }

  resume(): void {
    this.reading = true;
    this.release();
  }

  end(): void {
    if (this.gone) return;
    this.gone = true;
    this.other?.expect(END, 'the end');
  }

  destroy(): void {
    this.inbox = [];
    this.end();
    this.close();
  }

  lose(torn: number): void {
    const [first] = this.inbox;
    this.inbox = [];
    this.gone = true;
    if (first !== undefined && this.reading) this.events?.bytes(first.subarray(0, Math.min(torn, first.length - 1)));
    this.close();
  }

  private expect(piece: Uint8Array, what: string): void {
    this.inbox.push(piece);
    void this.scheduler.schedule(Promise.resolve(), `${what} → ${this.who}`).then(() => this.deliver());
  }

  private deliver(): void {
    if (!this.reading || this.events === undefined) this.held += 1;
    else {
      const { other } = this;
      const piece = this.inbox.shift();
      if (piece === undefined || other === undefined) return;
      if (piece === END) {
        this.gone = true;
        this.close();
        return other.close();
      }
      other.unsent -= piece.length;
      this.events.bytes(piece);
      other.drain();
    }
  }

  private drain(): void {
    if (!this.full || this.unsent >= this.room) return;
    this.full = false;
    this.events?.drain();
  }

  private release(): void {
    const { held } = this;
    this.held = 0;
    for (let turn = 0; turn < held; turn++)
      void this.scheduler.schedule(Promise.resolve(), `what was held → ${this.who}`).then(() => this.deliver());
  }

  private close(): void {
    const { events } = this;
    this.events = undefined;
    if (events === undefined) return;
    void this.scheduler.schedule(Promise.resolve(), `the ${this.who} hears of the end`).then(() => events.closed());
  }
}

function nameOf(bytes: Buffer, at: number): string {
  const type = bytes.readUInt16BE(at + PREFIX + 4) >>> 10;
  const [name] = Object.entries(FrameType).find(([, value]) => value === type) ?? ['?'];
  return `${name} ${bytes.readUInt32BE(at + PREFIX)}`;
}
