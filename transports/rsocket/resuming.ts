/** A client's session: after its pipe is lost it dials again, and asks to go on where it was. */
import { asMeshError, Backoff, type Clock, type Stop } from '../../framework/kernel.js';
import { readUint32, text } from './bytes.js';
import { dial } from './dial.js';
import type { Limits } from './limits.js';
import type { Link, Transport } from './link.js';
import { ErrorCode, FrameType, HEADER } from './protocol.js';
import { encodeResume, readPosition, typeAt } from './resume-frames.js';
import { type Keeper, SessionLink } from './session-link.js';

/** Milliseconds before the second attempt, and the longest pause before a further one; the first is at once. */
const PAUSE = 100;
const LONGEST = 10_000;
/** Milliseconds that a server gets to answer RESUME. */
const PATIENCE = 10_000;
const TOKEN = 32;

export interface ResumingOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly token: Uint8Array;
}

/** A token that nobody can guess. */
export function newToken(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(TOKEN));
}

export class Resuming implements Keeper {
  private readonly backoff: Backoff;
  private tried = false;
  private end: Stop | undefined;
  private wait: Stop | undefined;
  private isOver = false;
  private dialling = false;
  /** Why the last attempt came to nothing. */
  private why = 'it was lost';

  constructor(
    private readonly transport: Transport,
    private readonly options: ResumingOptions,
  ) {
    this.backoff = new Backoff(
      options.clock,
      () => PAUSE,
      () => LONGEST,
    );
  }

  /** The link for the engine of a connection that has just been dialled. */
  of(link: Link): SessionLink {
    const { clock, limits } = this.options;
    const budget = { used: 0, most: limits.resumeBytes };
    return new SessionLink(link, this, { clock, bytes: limits.resumeBytes, budget, kept: true });
  }

  first(session: SessionLink, bytes: Uint8Array, start: number, end: number): boolean {
    const type = typeAt(bytes, start);
    const said = end - start - HEADER;
    if (type === FrameType.RESUME_OK && said >= 8) {
      this.stopWaiting();
      const position = readPosition(bytes, start + HEADER);
      if (session.goOn(position)) this.settle();
      else session.fail(session.broken(`the server has had ${position} bytes, of which not all others are here`));
    } else if (type === FrameType.ERROR && said >= 4) {
      const code = readUint32(bytes, start + HEADER);
      this.why = text(bytes.subarray(start + HEADER + 4, Math.min(end, start + HEADER + 1024)));
      const passing = code === ErrorCode.REJECTED_SETUP || code === ErrorCode.CONNECTION_CLOSE;
      if (passing) session.giveUp();
      else session.fail(session.broken(this.why));
    } else {
      this.why = 'the server answered RESUME with something else';
      session.giveUp();
    }
    return true;
  }

  keep(): string {
    return 'a client grants no sessions';
  }

  parted(session: SessionLink, error: Error | undefined): void {
    const { clock, limits } = this.options;
    this.stopWaiting();
    if (error !== undefined) this.why = error.message;
    const { resumeTime } = limits;
    this.end ??= clock.after(resumeTime, () => session.fail(session.late(resumeTime, `: ${this.why}`)));
    if (this.dialling) return;
    const pause = this.tried ? this.backoff.next() : 0;
    this.tried = true;
    this.wait = clock.after(pause, () => void this.dial(session), true);
  }

  over(): void {
    this.isOver = true;
    this.stopWaiting();
    this.end?.();
  }

  private async dial(session: SessionLink): Promise<void> {
    this.dialling = true;
    let link: Link;
    try {
      link = await dial(this.transport, this.options.clock, this.options.limits.dialTime);
    } catch (error) {
      this.dialling = false;
      if (!this.isOver) this.parted(session, asMeshError(error));
      return;
    }
    this.dialling = false;
    if (this.isOver) return link.destroy();
    this.wait = this.options.clock.after(PATIENCE, () => {
      this.why = `the server did not answer RESUME within ${PATIENCE} ms`;
      session.giveUp();
    });
    session.tryOn(link);
    session.say(encodeResume({ token: this.options.token, received: session.received, first: session.history.first }));
  }

  private settle(): void {
    this.end?.();
    this.end = undefined;
    this.tried = false;
    this.backoff.reset();
  }

  private stopWaiting(): void {
    this.wait?.();
    this.wait = undefined;
  }
}
