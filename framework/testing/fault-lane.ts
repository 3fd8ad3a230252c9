/** One direction of a connection through a fault proxy: bytes are changed, cut, held up or lost, and then sent on. */
import type { Socket } from 'node:net';
import type { Clock, Stop } from '../core/index.js';
import { type Dose, within } from './toxics.js';

/** How much passed, and what was done to it. */
export interface ProxyCounts {
  /** Connections that came. */
  accepted: number;
  /** Bytes that were sent on, and that were not. */
  passed: number;
  swallowed: number;
  /** Bits that were flipped. */
  corrupted: number;
  /** Connections that were closed, and that were reset, by the proxy. */
  closed: number;
  reset: number;
}

/** A toxic as one direction of one connection has it. */
export interface Active {
  readonly dose: Dose;
  readonly random: () => number;
  /** Bytes until a limit, or until the next bit that is flipped. */
  left: number;
}

export interface LaneOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly clock: Clock;
  readonly counts: ProxyCounts;
  /** Bytes that may be held up before the sender is asked to wait. */
  readonly buffer: number;
  /** What is done to this direction now. */
  active(): readonly Active[];
  /** Ends the connection at once. */
  cut(reset: boolean): void;
}

/** Bytes on their way, or the end; `sent` once they are. */
interface Held {
  readonly bytes: Uint8Array | undefined;
  readonly due: number;
  readonly sent: (() => void) | undefined;
}

/** A slow line sends on in pieces of so many milliseconds. */
const STEP = 20;

export class Lane {
  /** It has ended, and the other side was not told. */
  unheard = false;
  private readonly held: Held[] = [];
  private heldBytes = 0;
  /** When what came last is due, and when the line is free. */
  private due = 0;
  private free = 0;
  private wait: Stop | undefined;
  private blocked = false;
  private over = false;

  constructor(private readonly options: LaneOptions) {
    const { from, to } = options;
    from.on('data', (chunk: Uint8Array) => this.take(chunk));
    from.on('end', () => this.end());
    to.on('drain', () => {
      this.blocked = false;
      this.flow();
    });
  }

  stop(): void {
    this.over = true;
    this.wait?.();
    this.held.length = 0;
  }

  private take(chunk: Uint8Array): void {
    if (this.over) return;
    const { counts, cut } = this.options;
    const active = this.options.active();
    if (active.some(({ dose }) => dose.kind === 'timeout' || dose.kind === 'half_open')) {
      counts.swallowed += chunk.length;
      return;
    }
    let bytes = chunk;
    for (const each of active) if (each.dose.kind === 'corrupt') bytes = this.corrupted(bytes, each);
    for (const each of active) {
      if (each.dose.kind !== 'limit_data') continue;
      if (bytes.length >= each.left) {
        const { reset } = each.dose;
        this.send(bytes.subarray(0, each.left), active, () => cut(reset));
        this.over = true;
        return;
      }
      each.left -= bytes.length;
    }
    this.send(bytes, active, undefined);
  }

  private end(): void {
    const active = this.options.active();
    if (this.over) return;
    if (active.some(({ dose }) => dose.kind === 'half_open')) {
      this.unheard = true;
      return;
    }
    const slow = active.filter(({ dose }) => dose.kind === 'slow_close').map(({ dose }) => dose.time);
    const due = Math.max(this.due, this.options.clock.now()) + Math.max(0, ...slow);
    this.hold({ bytes: undefined, due, sent: undefined });
  }

  private corrupted(bytes: Uint8Array, each: Active): Uint8Array {
    if (bytes.length <= each.left) {
      each.left -= bytes.length;
      return bytes;
    }
    const changed = Uint8Array.from(bytes);
    let at = each.left;
    for (; at < changed.length; at += within(each.dose.bytes, each.random())) {
      changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(each.random() * 8));
      this.options.counts.corrupted += 1;
    }
    each.left = at - changed.length;
    return changed;
  }

  /** In pieces, each when it is due; `then` after the last. */
  private send(bytes: Uint8Array, active: readonly Active[], then: (() => void) | undefined): void {
    const slicers = active.filter(({ dose }) => dose.kind === 'slicer');
    const lines = active.filter(({ dose }) => dose.kind === 'bandwidth').map(({ dose }) => dose.bytes[0]);
    const rate = Math.min(Infinity, ...lines);
    const late = active.filter(({ dose }) => dose.kind === 'latency');
    const now = this.options.clock.now();
    const after = late.reduce((sum, { dose, random }) => sum + dose.time + dose.jitter * (2 * random() - 1), 0);
    let due = Math.max(this.due, now + Math.max(0, after));
    for (let start = 0; start < bytes.length || (start === 0 && then !== undefined);) {
      const most = Math.max(1, Math.floor((rate * STEP) / 1000));
      const sliced = slicers.map(({ dose, random }) => within(dose.bytes, random()));
      const length = Math.min(bytes.length - start, most, ...sliced);
      if (start > 0) for (const { dose } of slicers) due += dose.time;
      if (rate < Infinity) {
        this.free = Math.max(this.free, due) + (length * 1000) / rate;
        due = this.free;
      }
      const last = start + length >= bytes.length;
      this.hold({ bytes: bytes.subarray(start, start + length), due, sent: last ? then : undefined });
      start += Math.max(1, length);
    }
    this.due = due;
  }

  private hold(each: Held): void {
    this.held.push(each);
    this.heldBytes += each.bytes?.length ?? 0;
    if (this.held.length === 1) this.pass();
    this.flow();
  }

  /** Sends on what is due, and waits for the rest. */
  private pass(): void {
    const { clock, to, counts } = this.options;
    for (let [first] = this.held; first !== undefined; [first] = this.held) {
      const left = first.due - clock.now();
      if (left > 0) {
        this.wait = clock.after(left, () => this.pass(), true);
        return;
      }
      this.held.shift();
      this.deliver(first, to, counts);
    }
    this.flow();
  }

  private deliver({ bytes, sent }: Held, to: Socket, counts: ProxyCounts): void {
    if (bytes === undefined) return void to.end();
    this.heldBytes -= bytes.length;
    counts.passed += bytes.length;
    if (to.destroyed) return;
    if (!to.write(bytes, sent === undefined ? undefined : () => sent())) this.blocked = true;
  }

  private flow(): void {
    const { from, buffer } = this.options;
    if (this.blocked || this.heldBytes > buffer) from.pause();
    else from.resume();
  }
}
