/** The commands that a node calls, each with what happened to it of late: what Hystrix's streams are made of. */
import { type Call, type Clock, count, type MeshError, param, type Param, systemClock } from '../core/index.js';
import {
  type CommandEvent,
  HYSTRIX_COMMAND_PROPERTIES,
  type HystrixCommandProperties,
  type HystrixCommandView,
  type HystrixPoolView,
  type HystrixSource,
} from './command-view.js';
import { CommandWindow } from './command-window.js';

export const COMMANDS = param(
  'hystrix.commands',
  1000,
  count,
  'Commands that are told apart in the Hystrix streams; those that are more count as one, named overflow.',
);

/** What a call is called in the streams. */
export interface CommandKey {
  readonly name: string;
  readonly group: string;
}

export interface CommandsOptions {
  readonly clock?: Clock;
  /** By default the route `films.title`, in the group `films`. */
  readonly key?: (call: Call<unknown>) => CommandKey;
  /** What a command is set to, where that isn't Hystrix's default. */
  readonly properties?: (key: CommandKey) => Partial<HystrixCommandProperties>;
  /** Whether a command's breaker refuses calls. By default it is taken to, from a call that it refused to the next that went well. */
  readonly open?: (key: CommandKey) => boolean;
  /** Where {@link COMMANDS} is looked up; its default where left out. */
  readonly settings?: <T>(param: Param<T>) => T;
}

/** One command, as the meters write it. */
export class Command {
  /** What each of its calls leaves behind in a policy. */
  readonly same: { readonly state: Command } = { state: this };
  private readonly window: CommandWindow;
  private active = 0;
  private refusing = false;
  /** Calls that were let in and have ended, since the beginning. */
  completed = 0;

  constructor(
    readonly key: CommandKey,
    readonly properties: HystrixCommandProperties,
  ) {
    const { metricsRollingStatisticalWindowInMilliseconds: width, metricsRollingStatisticalWindowBuckets: parts } =
      properties;
    this.window = new CommandWindow(width, parts);
  }

  begin(): void {
    this.active += 1;
  }

  /** Something that is no call's end. */
  note(event: CommandEvent, now: number): void {
    this.window.count(event, now);
  }

  /** How a call that was let in went, after so many milliseconds. */
  went(event: 'success' | 'failure' | 'timeout' | 'badRequest' | 'cancelled', elapsed: number, now: number): void {
    this.window.went(event, event === 'cancelled' ? undefined : elapsed, this.active, now);
    if (event === 'success') this.refusing = false;
  }

  /** A call was not let in. */
  refused(event: 'shortCircuited' | 'semaphoreRejected', now: number): void {
    this.window.count(event, now);
    if (event === 'shortCircuited') this.refusing = true;
  }

  end(letIn: boolean): void {
    this.active -= 1;
    if (letIn) this.completed += 1;
  }

  load(now: number): CommandLoad {
    const { counts, concurrent } = this.window.load(now);
    return { counts, concurrent: this.active, maxConcurrent: Math.max(concurrent, this.active) };
  }

  view(now: number, open = this.refusing): HystrixCommandView {
    const { key, properties } = this;
    return { ...key, open, ...this.load(now), latency: this.window.latency(now), properties };
  }
}

/** What a command's pool is made of, which costs less than the whole view. */
type CommandLoad = Pick<HystrixCommandView, 'counts' | 'concurrent' | 'maxConcurrent'>;

/** All of them, bounded; {@link commandMeter} fills them. */
export class Commands implements HystrixSource {
  readonly clock: Clock;
  /** Whether a call's command is that of its route, whatever else it says. */
  readonly byRoute: boolean;
  /** How calls failed whose answer is not known yet, by the place of their reply, which attempts and callers share; kept for an {@link answerMeter}. */
  failures: WeakMap<Call<unknown>['reply'], MeshError> | undefined;
  private readonly known = new Map<string, Command>();

  constructor(private readonly options: CommandsOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.byRoute = options.key === undefined;
  }

  /** The command of a call. */
  of(call: Call<unknown>): Command {
    const { key, settings = ({ initial }) => initial } = this.options;
    const found = key?.(call);
    const known = this.known.get(found?.name ?? call.method);
    return known ?? this.found(found ?? keyOfRoute(call), settings(COMMANDS));
  }

  *commands(): Generator<HystrixCommandView> {
    const { open } = this.options;
    for (const command of this.known.values()) yield command.view(this.clock.now(), open?.(command.key));
  }

  /** One for each group, as large as its commands may be together. */
  pools(): HystrixPoolView[] {
    const pools = new Map<string, HystrixPoolView>();
    for (const command of this.known.values()) {
      const { group } = command.key;
      const before = pools.get(group) ?? { ...EMPTY_POOL, name: group };
      pools.set(group, poolWith(before, command, this.clock.now()));
    }
    return [...pools.values()];
  }

  private found(found: CommandKey, most: number): Command {
    const kept = this.known.size < most ? boundedKey(found) : OVERFLOW;
    return this.known.get(kept.name) ?? this.make(kept);
  }

  private make(key: CommandKey): Command {
    const command = new Command(key, { ...HYSTRIX_COMMAND_PROPERTIES, ...this.options.properties?.(key) });
    this.known.set(key.name, command);
    return command;
  }
}

const OVERFLOW: CommandKey = { name: 'overflow', group: 'overflow' };
const EMPTY_POOL: Omit<HystrixPoolView, 'name'> = {
  active: 0,
  queued: 0,
  maxActive: 0,
  executed: 0,
  rejected: 0,
  completed: 0,
  size: 0,
  queueSize: 0,
  window: HYSTRIX_COMMAND_PROPERTIES.metricsRollingStatisticalWindowInMilliseconds,
};
/** Characters of a name and a group. */
const LENGTH = 256;

function keyOfRoute({ method }: Call<unknown>): CommandKey {
  const name = method === '' ? 'unknown' : method;
  const dot = name.lastIndexOf('.');
  return { name, group: dot > 0 ? name.slice(0, dot) : name };
}

/** A dashboard writes names into its page as they are: nothing of HTML may be in them. */
function boundedKey({ name, group }: CommandKey): CommandKey {
  const clean = (text: string): string => text.slice(0, LENGTH).replaceAll(/[^\p{L}\p{N}._/:@-]/gu, '_');
  return { name: clean(name), group: clean(group) };
}

/** The most at once of several commands may have been at several times: their sum is the most that it can have been. */
function poolWith(pool: HystrixPoolView, command: Command, now: number): HystrixPoolView {
  const { properties, completed } = command;
  const { counts, concurrent, maxConcurrent } = command.load(now);
  return {
    ...pool,
    active: pool.active + concurrent,
    maxActive: pool.maxActive + maxConcurrent,
    executed: pool.executed + counts.success + counts.failure + counts.timeout + counts.badRequest,
    rejected: pool.rejected + counts.semaphoreRejected + counts.threadPoolRejected,
    completed: pool.completed + completed,
    window: properties.metricsRollingStatisticalWindowInMilliseconds,
    size: pool.size + properties.executionIsolationSemaphoreMaxConcurrentRequests,
  };
}
