/** Collapsing: calls that come close together go down as one call for all of them. */
import { Observable, type Subscriber } from 'rxjs';
import {
  asMeshError,
  type Call,
  callOf,
  type Clock,
  count,
  duration,
  type Filter,
  GateSink,
  type MeshError,
  meshError,
  type Priority,
  replyPlace,
  type Service,
  type Stop,
  systemClock,
} from '../core/index.js';

export interface CollapseOptions<Req, Rep> {
  /** What two requests have in common that want the same answer. */
  readonly keyOf: (request: Req) => string;
  /** Which request an answer is for; its request's key. Answers may come in any order. */
  readonly keyOfReply: (reply: Rep) => string;
  /** The failure that an answer stands for, if it does; it fails the callers of its key alone. */
  readonly failureOf?: (reply: Rep) => MeshError | undefined;
  /** How long the first call of a batch waits for others; '10 ms'. */
  readonly window?: string | number;
  /** Different requests in one batch, which goes as soon as it has so many; 100. */
  readonly max?: number;
  /** Calls with the same text go together; by default all. `call => call.trace?.traceId ?? ''` keeps trees of calls apart. */
  readonly scope?: (call: Call<Req>) => string;
  /** Whose deadline the batch has, of its callers; 'nearest'. With 'farthest' each caller's own must be kept above. */
  readonly deadline?: 'nearest' | 'farthest';
  readonly clock?: Clock;
}

/**
 * Makes a service of single requests of one that takes many and answers each with one item. A failure of the batch fails all who wait;
 * a request without an answer is Failed, code `MILLRACE_COLLAPSE`. Who leaves is taken out of a batch that waits; the last to leave
 * cancels it. Metadata, trace and baggage are those of the first caller, the priority is the dearest.
 * Source: Hystrix's request collapser, DataLoader.
 * @example collapse({ keyOf: ({ id }) => id, keyOfReply: ({ id }) => id })(catalog.titles)
 */
export function collapse<Req, Rep>(options: CollapseOptions<Req, Rep>): Filter<Req, Rep, readonly Req[], Rep> {
  const { clock = systemClock, scope = () => '', keyOf } = options;
  const window = duration(options.window ?? '10 ms');
  const max = count(options.max ?? 100);
  return (next) => {
    const gathering = new Map<string, Batch<Req, Rep>>();

    function batchOf(name: string): Batch<Req, Rep> {
      const present = gathering.get(name);
      if (present !== undefined) return present;
      const batch = new Batch(options, next, () => {
        if (gathering.get(name) === batch) gathering.delete(name);
      });
      batch.goIn(window, clock);
      gathering.set(name, batch);
      return batch;
    }

    return (call) =>
      new Observable<Rep>((to) => {
        const key = keyOf(call.request);
        const batch = batchOf(scope(call));
        batch.join(key, call, to);
        if (batch.size >= max) batch.go();
      });
  };
}

interface Wanted<Req, Rep> {
  readonly request: Req;
  readonly callers: Set<Subscriber<Rep>>;
}

/** Callers who wait for one call below, before it begins and while it runs. */
class Batch<Req, Rep> {
  private readonly wanted = new Map<string, Wanted<Req, Rep>>();
  private readonly calls = new Map<Subscriber<Rep>, Call<Req>>();
  private timer: Stop | undefined;
  private sink: GateSink<Rep> | undefined;
  private gone = false;

  /** `over` hears that nobody may join any more. */
  constructor(
    private readonly options: CollapseOptions<Req, Rep>,
    private readonly next: Service<readonly Req[], Rep>,
    private readonly over: () => void,
  ) {}

  get size(): number {
    return this.wanted.size;
  }

  goIn(ms: number, clock: Clock): void {
    this.timer = clock.after(ms, () => this.go(), true);
  }

  join(key: string, call: Call<Req>, to: Subscriber<Rep>): void {
    const wanted = this.wanted.get(key) ?? { request: call.request, callers: new Set() };
    this.wanted.set(key, wanted);
    wanted.callers.add(to);
    this.calls.set(to, call);
    to.add(() => this.leave(key, to));
  }

  go(): void {
    if (this.gone) return;
    this.close();
    const sink = new GateSink<Rep>({
      next: (reply) => this.answer(reply),
      error: (error: unknown) => this.failAll(asMeshError(error)),
      complete: () => this.failAll(unanswered()),
    });
    this.sink = sink;
    let answers: Observable<Rep>;
    try {
      answers = this.next(this.call());
    } catch (error) {
      return this.failAll(asMeshError(error));
    }
    const wanted = this.wanted.size;
    answers.subscribe(sink);
    sink.request(wanted);
    if (this.wanted.size === 0) sink.unsubscribe();
  }

  private call(): Call<readonly Req[]> {
    const calls = [...this.calls.values()];
    const nearest = this.options.deadline !== 'farthest';
    const deadlines = calls.map((call) => call.deadline);
    const [first] = calls;
    return callOf({
      ...first,
      reply: replyPlace(),
      idempotencyKey: undefined,
      interaction: 'stream',
      request: [...this.wanted.values()].map(({ request }) => request),
      deadline: nearest ? Math.min(...deadlines) : Math.max(...deadlines),
      priority: DEAREST_FIRST.find((priority) => calls.some((call) => call.priority === priority)) ?? 'default',
    });
  }

  private answer(reply: Rep): void {
    const key = this.options.keyOfReply(reply);
    const wanted = this.wanted.get(key);
    if (wanted === undefined) return this.sink?.request(1);
    this.wanted.delete(key);
    const failure = this.options.failureOf?.(reply);
    for (const caller of [...wanted.callers]) {
      if (failure !== undefined) caller.error(failure);
      else {
        caller.next(reply);
        caller.complete();
      }
    }
  }

  private failAll(failure: MeshError): void {
    const all = [...this.wanted.values()];
    this.wanted.clear();
    for (const { callers } of all) for (const caller of [...callers]) caller.error(failure);
  }

  private leave(key: string, to: Subscriber<Rep>): void {
    this.calls.delete(to);
    const wanted = this.wanted.get(key);
    if (wanted?.callers.delete(to) === true && wanted.callers.size === 0) this.wanted.delete(key);
    if (this.wanted.size > 0) return;
    if (!this.gone) this.close();
    this.sink?.unsubscribe();
  }

  private close(): void {
    this.gone = true;
    this.timer?.();
    this.over();
  }
}

const DEAREST_FIRST: readonly Priority[] = ['critical', 'default', 'degraded', 'bulk'];

function unanswered(): MeshError {
  return meshError('Failed', 'the batch ended without an answer to this request', { code: 'MILLRACE_COLLAPSE' });
}
