/**
 * The end of a connection in good order. RSocket's CONNECTION_CLOSE says that no requests will come any more, but not which of
 * the other side's had been read: those on their way would be lost. So a Millrace peer answers it with one of its own, behind
 * all that it has sent, and who closes waits for that; a peer that doesn't answer is waited for a second.
 */
import type { Clock, Stop } from '../../framework/kernel.js';

/** Milliseconds that a peer gets to answer. */
const PATIENCE = 1000;

export class Farewell {
  private said = false;
  private awaiting = false;
  private late: Stop | undefined;

  /** `say` sends CONNECTION_CLOSE; `over` is called when nothing more will come. */
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
    this.say();
    if (answered) this.late = this.clock.after(PATIENCE, () => this.heard(false));
  }

  /** The peer has said CONNECTION_CLOSE, or won't; `answer` says whether it waits for ours. */
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
