/** The way of one call through a method: its messages checked and decoded, the handler asked, its answer checked and encoded. */
import { EMPTY, Observable, type ObservableInput, Subscriber } from 'rxjs';
import {
  type Agnostic,
  asAmbient,
  asMeshError,
  asPartOf,
  type Call,
  isMeshError,
  type MeshError,
  meshError,
  openCall,
  overrunError,
  Queue,
  type Service,
  withRequest,
} from '../core/index.js';
import { absorb, observableOf } from '../demand/index.js';
import type { AnyMethod } from './contract.js';
import type { OpenCalls } from './open-calls.js';
import { brokenPromise, check, invalidMessage, type Schema } from './schema.js';

/** What turns messages of a call into values and back: a codec, or nothing for a call within the process. */
export interface Coder {
  decode(message: unknown): unknown;
  encode(value: unknown): unknown;
}

export const AS_IT_IS: Coder = { decode: (message) => message, encode: (value) => value };

/** What a class or an object has for one method. */
export type AnyHandler = (request: never, call: never) => ObservableInput<unknown> | void;

/** Hears of what only this side may know: the true error behind a Defect; an Overrun; what becomes of a fire-and-forget. */
export type DefectListener = (call: Call<unknown>, error: MeshError) => void;

/** A method that can be asked. `run` performs the call with messages in the form that `coder` reads. */
export interface Route {
  readonly name: string;
  readonly method: AnyMethod;
  /** The version of its contract. */
  readonly version: string;
  run(call: Call<unknown>, coder: Coder): Observable<unknown>;
}

export interface RouteOptions {
  readonly name: string;
  readonly method: AnyMethod;
  readonly version: string;
  readonly handler: AnyHandler;
  /** What stands before the handler, behind the check of the request. */
  readonly filter?: Agnostic | undefined;
  readonly defect?: DefectListener | undefined;
  readonly open?: OpenCalls | undefined;
}

/** Makes a method of a contract askable. */
export function routeOf(options: RouteOptions): Route {
  const { name, method, version, filter, defect, open } = options;
  const ask = handlerService(options.handler);
  const filtered = filter === undefined ? ask : filter(ask);
  const { overflow } = method;
  const service: Service<unknown, unknown> =
    overflow === undefined ? filtered : (call) => absorb(filtered(call), overflow);
  return {
    name,
    method,
    version,
    run: (call, coder) =>
      new Observable((to) => {
        const answer = new Answer(to, call, method, coder, defect, open);
        try {
          const request = requestOf(call, method, coder);
          if (request instanceof Promise) whenKnown(request, answer, call, service);
          else service(withRequest(call, request)).subscribe(answer);
        } catch (error) {
          answer.error(error);
        }
      }),
  };
}

/** What the handler is given: the message read, or for a channel the Observable of them. */
function requestOf(call: Call<unknown>, method: AnyMethod, coder: Coder): unknown {
  const refuse = invalidMessage(`the request of ${call.method}`);
  if (method.interaction !== 'channel') return check(method.request, coder.decode(call.request), refuse);
  const messages = call.request as Observable<unknown>;
  return new Observable((to) => {
    messages.subscribe(new Checked(to, method.request, coder.decode, AS_IT_IS.encode, refuse));
  });
}

function whenKnown(
  request: Promise<unknown>,
  answer: Answer,
  call: Call<unknown>,
  service: Service<unknown, unknown>,
): void {
  request.then(
    (known) => {
      if (answer.closed) return;
      try {
        service(withRequest(call, known)).subscribe(answer);
      } catch (error) {
        answer.error(error);
      }
    },
    (error: unknown) => answer.error(error),
  );
}

/** An async function's own calls can't be found through subscribers, so the call is ambient while it runs. */
function handlerService(handler: AnyHandler): Service<unknown, unknown> {
  const ask = handler as (request: unknown, call: unknown) => ObservableInput<unknown> | void;
  const kind = handler.constructor.name;
  if (kind === 'AsyncGeneratorFunction') {
    return (call) => observableOf(inContext(call, asAmbient(call, () => ask(call.request, call)) as AsyncGenerator));
  }
  if (kind === 'AsyncFunction') {
    return (call) => observableOf(asAmbient(call, () => ask(call.request, call)) as Promise<unknown>);
  }
  return (call) => {
    const answer = ask(call.request, call);
    if (answer === undefined || answer === null) {
      if (call.interaction === 'notify') return EMPTY;
      throw new TypeError(`the handler of ${call.method} returned ${String(answer)}, and not an answer`);
    }
    return observableOf(answer);
  };
}

function inContext(call: Call<unknown>, items: AsyncGenerator<unknown>): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => asAmbient(call, () => items.next()),
      return: (value) => asAmbient(call, () => items.return(value)),
    }),
  };
}

