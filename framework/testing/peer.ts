/** A stand-in for a service: a test says what it expects to be asked, and what is answered, instead of mocking a client. */
import { concatMap, EMPTY, isObservable, NEVER, type Observable, type ObservableInput, of, throwError } from 'rxjs';
import { isDeepStrictEqual } from 'node:util';
import { observableOf } from '../demand/index.js';
import { type Call, MeshError } from '../core/index.js';
import type { Contract, Failures, Handlers, Method, Methods } from '../contract/index.js';

type RequestOf<X> =
  X extends Method<infer I, unknown, infer Req, unknown, unknown>
    ? I extends 'channel'
      ? Observable<Req>
      : Req
    : never;
type ReplyOf<X> = X extends Method<infer _I, unknown, unknown, infer Rep, unknown> ? Rep : never;

/** What was asked. */
export interface Asked<Req> {
  readonly request: Req;
  readonly call: Call<unknown>;
}

/** One call that is expected, and what becomes of it. Until that is said the call waits. */
export interface Expectation<Req, Rep> {
  /** Answers with these items, and completes. */
  reply(...items: readonly Rep[]): this;
  /** Answers with what an Observable, a generator or a promise gives, as it is wanted. */
  replyFrom(items: ObservableInput<Rep>): this;
  fail(error: unknown): this;
  /** Neither answers nor ends. */
  never(): this;
  /** Resolves when the call has come. */
  readonly asked: Promise<Asked<Req>>;
}

export interface Peer<C> {
  /** What serves the contract: `mesh(CatalogService).serve(Ratings, ratings.handlers)`. */
  readonly handlers: Handlers<C>;
  /** Expects one more call of a method: of this request, or of any that the function accepts, or of any. In the order in which they are said. */
  expect<N extends (C extends Contract<infer M, Failures> ? keyof M & string : never)>(
    method: N,
    request?: unknown,
  ): C extends Contract<infer M, Failures> ? Expectation<RequestOf<M[N]>, ReplyOf<M[N]>> : never;
  /** Throws what was expected and did not come, and what came and nobody expected. */
  done(): void;
}

/**
 * Makes a stand-in for a contract. A call that nobody expects fails with Invalid, which names it and what is expected.
 * @example const ratings = peer(Ratings); ratings.expect('score', { id: 'tt1' }).reply(7);
 */
export function peer<M extends Methods, F extends Failures>(contract: Contract<M, F>): Peer<Contract<M, F>> {
  const waiting: Expected[] = [];
  const unexpected: string[] = [];
  const handlers: Record<string, unknown> = {};
  for (const method of Object.keys(contract.methods)) {
    handlers[method] = (request: unknown, call: Call<unknown>): Observable<unknown> => {
      const at = waiting.findIndex((each) => each.method === method && each.accepts(request));
      const found = waiting[at];
      if (found === undefined) {
        const open = waiting.map((each) => each.text);
        const said = `${contract.name}.${method}(${shown(request)})`;
        unexpected.push(said);
        const expected = open.length === 0 ? 'no call is expected' : `expected are ${open.join(', ')}`;
        return throwError(
          () => new MeshError('Invalid', `nobody expects ${said}; ${expected}`, { code: 'MILLRACE_PEER' }),
        );
      }
      waiting.splice(at, 1);
      return found.answer({ request, call });
    };
  }
  return {
    handlers: handlers as Handlers<Contract<M, F>>,
    expect(method: string, request?: unknown) {
      if (!Object.hasOwn(contract.methods, method))
        throw new MeshError('Invalid', `${contract.name} has no method ${method}`);
      const expected = new Expected(method, request);
      // Nobody waits for what becomes of a fire-and-forget.
      if (contract.methods[method]?.interaction === 'notify') expected.reply();
      waiting.push(expected);
      return expected as never;
    },
    done() {
      const missing = waiting.map((each) => `${each.text} was expected and did not come`);
      const faults = [...missing, ...unexpected.map((said) => `${said} came, which nobody expected`)];
      if (faults.length > 0)
        throw new MeshError('Invalid', `${contract.name}: ${faults.join('; ')}`, { code: 'MILLRACE_PEER' });
    },
  };
}

function shown(value: unknown): string {
  if (isObservable(value)) return 'a channel';
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 200);
  } catch {
    return String(value);
  }
}

class Expected {
  readonly asked: Promise<Asked<unknown>>;
  private hear: (asked: Asked<unknown>) => void = () => undefined;
  private said: ((answer: Observable<unknown>) => void) | undefined;
  private answered: Observable<unknown> | undefined;

  constructor(
    readonly method: string,
    private readonly wanted: unknown,
  ) {
    this.asked = new Promise((resolve) => (this.hear = resolve));
  }

  get text(): string {
    return `${this.method}(${this.wanted === undefined ? '' : shown(this.wanted)})`;
  }

  accepts(request: unknown): boolean {
    const { wanted } = this;
    if (wanted === undefined) return true;
    return typeof wanted === 'function'
      ? (wanted as (request: unknown) => boolean)(request)
      : isDeepStrictEqual(wanted, request);
  }

  answer(asked: Asked<unknown>): Observable<unknown> {
    this.hear(asked);
    const { answered } = this;
    if (answered !== undefined) return answered;
    const later = new Promise<Observable<unknown>>((resolve) => (this.said = resolve));
    return observableOf(later).pipe(concatMap((answer) => answer));
  }

  reply(...items: readonly unknown[]): this {
    return this.say(items.length === 0 ? EMPTY : items.length === 1 ? of(items[0]) : observableOf(items));
  }

  replyFrom(items: ObservableInput<unknown>): this {
    return this.say(isObservable(items) ? items : observableOf(items));
  }

  fail(error: unknown): this {
    return this.say(throwError(() => error));
  }

  never(): this {
    return this.say(NEVER);
  }

  private say(answer: Observable<unknown>): this {
    this.answered = answer;
    this.said?.(answer);
    return this;
  }
}
