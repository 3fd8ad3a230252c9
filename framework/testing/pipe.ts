/** One direction of a simulated connection: segments that arrive in the order they were sent in, or never. */
import type { Stop } from '../core/index.js';
import type { Fabric, Path } from './fabric.js';
import { hashOf } from './trace-log.js';

/** The side that a pipe leads to. */
export interface PipeReader {
  /** Takes bytes now. */
  readonly reading: boolean;
  readonly gone: boolean;
  /** The connection has come about. */
  opened(): void;
  bytes(chunk: Uint8Array): void;
  /** The other side has ended its direction. */
  ended(): void;
  reset(why: string): void;
  /** Something has come for a connection that isn't any more: says so to the other side. */
  refuse(): void;
}

/** The side that a pipe comes from. */
export interface PipeWriter {
  readonly gone: boolean;
  /** There is room again. */
  drained(): void;
  /** The end of this direction has arrived. */
  endArrived(): void;
  /** What was written can't get through. */
  broke(why: string): void;
}

/** `open`, `end` and `reset` are TCP's SYN's end, FIN and RST; `fault` resets both sides; `lost` was lost too often. */
type Kind = 'open' | 'data' | 'end' | 'reset' | 'fault' | 'lost';

interface Segment {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
  readonly stamp: number;
  at: number;
}

const NOTHING = new Uint8Array(0);

export class Pipe {
  /** Bytes that were sent and that the reader hasn't taken. */
  unsent = 0;
  private segments: Segment[] = [];
  private latest = 0;
  private reader: PipeReader | undefined;
  private writer: PipeWriter | undefined;
  private alarm: Stop | undefined;
  /** Since a way isn't open. */
  private held = false;
  private patience: Stop | undefined;
  private full = false;
  private drain: Stop | undefined;

  /** `label` is for the log: `home:49152 > catalog:7001`. */
  constructor(
    private readonly fabric: Fabric,
    private readonly path: Path,
    private readonly label: string,
  ) {
    path.users.add(this);
  }

  readBy(reader: PipeReader): void {
    this.reader = reader;
  }

  writtenBy(writer: PipeWriter): void {
    this.writer = writer;
  }

  open(): void {
    this.send('open', NOTHING);
  }