/** Items that may wait for an asynchronous schema; calls that count keep a pulled source well below it. */
const WAITING = 256;

/** Decodes, checks and encodes each item, in their order even where a schema takes its time. */
export class Checked extends Subscriber<unknown> {
  private waiting: Queue<() => void> | undefined;
  protected busy = false;

  constructor(
    protected readonly to: Subscriber<unknown>,
    private readonly schema: Schema,
    private readonly decode: (message: unknown) => unknown,
    private readonly encode: (value: unknown) => unknown,
    private readonly refuse: (issues: string) => MeshError,
  ) {
    super(to);
  }

  protected override _next(item: unknown): void {
    if (this.busy) this.later(() => this.take(item));
    else this.take(item);
  }

  protected override _complete(): void {
    if (this.busy) this.later(() => this.finish());
    else this.finish();
  }

  protected override _error(error: unknown): void {
    if (this.busy) this.later(() => this.fail(error));
    else this.fail(error);
  }

  /** The end, with everything before it passed on. */
  protected finish(): void {
    this.to.complete();
    this.unsubscribe();
  }

  protected fail(error: unknown): void {
    this.waiting = undefined;
    this.to.error(error);
    this.unsubscribe();
  }

  protected pass(item: unknown): void {
    this.to.next(item);
  }

  protected take(item: unknown): void {
    let value: unknown;
    try {
      const read = check(this.schema, this.decode(item), this.refuse);
      if (read instanceof Promise) return this.await(read);
      value = this.encode(read);
    } catch (error) {
      return this.fail(error);
    }
    this.pass(value);
  }

  private await(read: Promise<unknown>): void {
    const seat = openCall();
    this.busy = true;
    // What waits is taken up before the seat hears of this one's end, and as part of it: the source goes on only when there is
    // no check open that it has to wait for.
    const settle = (then: () => void): void => {
      if (!this.closed) asPartOf(seat, then);
      this.busy = false;
      asPartOf(seat, () => {
        while (!this.busy && this.waiting !== undefined && this.waiting.length > 0) this.waiting.shift()?.();
      });
      seat?.callEnded();
    };
    read.then(
      (value) =>
        settle(() => {
          try {
            this.pass(this.encode(value));
          } catch (error) {
            this.fail(error);
          }
        }),
      (error: unknown) => settle(() => this.fail(error)),
    );
  }

  protected later(work: () => void): void {
    const waiting = (this.waiting ??= new Queue());
    if (waiting.length >= WAITING) return this.fail(overrunError({ buffer: WAITING }, undefined));
    waiting.push(work);
  }
}

/** The answer of a handler on its way to the caller. */
class Answer extends Checked {
  private answered = false;

  constructor(
    to: Subscriber<unknown>,
    private readonly call: Call<unknown>,
    private readonly method: AnyMethod,
    coder: Coder,
    private readonly defect: DefectListener | undefined,
    private readonly open: OpenCalls | undefined,
  ) {
    super(to, method.reply, AS_IT_IS.decode, coder.encode, brokenPromise(`what ${call.method} answered`));
    open?.add(call.method);
  }

  override unsubscribe(): void {
    if (!this.closed) this.open?.remove(this.call.method);
    super.unsubscribe();
  }

  protected override pass(item: unknown): void {
    this.answered = true;
    if (this.method.interaction !== 'notify') super.pass(item);
  }

  /** A response is one message, if only an empty one. */
  protected override finish(): void {
    if (this.method.interaction !== 'response' || this.answered) return super.finish();
    this.answered = true;
    this.take(undefined);
    if (this.busy) this.later(() => super.finish());
    else if (!this.closed) super.finish();
  }

  protected override fail(error: unknown): void {
    super.fail(outward(error, this.call, this.defect));
  }
}

/**
 * A handler's error as its caller gets it. What isn't in the table is a Defect. What came from a service behind this one may
 * not be tried again by the caller's caller: this service has begun to work, and each layer would multiply the load.
 */
function outward(error: unknown, call: Call<unknown>, defect: DefectListener | undefined): MeshError {
  const known = asMeshError(error);
  // Of a fire-and-forget nobody else hears; and what gave too much has to be found here.
  const unheard = call.interaction === 'notify' || known.tag === 'Overrun';
  if ((known.tag === 'Defect' || unheard) && known.from === undefined) defect?.(call, known);
  if (isMeshError(error) && error.from !== undefined && error.retry !== 'never') {
    const { tag, message, code, after, httpStatus, rsocketCode, detail } = error;
    return meshError(tag, message, {
      code,
      after,
      httpStatus,
      rsocketCode,
      detail,
      retry: 'never',
      cause: error.cause,
    });
  }
  return known;
}
