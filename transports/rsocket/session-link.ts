/**
 * A link that outlives its pipe: what is sent is kept until the other side has it, and goes out again over the next pipe
 * (Protocol.md: Resuming Operation). To the engine it is a link whose socket is full for a while. Which pipe comes next, and
 * how long that is awaited, is its keeper's to say: resuming.ts for a client, sessions.ts for a server.
 */
import { type Clock, type MeshError, meshError } from '../../framework/kernel.js';
import { readInt32 } from './bytes.js';
import { type Budget, History } from './history.js';
import type { Link, LinkEvents, LinkSession, Remote } from './link.js';
import { FrameType, HEADER } from './protocol.js';
import { encodePosition, readPosition, typeAt, writePosition } from './resume-frames.js';

/** After so many bytes the other side is told what has come, so that it need not keep it. */
const TELL = 64 * 1024;

/** Who decides how a session goes on. */
export interface Keeper {
  /** A frame of a pipe on which the session doesn't go on yet, or the first of one. True if it was for the keeper. */
  first(session: SessionLink, bytes: Uint8Array, start: number, end: number): boolean;
  /** SETUP asks for a session. Says why there can't be one. */
  keep(session: SessionLink, token: Uint8Array): string | undefined;
  /** The pipe is gone, and the session isn't over. */
  parted(session: SessionLink, error: Error | undefined): void;
  /** It is over, whatever the reason. */
  over(session: SessionLink): void;
}

export interface SessionOptions {
  readonly clock: Clock;
  /** Bytes of what was sent that are kept. */
  readonly bytes: number;
  readonly budget: Budget;
  /** A client's is kept from the beginning, a server's if SETUP asks for it. */
  readonly kept: boolean;
}

export class SessionLink implements Link, LinkSession {
  readonly name: string;
  readonly remote: Remote | undefined;
  readonly history: History;
  /** What has come of the other side's frames. */
  received = 0;
  /** It is to be resumed if the pipe is lost. */
  kept: boolean;
  /** Nothing has come yet, and the first frame may be one for the keeper. */
  private fresh: boolean;
  private toldClosed = false;
  private resumedAt = -Infinity;
  /** Frames go to the engine, and from it to the pipe. */
  private flowing = true;
  private over = false;
  private told = 0;
  private pipe: Pipe | undefined;
  private events: LinkEvents | undefined;
  private reading = true;
  /** The position of what would have gone next when the pipe was lost. */
  private partedAt = 0;
  private wanted = false;

  constructor(
    link: Link,
    private readonly keeper: Keeper,
    private readonly options: SessionOptions,
  ) {
    this.name = link.name;
    this.remote = link.remote;
    this.kept = options.kept;
    this.fresh = !options.kept;
    this.history = new History(options.bytes, options.budget);
    this.pipe = new Pipe(link, this);
  }

  get session(): LinkSession {
    return this;
  }

  get unsent(): number {
    if (this.flowing && this.pipe !== undefined) return this.pipe.link.unsent;
    return this.history.position - this.partedAt;
  }

  start(events: LinkEvents): void {
    this.events = events;
    this.pipe?.start();
  }

  write(run: Uint8Array, done?: () => void): boolean {
    if (this.over) {
      done?.();
      return true;
    }
    if (this.kept) this.history.add(run, (at) => this.stamp(run, at));
    if (this.flowing && this.pipe !== undefined) return this.pipe.link.write(run, done);
    done?.();
    this.wanted = true;
    if (this.history.first > this.partedAt) this.fail(this.broken('more has to be sent again than is kept'));
    return false;
  }

  pause(): void {
    this.reading = false;
    this.pipe?.link.pause();
  }

  resume(): void {
    this.reading = true;
    this.pipe?.link.resume();
  }

  end(): void {
    this.leave((link) => link.end());
  }

  destroy(): void {
    this.leave((link) => link.destroy());
  }

