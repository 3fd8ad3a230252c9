/** What the calls to one method of one service share behind a stack: the policies, and the present state of each. */
import type { Clock } from './clock.js';
import type { AnyPolicy, Told } from './policy.js';
import { WaitingLine } from './waiting-line.js';

/** One policy's state, and who waits there. */
export class Cell {
  private waiting: WaitingLine | undefined;

  constructor(public state: unknown) {}

  /** Made when the first call waits. */
  get line(): WaitingLine {
    return (this.waiting ??= new WaitingLine());
  }

  /** How many wait. */
  get waits(): number {
    return this.waiting?.size ?? 0;
  }

  /** Somebody may have made room. */
  move(): void {
    this.waiting?.move();
  }
}

export interface Arrow {
  /** Outermost first. */
  readonly policies: readonly AnyPolicy[];
  /** By the number of the policy. */
  readonly cells: readonly Cell[];
  readonly clock: Clock;
  readonly told: Told | undefined;
  /** Whom its own errors say that they come from, where the caller of a handler must not take them for the handler's refusals. */
  readonly from: string | undefined;
}

/** Methods of one service that have states of their own at once. */
const METHODS = 1_000;

export interface ArrowOptions {
  /** Methods that are remembered at once; 1,000. */
  readonly methods?: number | undefined;
  readonly from?: string | undefined;
}

/** The arrows of one service, by method; one for all methods where no policy asks for a state for each. */
export function arrowsOf(
  policies: readonly AnyPolicy[],
  clock: Clock,
  told: Told | undefined,
  { methods = METHODS, from }: ArrowOptions = {},
): (method: string) => Arrow {
  const shared = policies.map(({ initial }) => new Cell(initial));
  const whole: Arrow = { policies, cells: shared, clock, told, from };
  if (policies.every(({ scope }) => scope !== 'method')) return () => whole;
  const make = (): Arrow => ({
    ...whole,
    cells: policies.map(({ scope, initial }, at) => (scope === 'method' ? new Cell(initial) : (shared[at] as Cell))),
  });
  const byMethod = new LatestUsed(make, methods);
  return (method) => byMethod.of(method);
}

/**
 * One arrow for each method. Past `most` those that were not used for longest begin anew, so that names that a peer makes up take
 * no more room than that.
 */
class LatestUsed {
  private young = new Map<string, Arrow>();
  private old = new Map<string, Arrow>();
  private last: Arrow | undefined;
  private lastMethod = '';

  constructor(
    private readonly make: () => Arrow,
    private readonly most: number,
  ) {}

  of(method: string): Arrow {
    if (this.last !== undefined && this.lastMethod === method) return this.last;
    this.last = this.young.get(method) ?? this.renewed(method);
    this.lastMethod = method;
    return this.last;
  }

  private renewed(method: string): Arrow {
    const arrow = this.old.get(method) ?? this.make();
    if (this.young.size >= Math.max(1, Math.floor(this.most / 2))) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(method, arrow);
    return arrow;
  }
}
