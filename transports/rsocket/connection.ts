/** A connection as a program sees it: an endpoint for calls of all four models, in either direction. */
import {
  catchError,
  defer,
  EMPTY as NOTHING_MORE,
  from,
  map,
  Observable,
  type ObservableInput,
  type Subscriber,
  type TeardownLogic,
} from 'rxjs';
import {
  type Call,
  type Clock,
  type Endpoint,
  type Overflow,
  Pulled,
  type Reply,
  TextMessage,
} from '../../framework/kernel.js';
import type { Engine } from './engine.js';
import { envelopeOf } from './envelope.js';
import type { Remote } from './link.js';
import type { Payload } from './payload.js';
import type { LeaseHolder } from './lease.js';
import { ResponseRequest, StreamRequest } from './requester.js';
import type { WireRequest } from './wire-service.js';

export interface StreamOptions {
  /** A fixed number of items to keep asked for, instead of a window that grows while the reader keeps up. */
  readonly window?: number;
  /** What to do with messages of a channel's request that come before the peer has asked for them. Default: keep 256, then fail. */
  readonly overflow?: Overflow;
  /** Where the reply's own metadata goes, from a Millrace peer. */
  readonly reply?: Reply;
}

export interface Connection extends Endpoint<WireRequest, Payload> {
  /** For messages and logs, `tcp 127.0.0.1:7001`. */
  readonly name: string;
  /** Who is at the other end, as far as the transport knows. */
  readonly remote: Remote;
  /** Whether the other side is Millrace as well. */
  readonly millrace: boolean;
  /** Request/response: one item, or none. */
  response(request: Payload): Observable<Payload>;
  /** Fire-and-forget: completes when it was handed to the socket. */
  notify(request: Payload): Observable<never>;
  /** Request/stream: items as they are wanted. */
  stream(request: Payload, options?: StreamOptions): Pulled<Payload>;
  /** Request/channel: the first message opens it, the others follow as the peer wants them. Without one there is no call. */
  channel(requests: ObservableInput<Payload>, options?: StreamOptions): Pulled<Payload>;
  /** METADATA_PUSH: completes when it was handed to the socket. */
  push(metadata: Uint8Array): Observable<never>;
  /** What the peer pushes. Hot: what comes while nobody listens is gone. */
  readonly pushes: Observable<Uint8Array>;
  /** Completes when one of the two sides begins to leave: no more requests are made, and what is open may end. */
  readonly leaving: Observable<never>;
  /** Completes when the connection has ended in order, fails if it broke. */
  readonly closed: Observable<never>;
}

/** The public face of an engine. */
export function connectionOf(engine: Engine): Connection {
  const response = (request: Payload, reply?: Reply): Observable<Payload> =>
    new Observable((to) => {
      const holder = engine.leases?.holder;
      if (holder === undefined) return new ResponseRequest(engine, to, request, reply);
      return leased(holder, to, () => new ResponseRequest(engine, to, request, reply));
    });
  const stream = (request: WireRequest, options?: StreamOptions): Pulled<Payload> =>
    new Pulled((subscriber) => new StreamRequest(engine, subscriber, request, options));
  const notify = (request: Payload): Observable<never> =>
    new Observable((to) => {
      const send = (): void => {
        engine.notify(request);
        to.complete();
      };
      const holder = engine.leases?.holder;
      return holder === undefined ? send() : leased(holder, to, send);
    });
  return {
    name: engine.name,
    remote: engine.remote,
    get millrace() {
      return engine.peer !== undefined;
    },
    call(call) {
      const asked = call.method === '' ? call.request : enveloped(call, engine.clock);
      return answerOf(call, asked, response, stream, notify);
    },
    response: (request) => response(request),
    notify,
    stream,
    channel: (requests, options) => stream(from(requests), options),
    push: (metadata) =>
      defer(() => {
        engine.push(metadata);
        return NOTHING_MORE;
      }),
    pushes: engine.pushes,
    availability: engine.availability,
    leaving: engine.leaving,
    closed: engine.closed,
    close: () =>
      defer(() => {
        engine.close();
        return engine.closed.pipe(catchError(() => NOTHING_MORE));
      }),
  };
}

/** Begins a call once a lease allows it. */
function leased<T>(holder: LeaseHolder, to: Subscriber<T>, begin: () => TeardownLogic): TeardownLogic {
  if (holder.take()) return begin();
  const start = (): void => {
    try {
      to.add(begin());
    } catch (error) {
      to.error(error);
    }
  };
  return holder.wait(start, (error) => to.error(error));
}

function answerOf(
  { interaction, reply }: Call<WireRequest>,
  request: WireRequest,
  response: (request: Payload, reply?: Reply) => Observable<Payload>,
  stream: (request: WireRequest, options?: StreamOptions) => Observable<Payload>,
  notify: (request: Payload) => Observable<never>,
): Observable<Payload> {
  if ('subscribe' in request || interaction === 'stream') return stream(request, { reply });
  return interaction === 'notify' ? notify(request) : response(request, reply);
}

/** The request with what the call says in the metadata of its first message. */
function enveloped(call: Call<WireRequest>, clock: Clock): WireRequest {
  const { request } = call;
  if (!('subscribe' in request)) return addressed(request, call, clock);
  return request.pipe(map((message, at) => (at === 0 ? addressed(message, call, clock) : message)));
}

function addressed(message: Payload, call: Call<WireRequest>, clock: Clock): Payload {
  const metadata = envelopeOf(call, clock, message.metadata);
  return message instanceof TextMessage ? new TextMessage(message.content, metadata) : { data: message.data, metadata };
}