  observe(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < HEADER) return false;
    if (!this.flowing) {
      this.keeper.first(this, bytes, start, end);
      return true;
    }
    if (this.fresh) {
      this.fresh = false;
      return this.keeper.first(this, bytes, start, end);
    }
    if (!this.kept) return false;
    if (readInt32(bytes, start) !== 0) this.count(end - start);
    else if (typeAt(bytes, start) === FrameType.KEEPALIVE && end - start >= HEADER + 8) {
      const position = readPosition(bytes, start + HEADER);
      // One that doesn't count says 0, and what comes late says less than is known.
      if (position > this.history.first && !this.history.trim(position)) {
        this.fail(this.broken(`it has had ${position} bytes of ${this.history.position}`));
        return true;
      }
    }
    return false;
  }

  keep(token: Uint8Array): string | undefined {
    return this.keeper.keep(this, token);
  }

  silent(ms: number): boolean {
    if (!this.kept || this.over) return false;
    // What was silent may be the pipe before this one.
    if (this.flowing && this.options.clock.now() - this.resumedAt > ms) this.pipe?.link.destroy();
    return true;
  }

  /** A pipe on which it may go on: what comes goes to the keeper first. */
  tryOn(link: Link): void {
    this.drop();
    this.flowing = false;
    this.events?.renewed?.();
    this.pipe = new Pipe(link, this);
    this.pipe.start();
  }

  /** The pipe on which another session has begun, or would have. */
  take(other: SessionLink): void {
    const { pipe } = other;
    other.pipe = undefined;
    other.lose(undefined);
    this.drop();
    this.flowing = false;
    this.events?.renewed?.();
    if (pipe === undefined) return this.lose(undefined);
    pipe.owner = this;
    this.pipe = pipe;
  }

  /** Says something on a pipe on which the session doesn't go on yet, or won't. */
  say(run: Uint8Array): void {
    this.pipe?.link.write(run);
  }

  /** Why it can't go on with a client that has, and still has, so much; undefined if it can. */
  reasonNotTo({ received, first }: { readonly received: number; readonly first: number }): string | undefined {
    const { history } = this;
    if (first > this.received) return `the client has its frames from ${first} on, ${this.received} are here`;
    if (history.from(received) !== undefined) return undefined;
    return `the client has had ${received} bytes, those from ${history.first} to ${history.position} are here`;
  }

  /** Goes on, from what the other side has. False if that can't be: then nothing has changed. */
  goOn(position: number): boolean {
    const { pipe, history } = this;
    const again = history.from(position);
    if (pipe === undefined || again === undefined) return false;
    history.trim(position);
    this.flowing = true;
    this.told = this.received;
    this.resumedAt = this.options.clock.now();
    if (!this.reading) pipe.link.pause();
    let room = true;
    for (const run of again) room = pipe.link.write(run) && room;
    this.events?.resumed?.();
    if (room && this.wanted) {
      this.wanted = false;
      this.events?.drain();
    }
    return true;
  }

  /** It can't go on: the engine hears why. */
  fail(error: MeshError): void {
    if (this.over) return;
    this.finish();
    // Not ended in order: nobody would be left to end a pipe whose other side keeps it half open.
    this.pipe?.link.destroy();
    this.pipe = undefined;
    this.tellClosed(error);
  }

  /** Lets go of a pipe that came to nothing; the keeper is told as of any that is lost. */
  giveUp(): void {
    this.pipe?.link.destroy();
  }

  broken(why: string): MeshError {
    return meshError('Broken', `${this.name} could not be resumed: ${why}`, { code: 'MILLRACE_RESUME' });
  }

  late(ms: number, why = ''): MeshError {
    return meshError('Broken', `${this.name} was lost, and not resumed within ${ms} ms${why}`, {
      code: 'MILLRACE_RESUME',
    });
  }

  /** Kept by {@link Pipe}. */
  bytes(chunk: Uint8Array): void {
    this.events?.bytes(chunk);
  }

  frame(frame: Uint8Array): void {
    this.events?.frame(frame);
  }

  drain(): void {
    if (this.flowing) this.events?.drain();
  }

  woken(): void {
    if (this.flowing) this.events?.woken?.();
  }

  lose(error: Error | undefined): void {
    this.pipe = undefined;
    if (this.over || !this.kept) {
      this.finish();
      this.tellClosed(error);
      return;
    }
    if (this.flowing) this.partedAt = this.history.position;
    this.flowing = false;
    this.keeper.parted(this, error);
  }

  private drop(): void {
    const { pipe } = this;
    if (pipe === undefined) return;
    if (this.flowing) this.partedAt = this.history.position;
    pipe.owner = undefined;
    pipe.link.destroy();
    this.pipe = undefined;
  }

  private leave(how: (link: Link) => void): void {
    const { pipe } = this;
    this.finish();
    if (pipe === undefined) this.tellClosed();
    else how(pipe.link);
  }

  private tellClosed(error?: Error): void {
    if (this.toldClosed) return;
    this.toldClosed = true;
    this.events?.closed(error);
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.history.clear();
    this.keeper.over(this);
  }

  private count(length: number): void {
    this.received += length;
    if (this.received - this.told < TELL) return;
    this.told = this.received;
    this.pipe?.link.write(encodePosition(this.received));
  }

  /** Puts the position into a KEEPALIVE frame on its way out. */
  private stamp(run: Uint8Array, at: number): void {
    if (typeAt(run, at) !== FrameType.KEEPALIVE) return;
    writePosition(run, at + HEADER, this.received);
    this.told = this.received;
  }
}

/** One pipe, for whichever session it carries. */
class Pipe {
  constructor(
    readonly link: Link,
    public owner: SessionLink | undefined,
  ) {}

  start(): void {
    this.link.start({
      bytes: (chunk) => this.owner?.bytes(chunk),
      frame: (frame) => this.owner?.frame(frame),
      drain: () => this.owner?.drain(),
      closed: (error) => this.owner?.lose(error),
      woken: () => this.owner?.woken(),
    });
  }
}
