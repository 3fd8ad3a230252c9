/** A server's sessions: connections that were lost, or may be, and which of them a RESUME goes on with. */
import type { Clock, Stop } from '../../framework/kernel.js';
import { bytesOf, readInt32 } from './bytes.js';
import type { Budget } from './history.js';
import type { Limits } from './limits.js';
import type { Link } from './link.js';
import { ErrorCode, FrameType } from './protocol.js';
import { encodeError, encodeResumeOk, parseResume, typeAt } from './resume-frames.js';
import { type Keeper, SessionLink } from './session-link.js';

export class Sessions implements Keeper {
  private readonly byToken = new Map<string, SessionLink>();
  private readonly tokens = new Map<SessionLink, string>();
  private readonly ends = new Map<SessionLink, Stop>();
  private readonly budget: Budget;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {
    this.budget = { used: 0, most: limits.resumeTotal };
  }

  /** The link for an engine of a connection that has come. */
  of(link: Link): SessionLink {
    return new SessionLink(link, this, {
      clock: this.clock,
      bytes: this.limits.resumeBytes,
      budget: this.budget,
      kept: false,
    });
  }

  first(session: SessionLink, bytes: Uint8Array, start: number, end: number): boolean {
    if (typeAt(bytes, start) !== FrameType.RESUME || this.tokens.has(session)) return false;
    if (readInt32(bytes, start) !== 0) return false;
    const read = parseResume(bytes, start, end);
    const refuse = (why: string): true => {
      session.say(encodeError(ErrorCode.REJECTED_RESUME, bytesOf(why)));
      session.end();
      return true;
    };
    if (typeof read === 'string') return refuse(read);
    const found = this.byToken.get(keyOf(read.token));
    if (found === undefined) return refuse('there is no such session');
    // A token alone doesn't make one whom a certificate names somebody else.
    if (found.remote?.identity !== session.remote?.identity) return refuse('there is no such session');
    const why = found.reasonNotTo(read);
    if (why !== undefined) {
      found.fail(found.broken(why));
      return refuse(why);
    }
    this.ends.get(found)?.();
    this.ends.delete(found);
    found.take(session);
    found.say(encodeResumeOk(found.received));
    found.goOn(read.received);
    return true;
  }

  keep(session: SessionLink, token: Uint8Array): string | undefined {
    const key = keyOf(token);
    if (this.byToken.has(key)) return 'the resume token is in use';
    this.byToken.set(key, session);
    this.tokens.set(session, key);
    session.kept = true;
    return undefined;
  }

  parted(session: SessionLink): void {
    const { resumeTime } = this.limits;
    this.ends.get(session)?.();
    this.ends.set(
      session,
      this.clock.after(resumeTime, () => session.fail(session.late(resumeTime))),
    );
  }

  over(session: SessionLink): void {
    this.ends.get(session)?.();
    this.ends.delete(session);
    const key = this.tokens.get(session);
    if (key === undefined) return;
    this.tokens.delete(session);
    this.byToken.delete(key);
  }
}

function keyOf(token: Uint8Array): string {
  return String.fromCharCode(...token);
}
