/** Calls that wait for an endpoint: the dearest first, and of those the ones that came first. */
import type { MeshError, Priority } from '../core/index.js';

export interface WaitingCall {
  readonly priority: Priority;
  /** Whether only some endpoints would do for it, so that others may go though it can't. */
  readonly particular: boolean;
  /** Leaves the queue and begins, if it can; says whether it has. */
  go(): boolean;
  shed(error: MeshError): void;
}

/** From what goes first to what is shed first. */
const ORDER: readonly Priority[] = ['critical', 'default', 'degraded', 'bulk'];

/**
 * A bounded queue by priority. When it is full, a dearer call takes the place of the least dear one that has waited longest, whose
 * caller is the likeliest to have no time left for it anyway; one that is not dearer is shed itself.
 */
export class WaitingCalls {
  private readonly queues = ORDER.map(() => new Set<WaitingCall>());
  private count = 0;

  /** `most` is asked each time; `crowded` makes the error of who has to go. */
  constructor(
    private readonly most: () => number,
    private readonly crowded: (most: number) => MeshError,
  ) {}

  get size(): number {
    return this.count;
  }

  add(call: WaitingCall): void {
    const most = this.most();
    if (this.count >= most) {
      const other = this.leastDear();
      if (other === undefined || rank(other) <= rank(call)) return call.shed(this.crowded(most));
      this.delete(other);
      other.shed(this.crowded(most));
    }
    this.queues[rank(call)]?.add(call);
    this.count += 1;
  }

  delete(call: WaitingCall): void {
    if (this.queues[rank(call)]?.delete(call) === true) this.count -= 1;
  }

  /** Lets calls go, for as long as they can. */
  wake(): void {
    if (this.count === 0) return;
    for (const queue of this.queues) {
      for (const call of queue) if (!call.go() && !call.particular) return;
    }
  }

  private leastDear(): WaitingCall | undefined {
    for (const queue of this.queues.toReversed()) {
      const [first] = queue;
      if (first !== undefined) return first;
    }
    return undefined;
  }
}

function rank({ priority }: WaitingCall): number {
  return ORDER.indexOf(priority);
}
