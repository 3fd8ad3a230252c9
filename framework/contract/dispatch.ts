/** What answers the calls of a process: finds the method by its route, and speaks the codec that the caller does. */
import { map, Observable, throwError } from 'rxjs';
import {
  type Agnostic,
  type Call,
  type Encoded,
  meshError,
  type MeshError,
  nearest,
  type Service,
  TextMessage,
  withRequest,
} from '../core/index.js';
import { askedAs } from './asked.js';
import { AS_IT_IS, type AnyHandler, type Coder, type DefectListener, type Route, routeOf } from './answer.js';
import { CONTENT_TYPE, CONTRACT_VERSION, type ClientOptions, typedClient } from './client.js';
import { type Codec, type Codecs, codecs as codecsOf } from './codec.js';
import type { Client, Contract, Handlers, Methods } from './contract.js';
import type { Failures } from './failure.js';
import { Plain } from './local.js';
import type { OpenCalls } from './open-calls.js';

export type Routes = ReadonlyMap<string, Route>;

export interface HandleOptions {
  /** What stands before a method's handler, by the method's name. */
  readonly filterOf?: (method: string) => Agnostic | undefined;
  readonly defect?: DefectListener;
  readonly open?: OpenCalls;
}

/** The routes of a contract that `handlers` serve. Throws Invalid where a handler is missing. */
export function handle<M extends Methods, F extends Failures>(
  contract: Contract<M, F>,
  handlers: Handlers<Contract<M, F>>,
  options: HandleOptions = {},
): Routes {
  const routes = new Map<string, Route>();
  const own = handlers as Readonly<Record<string, unknown>>;
  for (const [method, described] of Object.entries(contract.methods)) {
    const handler = own[method];
    const name = `${contract.name}.${method}`;
    if (typeof handler !== 'function') {
      throw meshError('Invalid', `nobody answers ${name}: there is no method ${method}`, { code: 'MILLRACE_CONTRACT' });
    }
    routes.set(
      name,
      routeOf({
        name,
        method: described,
        version: contract.version,
        handler: handler.bind(handlers) as AnyHandler,
        filter: options.filterOf?.(method),
        defect: options.defect,
        open: options.open,
      }),
    );
  }
  return routes;
}

export interface DispatchOptions {
  readonly codecs?: Codecs;
  /** What stands before all methods. */
  readonly stack?: Agnostic;
}

/** One service of many routes. Requests are {@link Encoded} messages, Observables of them, or {@link Plain} values. */
export function dispatch(routes: Routes, options: DispatchOptions = {}): Service<unknown, unknown> {
  const known = options.codecs ?? codecsOf();
  const coders = new Map(known.names.map((name) => [name, coderOf(known.of(name) as Codec)]));
  const usual = coders.get(known.default.mime) as Coder;
  const coderOfType = (type: string): Coder | undefined => coders.get(type) ?? coders.get(known.of(type)?.mime ?? '');
  const service: Service<unknown, unknown> = (call) => {
    const route = routes.get(call.method);
    if (route === undefined) return throwError(() => unknownRoute(call.method, routes));
    const fault = faultOf(call, route);
    if (fault !== undefined) return throwError(() => fault);
    const { request } = call;
    if (request instanceof Plain) return route.run(withRequest(call, request.value), AS_IT_IS);
    const type = call.metadata.get(CONTENT_TYPE);
    const coder = type === undefined ? usual : coderOfType(type);
    return coder === undefined ? throwError(() => noCodec(route.name, type as string, known)) : route.run(call, coder);
  };
  return options.stack === undefined ? service : options.stack(service);
}

/** A service as a wire carries it. */
export type WireCalls = Service<Encoded | Observable<Encoded>, Encoded>;

/** {@link dispatch}, as the type that wires serve. */
export function dispatchEncoded(routes: Routes, options: DispatchOptions = {}): WireCalls {
  return dispatch(routes, options) as WireCalls;
}

/** Serves one contract with plain functions, as a wire carries it: `listen(tcp({ port }), answering(Catalog, { … }))`. */
export function answering<M extends Methods, F extends Failures>(
  contract: Contract<M, F>,
  handlers: Handlers<Contract<M, F>>,
  options: HandleOptions & DispatchOptions = {},
): WireCalls {
  return dispatchEncoded(handle(contract, handlers, options), options);
}

export interface EncodedClientOptions extends ClientOptions {
  readonly codecs?: Codecs;
}

/** A client of what an endpoint, such as a connection, serves. */
export function clientOf<M extends Methods, F extends Failures>(
  contract: Contract<M, F>,
  endpoint: { readonly call: WireCalls },
  options: EncodedClientOptions = {},
): Client<Contract<M, F>> {
  return typedClient(contract, encoding(endpoint.call, options.codecs), options);
}

/** Turns calls of values into calls of messages: the codec, as a filter. */
export function encoding(next: WireCalls, codecs: Codecs = codecsOf()): Service<unknown, unknown> {
  return (call) => {
    const type = call.metadata.get(CONTENT_TYPE);
    const codec = codecs.of(type);
    if (codec === undefined) return throwError(() => noCodec(call.method, type as string, codecs));
    return new Observable((to) => {
      const encode = (value: unknown): Encoded => messageOf(codec.encode(value));
      const request =
        call.interaction === 'channel' ? (call.request as Observable<unknown>).pipe(map(encode)) : encode(call.request);
      return next(askedAs(call, request))
        .pipe(map((message) => codec.decode(message)))
        .subscribe(to);
    });
  };
}

function coderOf(codec: Codec): Coder {
  return { decode: (message) => codec.decode(message as Encoded), encode: (value) => messageOf(codec.encode(value)) };
}

function messageOf(data: string | Uint8Array): Encoded {
  return typeof data === 'string' ? new TextMessage(data) : { data };
}

function faultOf(call: Call<unknown>, { name, method, version }: Route): MeshError | undefined {
  if (method.interaction !== call.interaction) {
    return meshError('Invalid', `${name} is a ${method.interaction} method, and was called as a ${call.interaction}`, {
      code: 'MILLRACE_INTERACTION',
    });
  }
  const theirs = call.metadata.get(CONTRACT_VERSION)?.split('.')[0] ?? '1';
  if (theirs === version.split('.')[0]) return undefined;
  return meshError('Invalid', `${name}: version ${version} of the contract is served, the caller has ${theirs}`, {
    code: 'MILLRACE_CONTRACT_VERSION',
  });
}

function unknownRoute(method: string, routes: Routes): MeshError {
  if (method === '')
    return meshError('Unknown', 'the request names no route: send composite metadata with a routing entry');
  const close = nearest(method, [...routes.keys()]);
  return meshError('Unknown', `there is no ${method}${close === undefined ? '' : `; did you mean ${close}?`}`);
}

function noCodec(method: string, type: string, codecs: Codecs): MeshError {
  const said = type.slice(0, 100);
  return meshError('Invalid', `${method}: no codec for ${said}; there are ${codecs.names.join(', ')}`, {
    code: 'MILLRACE_CODEC',
  });
}
