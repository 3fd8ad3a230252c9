/** A contract: a value that says what a service is asked and what it answers. All that a caller imports. */
import type { ObservableInput, Observable } from 'rxjs';
import {
  type Call,
  duration,
  type Interaction,
  isMeshError,
  MeshError,
  type Overflow,
  type Priority,
} from '../core/index.js';
import type { Pulled } from '../demand/index.js';
import type { Failure, Failures } from './failure.js';
import { isSchema, nothing, type Schema } from './schema.js';

/** What a contract says of a method beside its messages. */
export interface MethodOptions {
  /** One sentence, for docs and `describe`. */
  readonly about?: string;
  /** Calling twice does no more than calling once, so that a call whose connection broke may be sent again. Default false. */
  readonly idempotent?: boolean;
  /** How long a call may take that says nothing itself. Default: the caller's, or for a response the param `call.deadline`. */
  readonly deadline?: string | number;
  /** What happens to items of the answer that nobody has asked for. Default: 256 are kept, then the call fails with Overrun. */
  readonly overflow?: Overflow;
}

/** One method: which of the four models it is, and the schemas of its messages. */
export interface Method<I extends Interaction, ReqIn, ReqOut, RepIn, RepOut> extends MethodOptions {
  readonly interaction: I;
  readonly request: Schema<ReqIn, ReqOut>;
  readonly reply: Schema<RepIn, RepOut>;
}

export type AnyMethod = Method<Interaction, unknown, unknown, unknown, unknown>;
export type Methods = Readonly<Record<string, AnyMethod>>;

/** Request/response: one message there, one back. */
export function response<ReqIn, ReqOut, RepIn, RepOut>(
  request: Schema<ReqIn, ReqOut>,
  reply: Schema<RepIn, RepOut>,
  options: MethodOptions = {},
): Method<'response', ReqIn, ReqOut, RepIn, RepOut> {
  return method('response', request, reply, options);
}

/** Request/stream: one message there, as many back as the caller wants. */
export function stream<ReqIn, ReqOut, RepIn, RepOut>(
  request: Schema<ReqIn, ReqOut>,
  reply: Schema<RepIn, RepOut>,
  options: MethodOptions = {},
): Method<'stream', ReqIn, ReqOut, RepIn, RepOut> {
  return method('stream', request, reply, options);
}

/** Request/channel: messages both ways, each side as fast as the other wants them. */
export function channel<ReqIn, ReqOut, RepIn, RepOut>(
  request: Schema<ReqIn, ReqOut>,
  reply: Schema<RepIn, RepOut>,
  options: MethodOptions = {},
): Method<'channel', ReqIn, ReqOut, RepIn, RepOut> {
  return method('channel', request, reply, options);
}

/** Fire-and-forget: one message there, and nothing back, not even that it arrived. */
export function notify<ReqIn, ReqOut>(
  request: Schema<ReqIn, ReqOut>,
  options: MethodOptions = {},
): Method<'notify', ReqIn, ReqOut, void, void> {
  return method('notify', request, nothing, options);
}

function method<I extends Interaction, ReqIn, ReqOut, RepIn, RepOut>(
  interaction: I,
  request: Schema<ReqIn, ReqOut>,
  reply: Schema<RepIn, RepOut>,
  options: MethodOptions,
): Method<I, ReqIn, ReqOut, RepIn, RepOut> {
  if (options.deadline !== undefined) duration(options.deadline);
  return { ...options, interaction, request, reply };
}

export interface ContractOptions<F extends Failures> {
  /** `1`, `1.4` or `1.4.2`: callers of another first number are refused. Default `1`. */
  readonly version?: string;
  readonly about?: string;
  /** What can go wrong that callers are meant to tell apart, by name. */
  readonly failures?: F;
}

export interface Contract<M extends Methods = Methods, F extends Failures = Failures> {
  readonly name: string;
  readonly version: string;
  readonly about: string | undefined;
  readonly methods: M;
  readonly failures: F;
  /** Makes the error of a declared failure, for a handler to throw. */
  fail<N extends keyof F & string>(name: N, detail: DetailIn<F[N]>, message?: string): MeshError;
  /** Whether an error, here or from afar, is this failure; its `detail` is typed then. */
  failed<N extends keyof F & string>(error: unknown, name: N): error is FailureOf<F[N]>;
}

type DetailIn<X> = X extends Failure<infer In, unknown> ? In : never;
type FailureOf<X> = MeshError & { readonly detail: X extends Failure<unknown, infer Out> ? Out : never };

/**
 * Makes a contract. Names of services are lower case, `catalog` or `shop.catalog`; a method's route is `catalog.title`. Throws
 * Invalid for a name that can't be one, and for a schema that isn't one.
 */