  /** False asks to wait for `drained`. */
  write(bytes: Uint8Array): boolean {
    const { fabric } = this;
    this.unsent += bytes.length;
    let rest = bytes;
    while (rest.length > 1 && fabric.happens(fabric.faults.splits)) {
      const length = 1 + Math.floor(fabric.chance() * (rest.length - 1));
      this.send('data', rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    if (rest !== bytes) fabric.counts.split += 1;
    this.send('data', rest);
    this.full = this.unsent >= fabric.faults.highWater;
    return !this.full;
  }

  end(): void {
    this.send('end', NOTHING);
  }

  /** The writer has gone for good: tells the reader so, if it can. Nothing is sent again any more. */
  abandon(): void {
    if (this.path.way !== 'open') this.clear();
    else if (!this.segments.some(({ kind }) => kind === 'reset')) this.send('reset', NOTHING);
    this.letGo();
  }

  /** The reader reads on. */
  resume(): void {
    this.arm();
  }

  /** One side has gone; with the other the pipe ends too. */
  letGo(): void {
    if (this.reader?.gone === false || this.writer?.gone === false) return;
    this.clear();
    this.path.users.delete(this);
  }

  wayChanged(): void {
    if (!this.held) return;
    if (this.path.way === 'open') this.release();
    else this.loseHeart();
  }

  private send(kind: Kind, bytes: Uint8Array): void {
    const { fabric, path } = this;
    const fate = path.local ? { kind, wait: 0 } : this.fateOf(kind);
    if (fate === undefined) return;
    this.latest = Math.max(this.latest, fabric.clock.now() + fate.wait);
    this.segments.push({ kind: fate.kind, bytes, stamp: fabric.stamp(), at: this.latest });
    this.arm();
  }

  /** Draws what becomes of a segment; a lost reset is lost for good. */
  private fateOf(kind: Kind): { readonly kind: Kind; readonly wait: number } | undefined {
    const { fabric } = this;
    const { loss, resets, attempts, retransmit } = fabric.faults;
    if (kind !== 'reset' && fabric.happens(resets)) return { kind: 'fault', wait: fabric.delay(this.path) };
    let wait = 0;
    let pause = retransmit;
    for (let losses = 1; fabric.happens(loss); losses++) {
      fabric.counts.lost += 1;
      fabric.log.add(`${this.label} ${kind} lost`);
      if (kind === 'reset') return undefined;
      wait += pause;
      pause *= 2;
      if (losses === attempts) return { kind: 'lost', wait };
    }
    return { kind, wait: wait + fabric.delay(this.path) };
  }

  /** Sets the one timer, for the first segment, unless something else has to happen before. */
  private arm(): void {
    const first = this.segments[0];
    if (first === undefined || this.alarm !== undefined || this.held || this.stopped(first)) return;
    const { clock } = this.fabric;
    this.alarm = clock.after(first.at - clock.now(), () => {
      this.alarm = undefined;
      if (this.path.way === 'open') this.flow();
      else this.hold();
    });
  }

  /** Whether a reader that doesn't read is in the way. */
  private stopped({ kind }: Segment): boolean {
    return (kind === 'data' || kind === 'end') && this.reader?.reading === false && !this.reader.gone;
  }

  /** Hands over what has arrived. */
  private flow(): void {
    const now = this.fabric.clock.now();
    for (let first = this.segments[0]; first !== undefined; first = this.segments[0]) {
      if (first.at > now || this.stopped(first)) return this.arm();
      if (first.kind === 'data') this.handOver(this.takeData(now));
      else {
        this.segments.shift();
        this.fabric.arrived(this.path, first.stamp);
        this.signal(first.kind);
      }
    }
  }

  /** The bytes that have arrived, as one piece: as much as a read finds. */
  private takeData(now: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (let first = this.segments[0]; first?.kind === 'data' && first.at <= now; first = this.segments[0]) {
      this.segments.shift();
      this.fabric.arrived(this.path, first.stamp);
      pieces.push(first.bytes);
      length += first.bytes.length;
    }
    const [only] = pieces;
    if (only !== undefined && pieces.length === 1) return only;
    const joined = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }

  private handOver(bytes: Uint8Array): void {
    const { fabric, reader } = this;
    this.unsent -= bytes.length;
    if (this.full) this.makeRoom();
    if (reader?.gone !== false) return this.turnAway('data');
    fabric.log.add(`${this.label} data ${bytes.length} #${hashOf(bytes)}`);
    reader.bytes(bytes);
  }

  private signal(kind: Exclude<Kind, 'data'>): void {
    const { reader, writer } = this;
    this.fabric.log.add(`${this.label} ${kind}`);
    if (kind === 'lost') {
      this.clear();
      writer?.broke('what was sent was lost too often');
    } else if (kind === 'reset') reader?.reset('reset by the other side');
    else if (reader?.gone !== false) this.turnAway(kind);
    else if (kind === 'open') reader.opened();
    else if (kind === 'end') {
      reader.ended();
      writer?.endArrived();
    } else {
      reader.reset('reset on the way');
      reader.refuse();
    }
  }

  private turnAway(kind: Kind): void {
    this.fabric.log.add(`${this.label} ${kind} for nobody`);
    this.reader?.refuse();
  }

  /** The writer hears of the room as soon as an acknowledgement can have come back. */
  private makeRoom(): void {
    const { fabric } = this;
    const { highWater } = fabric.faults;
    if (this.unsent >= highWater || this.drain !== undefined) return;
    this.drain = fabric.clock.after(fabric.delay(this.path), () => {
      this.drain = undefined;
      if (this.unsent >= highWater) return;
      this.full = false;
      this.writer?.drained();
    });
  }

  private hold(): void {
    this.held = true;
    this.fabric.blocked(this.path);
    this.fabric.log.add(`${this.label} held up: the way is ${this.path.way}`);
    if (this.writer?.gone === false) this.loseHeart();
    else this.clear();
  }

  /** A partition is borne for so long only; silence is not noticed. */
  private loseHeart(): void {
    if (this.path.way !== 'cut' || this.patience !== undefined) return;
    const { clock, faults, counts, log } = this.fabric;
    this.patience = clock.after(faults.timeout, () => {
      counts.timedOut += 1;
      log.add(`${this.label} timed out`);
      this.writer?.broke(`nothing got through within ${faults.timeout} ms`);
    });
  }

  /** The way is open again: what was held up is sent again, in order. */
  private release(): void {
    const { fabric } = this;
    this.held = false;
    this.patience?.();
    this.patience = undefined;
    const { chance, clock, faults } = fabric;
    const back = clock.now() + Math.ceil(chance() * faults.retransmit) + fabric.delay(this.path);
    this.latest = Math.max(this.latest, back);
    for (const segment of this.segments) segment.at = Math.max(segment.at, back);
    this.arm();
  }

  private clear(): void {
    this.segments = [];
    this.unsent = 0;
    this.held = false;
    for (const stop of [this.alarm, this.patience, this.drain]) stop?.();
    this.alarm = this.patience = this.drain = undefined;
  }
}
