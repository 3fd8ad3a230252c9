/**
 * The end of a connection in good order. RSocket's CONNECTION_CLOSE ends a connection with what is open on it, and doesn't say
 * which requests had been read. So who leaves tells a Millrace peer first, by a METADATA_PUSH with an entry of its own; that one
 * makes no more requests, and says so behind all that it has sent, which is waited for, a second at most. From others new
 * requests are REJECTED. CONNECTION_CLOSE is said once nothing is open any more.
 */
import type { Clock, Stop } from '../../framework/kernel.js';
import { EMPTY } from './bytes.js';
import { compositeMetadata, entryOf } from './composite.js';

const DRAIN = 'message/x.millrace.drain.v0';

/** Says that whoever sends it makes no more requests, and takes none. */
export const LEAVING = compositeMetadata([[DRAIN, EMPTY]]);

export function saysLeaving(metadata: Uint8Array): boolean {
  return entryOf(metadata, DRAIN) !== undefined;
}

/** Milliseconds that a peer gets to answer. */
const PATIENCE = 1000;

export class Farewell {
  private said = false;
  private awaiting = false;
  private late: Stop | undefined;

  /** `say` tells a Millrace peer; `over` is called when it will say nothing more. */
  constructor(
    private readonly clock: Clock,
    private readonly say: () => void,
    private readonly over: () => void,
  ) {}

  /** Whether no new requests are made. */
  get begun(): boolean {
    return this.said;
  }

  /** Whether the peer may still send requests that it made before it knew. */
  get pending(): boolean {
    return this.awaiting;
  }

  /** This side closes; `answered` says whether the peer is one that answers. */
  begin(answered: boolean): void {
    if (this.said) return;
    this.said = true;
    this.awaiting = answered;
    if (!answered) return;
    this.say();
    this.late = this.clock.after(PATIENCE, () => this.heard(false));
  }

  /** The peer makes no more requests, or has taken too long to say so; `answer` says whether it waits to be told the same. */
  heard(answer: boolean): void {
    this.late?.();
    this.awaiting = false;
    if (!this.said) {
      this.said = true;
      if (answer) this.say();
    }
    this.over();
  }

  stop(): void {
    this.late?.();
  }
}