export function contract<const M extends Methods, const F extends Failures = Record<never, never>>(
  name: string,
  methods: M,
  options: ContractOptions<F> = {},
): Contract<M, F> {
  const { version = '1', about, failures = {} as F } = options;
  checkShape(name, version, methods, failures);
  return {
    name,
    version,
    about,
    methods,
    failures,
    fail(which, detail, message) {
      const declared = failures[which];
      if (declared === undefined) throw wrong(`${name} declares no failure ${which}`);
      return new MeshError('Failed', message ?? `${name}: ${which}`, {
        ...declared.options,
        code: `${name}.${which}`,
        detail,
      });
    },
    failed: (error, which): error is never => isMeshError(error, 'Failed') && error.code === `${name}.${which}`,
  };
}

const SERVICE = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/;
const METHOD = /^[A-Za-z][A-Za-z0-9_]*$/;
const VERSION = /^\d+(\.\d+){0,2}$/;
/** A client has these itself; `then` would make it look like a promise. */
const TAKEN = new Set(['with', 'then', 'constructor', 'onStart', 'onStop']);
/** Bytes of a route: a routing tag has no more (Extensions/Routing.md). */
const LONGEST = 255;

function checkShape(name: string, version: string, methods: Methods, failures: Failures): void {
  if (!SERVICE.test(name)) throw wrong(`'${name}' is not a name such as catalog or shop.catalog`);
  if (!VERSION.test(version)) throw wrong(`${name}: version '${version}' is not one such as 1, 1.4 or 1.4.2`);
  for (const [key, each] of Object.entries(methods)) {
    const route = `${name}.${key}`;
    if (!METHOD.test(key) || TAKEN.has(key)) throw wrong(`${route}: a method can't be called ${key}`);
    if (route.length > LONGEST) throw wrong(`${route} is longer than ${LONGEST} characters`);
    if (!isSchema(each.request)) throw wrong(`${route}: its request isn't described by a Standard Schema`);
    if (!isSchema(each.reply)) throw wrong(`${route}: its reply isn't described by a Standard Schema`);
  }
  for (const [key, each] of Object.entries(failures)) {
    if (!METHOD.test(key) || !isSchema(each.detail)) throw wrong(`${name}: ${key} is not a failure, declared(schema)`);
  }
}

function wrong(message: string): MeshError {
  return new MeshError('Invalid', message, { code: 'MILLRACE_CONTRACT' });
}

/** What a class has to have to serve a contract: a method for each of its methods, `(request, call) => answer`. */
export type Handlers<C> = C extends Contract<infer M, Failures> ? { readonly [K in keyof M]: Handler<M[K]> } : never;

/** An answer is an Observable, a promise, an async generator or another iterable. */
export type Handler<X> =
  X extends Method<infer I, unknown, infer Req, infer Rep, unknown>
    ? I extends 'channel'
      ? (requests: Observable<Req>, call: Call<Observable<Req>>) => ObservableInput<Rep>
      : I extends 'notify'
        ? (request: Req, call: Call<Req>) => ObservableInput<unknown> | void
        : (request: Req, call: Call<Req>) => ObservableInput<Rep>
    : never;

/** What a caller of a contract has: its methods, each of one argument so that it can be given to `concatMap` as it is. */
export type Client<C> =
  C extends Contract<infer M, Failures>
    ? { readonly [K in keyof M]: ClientMethod<M[K]> } & {
        /** The same client, with something said of its calls. */
        with(overrides: Overrides): Client<C>;
      }
    : never;

export type ClientMethod<X> =
  X extends Method<infer I, infer Req, unknown, unknown, infer Rep>
    ? I extends 'channel'
      ? (requests: ObservableInput<Req>) => Pulled<Rep>
      : I extends 'notify'
        ? (request: Req) => Observable<never>
        : I extends 'response'
          ? (request: Req) => Observable<Rep>
          : (request: Req) => Pulled<Rep>
    : never;

/** What a caller says of its calls. What it leaves out, a handler's call takes over from the call that it is made for. */
export interface Overrides {
  /** From the call's beginning; the nearer one holds, of this and the inherited. */
  readonly deadline?: string | number;
  readonly priority?: Priority;
  /** Names and texts for the service that is called, and nobody behind it. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Names and texts for it and all that it calls; they are added to what is inherited. */
  readonly baggage?: Readonly<Record<string, string>>;
  /** Calls of the same key are one: what has an effect can be tried again. */
  readonly idempotencyKey?: string;
  /** Where the answer's own metadata goes: make one with `replyPlace()`, read it when the first item, or the end, has come. */
  readonly reply?: Call<unknown>['reply'];
  /** The call that these are made for, where it can't be found: behind a promise or a hand-written subscription. */
  readonly serving?: Call<unknown>;
  /** Checks answers against the contract here too, and not only where they are made. Default false. */
  readonly check?: boolean;
  /** MIME type of the messages, of a codec that both sides have. Default `application/json`. */
  readonly codec?: string;
}
